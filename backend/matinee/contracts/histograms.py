"""Distributions over a run: their catalogue, their bins, and the answer that charts them.

Bins are as wide as a power of two and begin at a multiple of it. Bins of any two histograms of
one name therefore nest, and adding them up needs no guess: the finer one is made coarser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import (
    ALL_ALGORITHMS,
    ASYNCHRONOUS_ALGORITHMS,
    Algorithm,
)
from matinee.contracts.metric_definition import MetricGroup
from matinee.contracts.series import SeriesAxis

MAX_BINS = 64
"""Bins of one histogram; a wider range of values gets wider bins."""


class HistogramDefinition(BaseModel):
    """One row of the catalogue of histograms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    group: MetricGroup
    algorithms: tuple[Algorithm, ...] = ALL_ALGORITHMS
    unit: str = Field(description="Of what is counted along the bins.")
    kind: Literal["counts", "values"] = Field(
        description="`counts`: how often each bin was hit since the row before. `values`: one "
        "number for each labelled bar, as it was at that moment."
    )
    numbered: bool = Field(
        default=False,
        description="There may be several, `name.0`, `name.1` …; `name` is the first.",
    )
    whole: bool = Field(
        default=False,
        description="Whole numbers alone are counted: the bin from 4 to 8 holds 4, 5, 6 and 7.",
    )
    meaning: str
    guidance: str


HISTOGRAMS: Mapping[str, HistogramDefinition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (
            HistogramDefinition(
                name="episode_return",
                label="distribution of returns",
                group="return",
                unit="reward",
                kind="counts",
                meaning="Returns of finished training episodes.",
                guidance="One hump that moves up. Two humps: some starts are still failed.",
            ),
            HistogramDefinition(
                name="actions",
                label="actions",
                group="policy",
                unit="action",
                kind="counts",
                numbered=True,
                meaning="Actions of sampled rollouts: which discrete action, or the value drawn "
                "for a continuous one. One histogram for each action dimension.",
                guidance="Moves with what is learned. One action alone for long: look at the "
                "entropy.",
            ),
            HistogramDefinition(
                name="policy_lag",
                label="distribution of policy lag",
                group="staleness",
                algorithms=ASYNCHRONOUS_ALGORITHMS,
                unit="updates",
                kind="counts",
                whole=True,
                meaning="Pushes between a worker's pull and its own push: by others and, where it "
                "keeps its copy for several rollouts, its own earlier ones.",
                guidance="Narrow, around workers - 1.",
            ),
            HistogramDefinition(
                name="worker_pushes",
                label="pushes by worker",
                group="hogwild",
                algorithms=ASYNCHRONOUS_ALGORITHMS,
                unit="worker",
                kind="counts",
                whole=True,
                meaning="Pushes of each worker since the row before.",
                guidance="Equally many.",
            ),
            HistogramDefinition(
                name="layer_weight_norm",
                label="weight norm by layer",
                group="update",
                unit="layer",
                kind="values",
                whole=True,
                meaning="Length of each layer's weights and biases.",
                guidance="All grow slowly; one that runs away will take the others with it.",
            ),
        )
    }
)


def numbered(name: str, number: int) -> str:
    """The name of one of several: `actions`, then `actions.1`, `actions.2` and so on."""
    return name if number == 0 else f"{name}.{number}"


def definition_of(name: str) -> HistogramDefinition:
    """The row of the catalogue, also of a numbered name."""
    return HISTOGRAMS[name.partition(".")[0]]


def histograms_of(algorithm: Algorithm) -> list[HistogramDefinition]:
    """The rows that a training mode counts, in the order of the catalogue."""
    return [definition for definition in HISTOGRAMS.values() if algorithm in definition.algorithms]


HISTOGRAM_NAMES: Mapping[Algorithm, frozenset[str]] = MappingProxyType(
    {algorithm: frozenset(h.name for h in histograms_of(algorithm)) for algorithm in Algorithm}
)


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of width 2^exponent; bin i is [i·w, (i+1)·w), from `first` on."""

    exponent: int
    first: int
    counts: tuple[float, ...]

    @property
    def width(self) -> float:
        """Of each bin."""
        return 2.0**self.exponent

    def coarsened(self, exponent: int) -> Histogram:
        """The same counts in bins of width 2^exponent, which must not be finer.

        Raises:
            ValueError: it is finer than what was counted.
        """
        if exponent < self.exponent:
            raise ValueError(f"counts in bins of 2^{self.exponent} can't tell 2^{exponent} apart")
        shift = exponent - self.exponent
        if shift == 0:
            return self
        first = self.first >> shift
        counts = [0.0] * (((self.first + len(self.counts) - 1) >> shift) - first + 1)
        for offset, count in enumerate(self.counts):
            counts[((self.first + offset) >> shift) - first] += count
        return Histogram(exponent, first, tuple(counts))

    def plus(self, other: Histogram) -> Histogram:
        """Both together, in bins as wide as needed for `MAX_BINS` of them."""
        exponent = max(self.exponent, other.exponent)
        while True:
            one, two = self.coarsened(exponent), other.coarsened(exponent)
            first = min(one.first, two.first)
            end = max(one.first + len(one.counts), two.first + len(two.counts))
            if end - first <= MAX_BINS:
                break
            exponent += 1
        counts = [0.0] * (end - first)
        for part in (one, two):
            for offset, count in enumerate(part.counts, part.first - first):
                counts[offset] += count
        return Histogram(exponent, first, tuple(counts))


class HistogramCounts(BaseModel):
    """One histogram: bin i is [(first + i) · 2^exponent, (first + i + 1) · 2^exponent)."""

    model_config = ConfigDict(frozen=True)

    exponent: int
    first: int
    counts: list[float] = Field(description="One number for each bin.")
    labels: list[str] | None = Field(
        default=None,
        description="Of the bins from number 0 on, where they stand for things and not for ranges.",
    )


class HistogramSeries(BaseModel):
    """One histogram over a run: neighbouring rows are added up, which loses no count."""

    kind: Literal["counts", "values"]
    exponent: int = Field(description="Every bin is 2^exponent wide.")
    first: int = Field(description="The first bin begins at first · 2^exponent.")
    edges: list[float] = Field(description="Of the bins: one more than there are bins.")
    labels: list[str] | None = Field(
        description="Of the bins, where they stand for things and not for ranges."
    )
    begin: float = Field(description="Position along x where the first point begins.")
    x: list[float] = Field(description="Where each point ends, and the next one begins.")
    counts: list[list[float]] = Field(description="For each point, one number for each bin.")
    exact: bool = Field(description="One point for each recorded row.")
    rows: int = Field(description="Recorded rows in the range.")


class HistogramSet(BaseModel):
    """The answer of `GET /api/v1/runs/{id}/histograms`."""

    run_id: str
    x: SeriesAxis
    next: int = Field(description="Sequence number up to which events are included.")
    histograms: dict[str, HistogramSeries] = Field(
        description="By name; of a numbered one, all that were recorded."
    )
