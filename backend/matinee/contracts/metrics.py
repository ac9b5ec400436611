"""The metric catalogue: every number that a chart can show, with its unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MetricDefinition(BaseModel):
    """One row of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    unit: str
    per: Literal["episode", "update", "flush"] = Field(
        description="One value per finished episode, per push, or per flush of the record."
    )
    meaning: str
    guidance: str = Field(description="What good looks like.")
    equation: str = ""


_CATALOGUE = (
    MetricDefinition(
        name="episode_return",
        label="episode return",
        unit="reward",
        per="episode",
        meaning="Sum of the raw rewards of a finished training episode.",
        guidance="Rises, then stays near the best that the environment allows.",
        equation=r"\sum_t r_t",
    ),
    MetricDefinition(
        name="episode_length",
        label="episode length",
        unit="env steps",
        per="episode",
        meaning="Steps of a finished training episode.",
        guidance="On CartPole it equals the return.",
    ),
    MetricDefinition(
        name="policy_loss",
        label="policy loss",
        unit="",
        per="update",
        meaning="The actor's part of the loss. Its level says little; its jumps do.",
        guidance="Noise around 0.",
        equation=r"-\overline{\log \pi(a_t|s_t)\,\hat A_t}",
    ),
    MetricDefinition(
        name="value_loss",
        label="value loss",
        unit="reward²",
        per="update",
        meaning="Half the critic's mean squared error.",
        guidance="Grows while returns grow, then falls. A jump of 100-fold is an alarm.",
        equation=r"\tfrac12\,\overline{(R_t - V(s_t))^2}",
    ),
    MetricDefinition(
        name="entropy",
        label="entropy",
        unit="nats",
        per="update",
        meaning="How undecided the policy is.",
        guidance="Starts near log|A| and falls slowly.",
        equation=r"H = -\sum_a \pi \log \pi",
    ),
    MetricDefinition(
        name="entropy_fraction",
        label="entropy / log|A|",
        unit="share",
        per="update",
        meaning="Entropy as a share of its maximum: 1 is a coin toss, 0 is certainty.",
        guidance="Falls from 1 and flattens. Near 0 early: the policy has collapsed.",
        equation=r"H / \log|\mathcal A|",
    ),
    MetricDefinition(
        name="explained_variance",
        label="explained variance",
        unit="share",
        per="update",
        meaning="How much of the variation of returns the critic foresees: 1 is all of it.",
        guidance="Rises towards 1. Below 0 the critic is worse than a constant.",
        equation=r"1 - \mathrm{Var}[R-V]/\mathrm{Var}[R]",
    ),
    MetricDefinition(
        name="gradient_norm",
        label="gradient norm",
        unit="",
        per="update",
        meaning="Length of the gradient over all weights, before clipping.",
        guidance="Steady. Always above the clip: the clip sets the pace.",
        equation=r"\|\nabla L\|_2",
    ),
    MetricDefinition(
        name="gradient_clipped",
        label="clipped gradients",
        unit="share",
        per="update",
        meaning="Share of updates whose gradient was clipped.",
        guidance="Now and then.",
    ),
    MetricDefinition(
        name="policy_lag",
        label="policy lag",
        unit="updates",
        per="update",
        meaning="Pushes by others between a worker's pull and its own push.",
        guidance="About workers - 1. Large lag means gradients of an old policy.",
        equation=r"v_{\text{push}} - v_{\text{pull}}",
    ),
    MetricDefinition(
        name="value_mean",
        label="mean value",
        unit="reward",
        per="update",
        meaning="The critic's mean estimate over the rollout.",
        guidance="Follows the discounted return: at most r/(1-gamma).",
        equation=r"\overline{V(s_t)}",
    ),
    MetricDefinition(
        name="advantage_std",
        label="advantage spread",
        unit="reward",
        per="update",
        meaning="Standard deviation of the advantages of a rollout.",
        guidance="Falls as the critic learns.",
    ),
    MetricDefinition(
        name="learning_rate",
        label="learning rate in use",
        unit="",
        per="update",
        meaning="The learning rate that the push really used.",
        guidance="Shows schedules and changes as they took effect.",
    ),
    MetricDefinition(
        name="steps_per_second",
        label="speed",
        unit="env steps/s",
        per="flush",
        meaning="Env steps of all workers per second of training.",
        guidance="Flat. A fall means that something else needs the processor.",
    ),
)

METRICS: Mapping[str, MetricDefinition] = MappingProxyType(
    {definition.name: definition for definition in _CATALOGUE}
)

EPISODE_METRICS = tuple(d.name for d in _CATALOGUE if d.per == "episode")
UPDATE_METRICS = tuple(d.name for d in _CATALOGUE if d.per == "update")


class MetricSummary(BaseModel):
    """What a metric did between two flushes of the record."""

    model_config = ConfigDict(frozen=True)

    mean: float
    min: float
    max: float
    last: float
    count: int
