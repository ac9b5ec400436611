"""Everything that is to be told about a training, gathered for the host at each flush."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.histograms import HISTOGRAM_NAMES, Histogram
from matinee.contracts.metrics import METRIC_NAMES, MetricSummary
from matinee.training.evaluator import EvaluationResult
from matinee.training.heartbeats import Heartbeat
from matinee.training.run_sampler import RunSampler, Watched
from matinee.training.telemetry import EpisodeTable, ProcessStatus, Telemetry, WorkerStatus


@dataclass(frozen=True)
class Drained:
    """What happened since the last drain, and what was found when looking.

    Attributes:
        metrics: Those that the present training mode measures.
        histograms: Likewise; empty but twice a second.
        heartbeats: Of every living thread that has a clock.
        weights_are_finite: As of the last time that they were looked at.
    """

    episodes: EpisodeTable
    metrics: dict[str, MetricSummary]
    worker_statuses: list[WorkerStatus]
    process_statuses: list[ProcessStatus]
    evaluations: list[EvaluationResult]
    histograms: dict[str, Histogram]
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

    def drain(self, evaluations: list[EvaluationResult]) -> Drained:
        """Take everything that happened since the last call."""
        telemetry = self._telemetry
        episodes, metrics = telemetry.drain_episodes(), telemetry.drain_metrics()
        sample = self._sampler.sample(self._seconds())
        histograms: dict[str, Histogram] = {}
        if sample.histograms is not None:
            metrics |= telemetry.drain_sampled()
            histograms = telemetry.drain_histograms() | sample.histograms
        metrics |= sample.metrics
        algorithm = self._algorithm()
        known_metrics, known_histograms = METRIC_NAMES[algorithm], HISTOGRAM_NAMES[algorithm]
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
            heartbeats=sample.heartbeats,
            weights_are_finite=sample.weights_are_finite,
        )

    def histogram_labels(self) -> dict[str, tuple[str, ...]]:
        """Names of the bins of histograms whose bins stand for things."""
        return self._sampler.labels()


def maximum_entropy(interface: AgentInterface) -> float:
    """log|A|; nan for continuous actions, whose entropy has no maximum."""
    actions = interface.actions
    return math.log(actions.combinations) if isinstance(actions, CategoricalActions) else math.nan
