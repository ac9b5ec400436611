"""From reports of pushes to rows of the record."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from fakes.updates import update_record
from matinee.contracts.metrics import DETAILED_METRICS, METRICS, UPDATE_METRICS, MetricSummary
from matinee.training import update_records
from matinee.training.update_records import (
    BatchReport,
    UpdateSummaries,
    all_summarised,
    batch_report,
    columns_of,
    packed,
    summarised,
)


def test_every_column_is_a_metric() -> None:
    """What comes out of the reports has a row in the catalogue, and one value per update."""
    columns = columns_of(packed(update_record()), maximum_entropy=1.0)

    assert columns.keys() <= set(UPDATE_METRICS)
    assert all(column.shape == (1,) for column in columns.values())


def test_what_follows_from_the_reports() -> None:
    """By hand: fraction of the entropy, total loss, the gradient after clipping."""
    columns = columns_of(
        packed(
            update_record(
                loss={"policy_loss": 0.5, "value_loss": 4.0, "entropy": 0.25},
                push={"gradient_norm": 8.0, "clipped": True},
                values={
                    "entropy_coefficient": 0.1,
                    "value_coefficient": 0.5,
                    "max_gradient_norm": 2.0,
                },
                batch=BatchReport(batch_samples=160.0),
            )
        )
        + packed(update_record(push={"gradient_norm": 1.5, "clipped": False})),
        maximum_entropy=math.log(2.0),
    )

    assert columns["entropy_fraction"][0] == pytest.approx(0.25 / math.log(2.0))
    assert columns["total_loss"][0] == pytest.approx(0.5 + 0.5 * 4.0 - 0.1 * 0.25)
    assert columns["gradient_norm_used"].tolist() == [2.0, 1.5]
    assert columns["gradient_clipped"].tolist() == [1.0, 0.0]
    assert columns["batch_samples"][0] == 160.0
    assert math.isnan(columns["batch_samples"][1])


@pytest.mark.parametrize(
    ("samples", "min_batch", "ratio"),
    [(160, 32, 1.0), (160, 160, 1.0), (320, 161, 1.0), (960, 32, 6.0), (80, 32, 0.5)],
)
def test_a_batch_is_told_in_smallest_batches(samples: int, min_batch: int, ratio: float) -> None:
    """A queue hands out whole segments, here of 20 × 8: one alone is no sign of a full queue."""
    values = update_record(
        values={
            "algorithm": "ga3c", "rollout_length": 20, "envs_per_worker": 8, "min_batch": min_batch
        }
    ).values  # fmt: skip

    assert batch_report(samples, values).batch_ratio == ratio
    assert math.isnan(batch_report(samples, replace(values, algorithm="a3c")).batch_ratio)


def test_continuous_actions_have_no_share_of_entropy() -> None:
    """Their entropy has no maximum."""
    columns = columns_of(packed(update_record()), maximum_entropy=math.nan)

    assert np.isnan(columns["entropy_fraction"]).all()


def test_summaries_are_what_they_say() -> None:
    """By hand."""
    summary = summarised(np.array([3.0, 1.0, np.inf, 2.0]))

    assert summary is not None
    assert summary.model_dump() == {"mean": 2.0, "min": 1.0, "max": 3.0, "last": 2.0, "count": 3}
    assert summarised(np.array([np.nan])) is None


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 200])
def test_few_values_are_summarised_as_many_are(count: int) -> None:
    """There is a quicker way for a handful: it must not be another number."""
    values = np.random.default_rng(count).normal(size=count) * 1e3
    padded = np.concatenate([[np.nan] * 10, values, [np.inf] * 10])
    whole = MetricSummary(
        mean=float(values.mean()),
        min=float(values.min()),
        max=float(values.max()),
        last=float(values[-1]),
        count=count,
    )

    assert summarised(values) == summarised(padded) == whole


def test_detailed_metrics_come_less_often_and_lose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are kept until they are due, then summarised over everything since."""
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    summaries = UpdateSummaries()
    detail = "update_ratio"
    assert detail in DETAILED_METRICS
    first = summaries.add({detail: np.array([9.0])})
    second = summaries.add({detail: np.array([1.0, np.nan]), "entropy": np.array([1.0])})
    now += update_records.DETAILED_INTERVAL_S
    third = summaries.add({detail: np.array([3.0])})

    assert first.keys() == {detail}
    assert second.keys() == {"entropy"}
    assert (third[detail].min, third[detail].max, third[detail].count) == (1.0, 3.0, 2)


def test_overlapping_pushes_bound_what_was_lost() -> None:
    """Of two pushes at the same time at most one is lost: half of two, one of four."""
    summaries = UpdateSummaries()
    drained = summaries.add({"concurrent_pushes": np.array([0.0, 1.0, 0.0, 0.0])})

    assert drained["lost_update_bound"].mean == 0.25
    assert drained["concurrent_pushes"].max == 1.0
    assert METRICS["lost_update_bound"].per == "flush"


def test_columns_together_are_as_columns_alone() -> None:
    """Taken together or one by one, with and without values that are not finite: the same sums."""
    generator = np.random.default_rng(0)
    columns = {name: generator.normal(size=7) for name in ("a", "b", "c", "d")}
    columns["b"][2] = np.nan
    columns["c"][:] = np.inf
    columns["d"][-1] = -np.inf
    together = all_summarised(columns)
    assert together.keys() == {"a", "b", "d"}
    for name, summary in together.items():
        alone = summarised(columns[name])
        assert alone is not None
        assert summary.model_dump() == pytest.approx(alone.model_dump())
