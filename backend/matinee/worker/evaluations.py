"""Test episodes as the record and the charts have them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matinee.contracts.events import EvaluationFinished
from matinee.contracts.metrics import MetricSummary
from matinee.training.evaluator import EvaluationResult
from matinee.worker.record import RunRecord


def evaluation_metrics(evaluations: Sequence[EvaluationResult]) -> list[dict[str, MetricSummary]]:
    """Metrics like the others, one point of each kind at a time: none of them replaces another.

    The return has its mean and range, and its standard deviation is a metric of its own. Returns
    that are no numbers are left out.

    Returns:
        The points in their order; empty when there is nothing to show.
    """
    points: list[dict[str, MetricSummary]] = []
    for result in evaluations:
        if not all(map(math.isfinite, result.returns)):
            continue
        kind = "greedy" if result.deterministic else "sampled"
        if not points or f"evaluation_return_{kind}" in points[-1]:
            points.append({})
        points[-1][f"evaluation_return_{kind}"] = MetricSummary(
            mean=result.mean_return,
            min=min(result.returns),
            max=max(result.returns),
            last=result.returns[-1],
            count=len(result.returns),
        )
        spread = result.std_return
        points[-1][f"evaluation_std_{kind}"] = MetricSummary(
            mean=spread, min=spread, max=spread, last=spread, count=1
        )
    return points


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
