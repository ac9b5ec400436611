"""The metric catalogue: every number that a chart can show, with its unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.learning_metrics import LEARNING_METRICS
from matinee.contracts.metric_definition import MetricDefinition
from matinee.contracts.pace_metrics import PACE_METRICS
from matinee.contracts.staleness_metrics import STALENESS_METRICS

METRICS: Mapping[str, MetricDefinition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (*LEARNING_METRICS, *STALENESS_METRICS, *PACE_METRICS)
    }
)

EPISODE_METRICS = tuple(d.name for d in METRICS.values() if d.per == "episode")
UPDATE_METRICS = tuple(d.name for d in METRICS.values() if d.per == "update")
DETAILED_METRICS = frozenset(d.name for d in METRICS.values() if d.detailed)


def metrics_of(algorithm: Algorithm) -> list[MetricDefinition]:
    """The rows that a training mode measures, in the order of the catalogue."""
    return [definition for definition in METRICS.values() if algorithm in definition.algorithms]


METRIC_NAMES: Mapping[Algorithm, frozenset[str]] = MappingProxyType(
    {algorithm: frozenset(m.name for m in metrics_of(algorithm)) for algorithm in Algorithm}
)


class MetricSummary(BaseModel):
    """What a metric did between two flushes of the record.

    A metric that each worker has for itself has its mean, least and greatest over the workers.
    """

    model_config = ConfigDict(frozen=True)

    mean: float
    min: float
    max: float
    last: float
    count: int
