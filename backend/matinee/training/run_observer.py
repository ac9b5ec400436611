"""Everything that is to be told about a training, gathered for the host at each flush.

Episodes are taken at every flush, so that they are seen as they end. Measuring costs processor time
that the workers could use, and the longer a run, the less a single tenth of a second of it matters:
metrics are therefore taken at every flush of a young run and at most twice a second of an old one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.histograms import HISTOGRAM_NAMES, Histogram, definition_of
from matinee.contracts.metrics import METRIC_NAMES, MetricSummary
from matinee.training.evaluator import EvaluationResult
from matinee.training.heartbeats import Heartbeat
from matinee.training.run_sampler import RunSampler, Watched
from matinee.training.telemetry import ProcessStatus, Telemetry, WorkerStatus
from matinee.training.thread_readings import Roll, ThreadReading
from matinee.training.waiting_episodes import EpisodeTable

MEASUREMENT_AGE_SHARE = 0.02
"""Metrics are due after this share of a run's age: a chart of the whole run shows no more."""
LONGEST_MEASUREMENT_INTERVAL_S = 0.5

HISTOGRAM_INTERVAL_S = 1.0
"""Of training between two rows of a histogram: a day's run then stays small."""


@dataclass(frozen=True)
class Drained:
    """What happened since the last drain, and what was found when looking.

    Attributes:
        is_measured: Metrics were due; else there are none, and heartbeats are those of the last
            time that they were.
        finished_returns: Of the episodes since the metrics were due before; empty if they are not.
        metrics: Those that the present training mode measures.
        histograms: Likewise; empty but once a second, and when training stands or has ended.
        histogram_labels: Names of the bins of those whose bins stand for things, from bin 0 on.
        heartbeats: Of every living thread that has a clock.
        weights_are_finite: As of the last time that they were looked at.
        threads: What each has counted; empty if metrics were not due.
    """

    is_measured: bool
    finished_returns: NDArray[np.float64]
    episodes: EpisodeTable
    metrics: dict[str, MetricSummary]
    worker_statuses: list[WorkerStatus]
    process_statuses: list[ProcessStatus]
    evaluations: list[EvaluationResult]
    histograms: dict[str, Histogram]
    histogram_labels: Mapping[str, Sequence[str]]
    heartbeats: tuple[Heartbeat, ...]
    weights_are_finite: bool
    threads: tuple[ThreadReading, ...] = ()


class RunObserver:
    """One for each training; used by the host's thread alone.

    Args:
        telemetry: What threads tell.
        watched: What can be looked at.
        roll: Where to look each thread up.
        seconds: Of training so far.
        algorithm: The present training mode.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        watched: Watched,
        *,
        roll: Roll,
        seconds: Callable[[], float],
        algorithm: Callable[[], Algorithm],
    ) -> None:
        self._telemetry = telemetry
        self._sampler = RunSampler(watched)
        self._roll = roll
        self._seconds = seconds
        self._algorithm = algorithm
        self._counted: dict[str, Histogram] = {}
        self._counted_at_s = seconds()
        self._measured_at_s = -math.inf
        self._heartbeats: tuple[Heartbeat, ...] = ()
        self._weights_are_finite = True
        self._finished_returns: list[NDArray[np.float64]] = []

    def drain(self, evaluations: list[EvaluationResult], *, is_standing: bool) -> Drained:
        """Take everything that happened since the last call.

        Args:
            evaluations: Finished since then.
            is_standing: No worker trains, so that nothing more is to come for now.
        """
        telemetry, seconds = self._telemetry, self._seconds()
        episodes = telemetry.drain_episodes()
        self._finished_returns.append(episodes.returns)
        is_due = is_standing or seconds - self._measured_at_s >= measurement_interval_s(seconds)
        metrics: dict[str, MetricSummary] = {}
        histograms: dict[str, Histogram] = {}
        finished_returns = np.empty(0)
        threads: tuple[ThreadReading, ...] = ()
        if is_due:
            self._measured_at_s = seconds
            metrics, histograms = self._measure(seconds, is_standing=is_standing)
            finished_returns = np.concatenate(self._finished_returns)
            self._finished_returns = []
            threads = self._roll.call(telemetry)
        return Drained(
            is_measured=is_due,
            finished_returns=finished_returns,
            episodes=episodes,
            metrics=metrics,
            worker_statuses=telemetry.drain_statuses(),
            process_statuses=telemetry.drain_process_statuses(),
            evaluations=evaluations,
            histograms=histograms,
            histogram_labels=self._sampler.labels(),
            heartbeats=self._heartbeats,
            weights_are_finite=self._weights_are_finite,
            threads=threads,
        )

    def _measure(
        self, seconds: float, *, is_standing: bool
    ) -> tuple[dict[str, MetricSummary], dict[str, Histogram]]:
        telemetry = self._telemetry
        metrics = telemetry.drain_metrics()
        sample = self._sampler.sample(seconds)
        self._heartbeats, self._weights_are_finite = sample.heartbeats, sample.weights_are_finite
        if sample.histograms is not None or is_standing:
            metrics |= telemetry.drain_sampled()
            self._count(telemetry.drain_histograms())
            self._count(sample.histograms or {})
        metrics |= sample.metrics
        algorithm = self._algorithm()
        known_metrics, known_histograms = METRIC_NAMES[algorithm], HISTOGRAM_NAMES[algorithm]
        histograms: dict[str, Histogram] = {}
        if is_standing or seconds - self._counted_at_s >= HISTOGRAM_INTERVAL_S:
            histograms, self._counted = self._counted, {}
            self._counted_at_s = seconds
        return (
            {name: m for name, m in metrics.items() if name in known_metrics},
            {
                name: histogram
                for name, histogram in histograms.items()
                if name.partition(".")[0] in known_histograms
            },
        )

    def _count(self, histograms: Mapping[str, Histogram]) -> None:
        for name, histogram in histograms.items():
            before = self._counted.get(name)
            adds = definition_of(name).kind == "counts"
            self._counted[name] = before.plus(histogram) if before and adds else histogram


def measurement_interval_s(age_s: float) -> float:
    """How long after metrics were taken they are due again; both in seconds of training."""
    return min(MEASUREMENT_AGE_SHARE * age_s, LONGEST_MEASUREMENT_INTERVAL_S)


def maximum_entropy(interface: AgentInterface) -> float:
    """log|A|; nan for continuous actions, whose entropy has no maximum."""
    actions = interface.actions
    return math.log(actions.combinations) if isinstance(actions, CategoricalActions) else math.nan
