"""Test episodes in the record and in the charts; see test_host for those at the end."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fakes.hosting import hosted
from matinee.contracts.commands import Abort
from matinee.training.evaluator import EvaluationResult
from matinee.worker.evaluations import evaluation_metrics


def result(*returns: float, deterministic: bool) -> EvaluationResult:
    """Episodes of one step each."""
    return EvaluationResult(7, deterministic, returns, (1,) * len(returns))


def test_each_kind_is_a_metric_of_its_own() -> None:
    """With the mean, the range and the number of its episodes; both kinds make one point."""
    (metrics,) = evaluation_metrics(
        [result(1.0, 2.0, 6.0, deterministic=True), result(4.0, deterministic=False)]
    )

    greedy, sampled = metrics["evaluation_return_greedy"], metrics["evaluation_return_sampled"]
    assert (greedy.mean, greedy.min, greedy.max, greedy.count) == (3.0, 1.0, 6.0, 3)
    assert (sampled.mean, sampled.count) == (4.0, 1)
    spread = metrics["evaluation_std_greedy"]
    assert spread.mean == spread.min == spread.max == pytest.approx(math.sqrt(14.0 / 3.0))
    assert metrics["evaluation_std_sampled"].last == 0.0


def test_several_at_once_are_points_of_their_own() -> None:
    """In their order: between two looks at a fast run more than one may end."""
    points = evaluation_metrics(
        [
            result(9.0, deterministic=True),
            result(5.0, deterministic=True),
            result(4.0, deterministic=False),
        ]
    )

    assert [point["evaluation_return_greedy"].mean for point in points] == [9.0, 5.0]
    assert [sorted(point) for point in points] == [
        ["evaluation_return_greedy", "evaluation_std_greedy"],
        [
            "evaluation_return_greedy",
            "evaluation_return_sampled",
            "evaluation_std_greedy",
            "evaluation_std_sampled",
        ],
    ]


def test_returns_that_are_no_numbers_are_no_point_of_a_chart() -> None:
    """An environment may give NaN, and a chart can't show it."""
    assert evaluation_metrics([result(1.0, math.nan, deterministic=True)]) == []


@pytest.mark.parametrize("policy", ["greedy", "sampled"])
def test_evaluations_on_the_way_are_metrics(policy: str, data_dir: Path, runtime_dir: Path) -> None:
    """Each has a point in the series of its kind, with the range of its returns."""
    spec = {
        "budget": {"env_steps": None},
        "evaluation": {"every_env_steps": 500, "episodes": 3, "policy": policy},
    }
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: len(run.events("evaluation_finished")) > 3)
        run.ask(Abort())
        run.finish()
    evaluations = run.events("evaluation_finished")
    assert {each["deterministic"] for each in evaluations} == {policy == "greedy"}
    name = f"evaluation_return_{policy}"
    measured = [
        event["metrics"][name]
        for event in run.events("metrics_summarised")
        if name in event["metrics"]
    ]
    assert [(each["min"], each["max"], each["count"]) for each in measured] == [
        (min(each["returns"]), max(each["returns"]), 3) for each in evaluations
    ]
