"""From what a push reports to the columns of the metric catalogue.

Every field of a report whose name is an update metric becomes a number: a report that learns to
measure more needs no change here.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, fields
from operator import attrgetter
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.loss_report import LossReport
from matinee.contracts.metrics import DETAILED_METRICS, UPDATE_METRICS, MetricSummary
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.parameter_store import PushReport

DETAILED_INTERVAL_S = 0.45
"""Detailed metrics are recorded no oftener: a chart needs no more, and disks fill slower. A little
less than the time between measurements of an old run, so that each of those has them."""


_FEW = 7
"""Most metrics come as a number for each thread: NumPy takes several times as long for so few."""


@dataclass(frozen=True)
class BatchReport:
    """What an update was made of; nan where its mode does not know.

    Attributes:
        batch_samples: Valid env steps behind the gradient.
        batch_ratio: The same as a multiple of the smallest batch that there can be (ga3c).
        epochs_done: Passes over the rollout so far, this one included (ppo).
    """

    batch_samples: float = math.nan
    batch_ratio: float = math.nan
    epochs_done: float = math.nan


UNKNOWN_BATCH = BatchReport()


def batch_report(
    samples: int, values: HyperparameterValues, *, epochs_done: float = math.nan
) -> BatchReport:
    """On an update with so many valid env steps."""
    ratio = samples / _smallest_batch(values) if values.algorithm == "ga3c" else math.nan
    return BatchReport(batch_samples=samples, batch_ratio=ratio, epochs_done=epochs_done)


def _smallest_batch(values: HyperparameterValues) -> int:
    """As many whole segments as `min_batch` samples take: more than one only a queue makes."""
    segment = values.rollout_length * values.envs_per_worker
    return segment * math.ceil(values.min_batch / segment)


class UpdateRecord(NamedTuple):
    """One push: references to what it reported, nothing computed yet."""

    loss: LossReport
    push: PushReport
    values: HyperparameterValues
    batch: BatchReport = UNKNOWN_BATCH


_OVERLAPS = "concurrent_pushes"

Columns = dict[str, NDArray[np.float64]]

_REPORTS: dict[str, type] = {
    "loss": LossReport,
    "push": PushReport,
    "values": HyperparameterValues,
    "batch": BatchReport,
}
_FOR_DERIVED = ("push.clipped", "values.max_gradient_norm", "values.value_coefficient")

_PATHS = (
    *(
        f"{part}.{field.name}"
        for part, report in _REPORTS.items()
        for field in fields(report)
        if field.name in UPDATE_METRICS
    ),
    *_FOR_DERIVED,
)
_read = attrgetter(*_PATHS)
_row = Struct(f"={len(_PATHS)}d")
ROW_BYTES = _row.size


def packed(record: UpdateRecord) -> bytes:
    """The numbers that become columns: `ROW_BYTES` that say nothing but for `columns_of`."""
    return _row.pack(*_read(record))


def columns_of(rows: bytes | bytearray, *, maximum_entropy: float) -> Columns:
    """Every update metric that the reports hold, or that follows from them.

    Args:
        rows: Packed records, one after another, at least one.
        maximum_entropy: log|A| of discrete actions; nan for continuous ones, which have none.

    Returns:
        Shape of each column: (number of records,).
    """
    table = np.frombuffer(rows, np.float64).reshape(-1, len(_PATHS)).T.copy()
    columns = {path.partition(".")[2]: column for path, column in zip(_PATHS, table, strict=True)}
    clipped = columns.pop("clipped")
    norm_limit = columns.pop("max_gradient_norm")
    value_coefficient = columns.pop("value_coefficient")
    norm = columns["gradient_norm"]
    columns["gradient_clipped"] = clipped
    columns["gradient_norm_used"] = np.where(clipped > 0.0, np.minimum(norm, norm_limit), norm)
    columns["total_loss"] = (
        columns["policy_loss"]
        + value_coefficient * columns["value_loss"]
        - columns["entropy_coefficient"] * columns["entropy"]
    )
    columns["entropy_fraction"] = (
        columns["entropy"] / maximum_entropy
        if maximum_entropy > 0.0
        else np.full(table.shape[1], math.nan)
    )
    return columns


def summarised(values: NDArray[np.float64]) -> MetricSummary | None:
    """Mean, min, max, last and count of the finite values; None if there are none."""
    if len(values) <= _FEW:
        return _few_summarised([*filter(math.isfinite, values.tolist())])
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return None
    return MetricSummary(
        mean=float(finite.mean()),
        min=float(finite.min()),
        max=float(finite.max()),
        last=float(finite[-1]),
        count=len(finite),
    )


def _few_summarised(values: list[float]) -> MetricSummary | None:
    if not values:
        return None
    return MetricSummary(
        mean=sum(values) / len(values),
        min=min(values),
        max=max(values),
        last=values[-1],
        count=len(values),
    )


def all_summarised(columns: Columns) -> dict[str, MetricSummary]:
    """Each column's summary, where it has one; columns of equal length, taken together for speed.

    Shape of each: (records,), at least one record.
    """
    if not columns:
        return {}
    table = np.stack(list(columns.values()))
    means, lows, highs = (of(axis=1).tolist() for of in (table.mean, table.min, table.max))
    count, lasts = table.shape[1], table[:, -1].tolist()
    summaries = {}
    for row, name in enumerate(columns):
        # One value that is not finite shows in the mean.
        if math.isfinite(means[row]):
            summaries[name] = MetricSummary(
                mean=means[row], min=lows[row], max=highs[row], last=lasts[row], count=count
            )
        elif (summary := summarised(table[row])) is not None:
            summaries[name] = summary
    return summaries


class UpdateSummaries:
    """Sums columns up for the record: detailed metrics less often. Used by the reader alone."""

    def __init__(self) -> None:
        self._kept: dict[str, list[NDArray[np.float64]]] = {}
        self._next_s = 0.0

    def add(self, columns: Columns) -> dict[str, MetricSummary]:
        """What is to be recorded now; a metric of which no value was defined is left out."""
        for name, column in columns.items():
            if name in DETAILED_METRICS or name == _OVERLAPS:
                finite = column[np.isfinite(column)]
                if len(finite) > 0:
                    self._kept.setdefault(name, []).append(finite)
        summaries = all_summarised(
            {name: column for name, column in columns.items() if name not in DETAILED_METRICS}
        )
        now = time.monotonic()
        if now >= self._next_s:
            self._next_s = now + DETAILED_INTERVAL_S
            overlaps = self._kept.pop(_OVERLAPS, [])
            if overlaps:
                share = np.concatenate(overlaps).mean(keepdims=True)
                self._kept["lost_update_bound"] = [np.minimum(share, 1.0)]
            for name, parts in self._kept.items():
                summary = summarised(np.concatenate(parts))
                if summary is not None:
                    summaries[name] = summary
            self._kept = {}
        return summaries
