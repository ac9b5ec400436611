"""What the catalogue says about one alert: when it is raised, what it means, what to try."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import ALL_ALGORITHMS, Algorithm

RETURN_LOST = "return_lost"
GREEDY_SHORTFALL = "greedy_shortfall"
VALUE_EXCESS = "value_excess"
VALUE_LOSS_JUMP = "value_loss_jump"
ACTION_SHARE = "action_share"
SPEED_SHARE = "speed_share"
RETURN_RISE = "return_rise"
MEMORY_GROWTH = "memory_growth"
SILENCE_S = "silence_s"
NOT_FINITE = "not_finite"
SOLVED = "solved"
WORKER_DIED = "worker_died"
DERIVED_SIGNALS = frozenset(
    {
        RETURN_LOST,
        GREEDY_SHORTFALL,
        VALUE_EXCESS,
        VALUE_LOSS_JUMP,
        ACTION_SHARE,
        SPEED_SHARE,
        RETURN_RISE,
        MEMORY_GROWTH,
        SILENCE_S,
        NOT_FINITE,
        SOLVED,
        WORKER_DIED,
    }
)
"""What rules look at besides metrics; `matinee.worker.alert_signals` computes them."""

ASSUMED_BUDGET_ENV_STEPS = 500_000
"""A run without a budget is watched as if it had this one: that of A2C on CartPole-v1 in
rl-baselines3-zoo."""

NEARLY_SOLVED = 0.9
"""Share of the way from the first mean return to the target from which on a policy counts as
good: such a policy may be certain, and need not rise any more."""

ACTION_WINDOW_ENV_STEPS = 1000
"""Env steps whose actions are looked at together."""

_MANY_PERCENT = 1000
"""From here on every digit is written, and none of them as a power of ten."""


class AlertSeverity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertRule(BaseModel):
    """One row of the catalogue: a signal that stays on the wrong side of its threshold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    severity: AlertSeverity
    algorithms: tuple[Algorithm, ...] = Field(
        default=ALL_ALGORITHMS, description="The training modes in which it is watched."
    )
    signal: str = Field(description="A metric's name, or what is computed from metrics.")
    statistic: Literal["mean", "median"] = Field(
        default="mean", description="Of the signal, over `over_updates`."
    )
    side: Literal["above", "below"] = Field(description="Which side of the threshold is wrong.")
    threshold: float = Field(description="Unless the run's spec has another one.")
    minimum: float = Field(
        description="Smallest threshold allowed. Equal to the largest: there is none to choose."
    )
    maximum: float
    unit: str = Field(
        default="",
        description="What follows the number. One that begins with `of ` makes it a share, which "
        "is told in percent; thresholds are given as fractions all the same.",
    )
    over_updates: int = Field(
        default=0, description="The last updates over which the signal is taken; 0: as it comes."
    )
    over_env_steps: int = Field(
        default=0, description="The last env steps over which the signal is taken; 0: as it comes."
    )
    for_s: float = Field(description="Seconds of training on the wrong side until it is raised.")
    after_updates: int = Field(
        default=0, description="Not watched before so many updates: the warm-up."
    )
    after_budget: float = Field(
        default=0.0,
        description="Not watched before this share of the budget is used; a run that has none is "
        f"watched as if it had {ASSUMED_BUDGET_ENV_STEPS:,} env steps.",
    )
    unless_solved: bool = Field(
        default=False,
        description="Not watched while the mean return of 100 episodes has come "
        f"{NEARLY_SOLVED:.0%} of the way from the first one to the target, where one is known.",
    )
    once: bool = Field(default=False, description="Raised at most once in a run, never cleared.")
    meaning: str
    hint: str = Field(description="What to try.")
    equation: str = Field(default="", description="What the signal is, in LaTeX.")
    source: str = Field(description="Who recommends the rule or its threshold.")

    @property
    def has_choice(self) -> bool:
        """Whether a run may have a threshold of its own."""
        return self.minimum < self.maximum

    @property
    def is_share(self) -> bool:
        """Whether its signal is a share of something."""
        return self.unit.startswith("of ")

    def number_text(self, value: float, *, digits: int = 6) -> str:
        """A value of the signal without its unit: 90, or 90 % of a share."""
        if not self.is_share:
            return f"{value:.{digits}g}"
        percent = 100 * value
        return f"{percent:,.0f} %" if abs(percent) >= _MANY_PERCENT else f"{percent:.{digits}g} %"

    def amount_text(self, value: float, *, digits: int = 6) -> str:
        """The same with its unit: 90 updates, 90 % of updates."""
        return f"{self.number_text(value, digits=digits)} {self.unit}".strip()
