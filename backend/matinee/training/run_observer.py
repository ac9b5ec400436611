"""Everything that is to be told about a training, gathered for the host at each flush."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.histograms import HISTOGRAM_NAMES, Histogram, definition_of
from matinee.contracts.metrics import METRIC_NAMES, MetricSummary
from matinee.training.evaluator import EvaluationResult
from matinee.training.heartbeats import Heartbeat
from matinee.training.run_sampler import RunSampler, Watched
from matinee.training.telemetry import EpisodeTable, ProcessStatus, Telemetry, WorkerStatus

HISTOGRAM_INTERVAL_S = 1.0
"""Of training between two rows of a histogram: a day's run then stays small."""


@dataclass(frozen=True)
class Drained:
    """What happened since the last drain, and what was found when looking.

    Attributes:
        metrics: Those that the present training mode measures.
        histograms: Likewise; empty but once a second, and when training stands or has ended.
        histogram_labels: Names of the bins of those whose bins stand for things, from bin 0 on.
        heartbeats: Of every living thread that has a clock.
        weights_are_finite: As of the last time that they were looked at.
    """

    episodes: EpisodeTable
    metrics: dict[str, MetricSummary]
    worker_statuses: list[WorkerStatus]
    process_statuses: list[ProcessStatus]
    evaluations: list[EvaluationResult]
    histograms: dict[str, Histogram]
    histogram_labels: Mapping[str, Sequence[str]]
    heartbeats: tuple[Heartbeat, ...]
    weights_are_finite: bool


class RunObserver:
    """One for each training; used by the host's thread alone.

    Args:
        telemetry: What threads tell.
        watched: What can be looked at.
        seconds: Of training so far.
        algorithm: The present training mode.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        watched: Watched,
        *,
        seconds: Callable[[], float],
        algorithm: Callable[[], Algorithm],
    ) -> None:
        self._telemetry = telemetry
        self._sampler = RunSampler(watched)
        self._seconds = seconds
        self._algorithm = algorithm
        self._counted: dict[str, Histogram] = {}
        self._counted_at_s = seconds()

    def drain(self, evaluations: list[EvaluationResult], *, is_standing: bool) -> Drained:
        """Take everything that happened since the last call.

        Args:
            evaluations: Finished since then.
            is_standing: No worker trains, so that nothing more is to come for now.
        """
        telemetry = self._telemetry
        episodes, metrics = telemetry.drain_episodes(), telemetry.drain_metrics()
        seconds = self._seconds()
        sample = self._sampler.sample(seconds)
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
        return Drained(
            episodes=episodes,
            metrics={name: m for name, m in metrics.items() if name in known_metrics},
            worker_statuses=telemetry.drain_statuses(),
            process_statuses=telemetry.drain_process_statuses(),
            evaluations=evaluations,
            histograms={
                name: histogram
                for name, histogram in histograms.items()
                if name.partition(".")[0] in known_histograms
            },
            histogram_labels=self._sampler.labels(),
            heartbeats=sample.heartbeats,
            weights_are_finite=sample.weights_are_finite,
        )

    def _count(self, histograms: Mapping[str, Histogram]) -> None:
        for name, histogram in histograms.items():
            before = self._counted.get(name)
            adds = definition_of(name).kind == "counts"
            self._counted[name] = before.plus(histogram) if before and adds else histogram


def maximum_entropy(interface: AgentInterface) -> float:
    """log|A|; nan for continuous actions, whose entropy has no maximum."""
    actions = interface.actions
    return math.log(actions.combinations) if isinstance(actions, CategoricalActions) else math.nan
