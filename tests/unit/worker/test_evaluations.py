"""What charts are told about test episodes; how they are recorded is seen in test_host."""

from __future__ import annotations

import math

from matinee.training.evaluator import EvaluationResult
from matinee.worker.evaluations import evaluation_metrics


def result(*returns: float, deterministic: bool) -> EvaluationResult:
    """Episodes of one step each."""
    return EvaluationResult(7, deterministic, returns, (1,) * len(returns))


def test_each_kind_is_a_metric_of_its_own() -> None:
    """With the mean, the range and the number of its episodes; the newest of a kind counts."""
    metrics = evaluation_metrics(
        [
            result(9.0, deterministic=True),
            result(1.0, 2.0, 6.0, deterministic=True),
            result(4.0, deterministic=False),
        ]
    )

    greedy, sampled = metrics["evaluation_return_greedy"], metrics["evaluation_return_sampled"]
    assert (greedy.mean, greedy.min, greedy.max, greedy.count) == (3.0, 1.0, 6.0, 3)
    assert (sampled.mean, sampled.count) == (4.0, 1)


def test_returns_that_are_no_numbers_are_no_point_of_a_chart() -> None:
    """An environment may give NaN, and a chart can't show it."""
    assert evaluation_metrics([result(1.0, math.nan, deterministic=True)]) == {}
