"""Test episodes as the record and the charts have them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matinee.contracts.events import EvaluationFinished
from matinee.contracts.metrics import MetricSummary
from matinee.training.evaluator import EvaluationResult
from matinee.worker.record import RunRecord


def evaluation_metrics(evaluations: Sequence[EvaluationResult]) -> dict[str, MetricSummary]:
    """The newest of each kind, as metrics like the others; none whose returns are no numbers.

    The return has its mean and range, and its standard deviation is a metric of its own.
    """
    metrics = {}
    for result in evaluations:
        if all(map(math.isfinite, result.returns)):
            kind = "greedy" if result.deterministic else "sampled"
            metrics[f"evaluation_return_{kind}"] = MetricSummary(
                mean=result.mean_return,
                min=min(result.returns),
                max=max(result.returns),
                last=result.returns[-1],
                count=len(result.returns),
            )
            spread = result.std_return
            metrics[f"evaluation_std_{kind}"] = MetricSummary(
                mean=spread, min=spread, max=spread, last=spread, count=1
            )
    return metrics


def record_evaluation(record: RunRecord, result: EvaluationResult, *, final: bool) -> None:
    """Every return and length, and what they come to."""
    record.writer.append(
        EvaluationFinished,
        env_step=result.env_step,
        deterministic=result.deterministic,
        final=final,
        mean_return=result.mean_return,
        std_return=result.std_return,
        returns=list(result.returns),
        lengths=list(result.lengths),
    )
