"""What a run is warned of: the rules, their thresholds, and an alert that is raised.

Rules follow the advice of Jones (Debugging reinforcement learning systems), of Stable-Baselines3's
logger page and of Sample Factory's metrics reference; the notebook's "optimizer alert" is one of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import (
    ALL_ALGORITHMS,
    ASYNCHRONOUS_ALGORITHMS,
    Algorithm,
)
from matinee.errors import FieldError

RETURN_LOST = "return_lost"
GREEDY_SHORTFALL = "greedy_shortfall"
VALUE_LOSS_JUMP = "value_loss_jump"
SPEED_SHARE = "speed_share"
RETURN_RISE = "return_rise"
MEMORY_GROWTH = "memory_growth"
SILENCE_S = "silence_s"
NOT_FINITE = "not_finite"
DERIVED_SIGNALS = frozenset(
    {
        RETURN_LOST,
        GREEDY_SHORTFALL,
        VALUE_LOSS_JUMP,
        SPEED_SHARE,
        RETURN_RISE,
        MEMORY_GROWTH,
        SILENCE_S,
        NOT_FINITE,
    }
)
"""What rules look at besides metrics; `matinee.worker.alert_signals` computes them."""


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
    statistic: Literal["mean", "max"] = "mean"
    side: Literal["above", "below"] = Field(description="Which side of the threshold is wrong.")
    threshold: float = Field(description="Unless the run's spec has another one.")
    minimum: float = Field(description="Smallest threshold allowed.")
    maximum: float
    unit: str = ""
    for_s: float = Field(description="Seconds of training on the wrong side until it is raised.")
    unless_solved: bool = Field(
        default=False, description="Not watched once the run has reached its target."
    )
    after_budget: float = Field(
        default=0.0, description="Not watched before this share of the budget is used."
    )
    meaning: str
    hint: str = Field(description="What to try.")


class RaisedAlert(BaseModel):
    """An alert that has not been cleared."""

    model_config = ConfigDict(frozen=True)

    name: str
    severity: AlertSeverity
    message: str
    raised_at: datetime
    since_env_step: int


class ThresholdChange(BaseModel):
    """One rule's threshold, before and after."""

    model_config = ConfigDict(frozen=True)

    before: float
    after: float


class AlertRuleList(BaseModel):
    """The answer of `GET /api/v1/alert-rules`."""

    items: list[AlertRule]


_RULES = (
    AlertRule(
        name="not_finite",
        label="numbers that are none",
        severity=AlertSeverity.CRITICAL,
        signal=NOT_FINITE,
        side="above",
        threshold=0.5,
        minimum=0.0,
        maximum=1.0,
        for_s=0.0,
        meaning="The loss, its gradient or a weight is NaN or infinite.",
        hint="Start again from the last checkpoint with a lower learning rate or reward scale.",
    ),
    AlertRule(
        name="performance_collapse",
        label="performance collapse",
        severity=AlertSeverity.CRITICAL,
        signal=RETURN_LOST,
        side="above",
        threshold=0.5,
        minimum=0.05,
        maximum=1.0,
        unit="of the gain",
        for_s=3.0,
        meaning="Much of what the mean return had gained over its beginning is lost again.",
        hint="Lower the learning rate or let it decay; start again from the best checkpoint.",
    ),
    AlertRule(
        name="value_explosion",
        label="value loss explodes",
        severity=AlertSeverity.CRITICAL,
        signal=VALUE_LOSS_JUMP,
        side="above",
        threshold=100.0,
        minimum=2.0,
        maximum=1e6,
        unit="times its median",
        for_s=1.0,
        meaning="The critic's loss is many times what it usually was.",
        hint="Lower the learning rate; scale the rewards down; clip gradients.",
    ),
    AlertRule(
        name="entropy_collapse",
        label="entropy collapse",
        severity=AlertSeverity.WARNING,
        signal="entropy_fraction",
        side="below",
        threshold=0.05,
        minimum=0.001,
        maximum=0.9,
        unit="of log|A|",
        for_s=5.0,
        unless_solved=True,
        meaning="The policy is nearly certain although the task is not solved.",
        hint="Raise the entropy coefficient, lower the learning rate, or go back to a checkpoint.",
    ),
    AlertRule(
        name="entropy_stuck",
        label="entropy stays high",
        severity=AlertSeverity.WARNING,
        signal="entropy_fraction",
        side="above",
        threshold=0.95,
        minimum=0.1,
        maximum=0.999,
        unit="of log|A|",
        for_s=10.0,
        unless_solved=True,
        after_budget=0.2,
        meaning="A fifth of the budget is used and the policy still acts by chance.",
        hint="Lower the entropy coefficient; check that the reward can be reached at all.",
    ),
    AlertRule(
        name="action_degeneracy",
        label="one action only",
        severity=AlertSeverity.WARNING,
        signal="action_max_share",
        side="above",
        threshold=0.99,
        minimum=0.5,
        maximum=1.0,
        unit="of all actions",
        for_s=10.0,
        unless_solved=True,
        meaning="Nearly all actions are the same, whatever the policy sees.",
        hint="Raise the entropy coefficient or add random actions; look at the observations.",
    ),
    AlertRule(
        name="improbable_actions",
        label="improbable actions",
        severity=AlertSeverity.WARNING,
        signal="log_probability_max",
        side="above",
        threshold=100.0,
        minimum=5.0,
        maximum=1e4,
        unit="nats",
        for_s=3.0,
        meaning="Actions were taken that the policy holds for next to impossible.",
        hint="The policy was changed far too much at once: lower the learning rate.",
    ),
    AlertRule(
        name="critic_useless",
        label="critic worse than a constant",
        severity=AlertSeverity.WARNING,
        signal="explained_variance",
        side="below",
        threshold=0.0,
        minimum=-10.0,
        maximum=0.9,
        for_s=20.0,
        unless_solved=True,
        meaning="The critic foresees returns worse than their mean would.",
        hint="Raise the value coefficient or the learning rate; normalise observations; scale "
        "rewards.",
    ),
    AlertRule(
        name="gradient_clipped",
        label="gradient always clipped",
        severity=AlertSeverity.INFO,
        signal="gradient_clipped",
        side="above",
        threshold=0.9,
        minimum=0.05,
        maximum=1.0,
        unit="of updates",
        for_s=30.0,
        unless_solved=True,
        meaning="The clip, and not the learning rate, sets the length of nearly every step.",
        hint="Raise the gradient clip, or scale rewards down.",
    ),
    AlertRule(
        name="policy_lag",
        label="policy lag",
        severity=AlertSeverity.WARNING,
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        signal="policy_lag",
        side="above",
        threshold=25.0,
        minimum=1.0,
        maximum=1e4,
        unit="updates",
        for_s=3.0,
        meaning="Gradients belong to weights that are many updates old.",
        hint="Fewer workers, larger batches; in ga3c V-trace or a shorter queue.",
    ),
    AlertRule(
        name="policy_drift",
        label="far from the acting policy",
        severity=AlertSeverity.WARNING,
        algorithms=(Algorithm.GA3C,),
        signal="behaviour_kl",
        side="above",
        threshold=0.05,
        minimum=0.001,
        maximum=10.0,
        unit="nats",
        for_s=5.0,
        meaning="The policy that learns differs much from the one that acted.",
        hint="Lower the learning rate, shorten the queue, or pull weights more often.",
    ),
    AlertRule(
        name="queue_full",
        label="queue full",
        severity=AlertSeverity.WARNING,
        algorithms=(Algorithm.GA3C,),
        signal="queue_fill",
        side="above",
        threshold=0.95,
        minimum=0.1,
        maximum=1.0,
        unit="of its capacity",
        for_s=10.0,
        meaning="Environment threads wait for room in the queue.",
        hint="More optimizer threads, a larger minimum batch, or fewer workers.",
    ),
    AlertRule(
        name="queue_starved",
        label="queue empty",
        severity=AlertSeverity.INFO,
        algorithms=(Algorithm.GA3C,),
        signal="queue_fill",
        side="below",
        threshold=0.01,
        minimum=0.0,
        maximum=0.9,
        unit="of its capacity",
        for_s=10.0,
        meaning="Optimizer threads wait for segments.",
        hint="More workers, fewer optimizer threads, or a smaller minimum batch.",
    ),
    AlertRule(
        name="batch_large",
        label="optimizers behind",
        severity=AlertSeverity.WARNING,
        algorithms=(Algorithm.GA3C,),
        signal="batch_ratio",
        side="above",
        threshold=5.0,
        minimum=0.1,
        maximum=1000.0,
        unit="times the minimum batch",
        for_s=1.0,
        meaning="Batches are much larger than the minimum: the queue fills faster than it is "
        "emptied (the notebook's optimizer alert).",
        hint="More optimizer threads, a larger minimum batch, or fewer workers.",
    ),
    AlertRule(
        name="segments_dropped",
        label="segments dropped",
        severity=AlertSeverity.WARNING,
        algorithms=(Algorithm.GA3C,),
        signal="dropped_segments",
        side="above",
        threshold=0.5,
        minimum=0.01,
        maximum=1e4,
        unit="segments/s",
        for_s=3.0,
        meaning="Segments are thrown away because they are older than the maximum policy lag.",
        hint="More optimizer threads or a shorter queue; or allow a larger lag.",
    ),
    AlertRule(
        name="worker_stalled",
        label="a worker is silent",
        severity=AlertSeverity.CRITICAL,
        signal=SILENCE_S,
        side="above",
        threshold=5.0,
        minimum=0.5,
        maximum=3600.0,
        unit="s",
        for_s=0.0,
        meaning="A thread has not stepped, learned or waited on purpose for 20 times as long as "
        "usual.",
        hint="Its environment may hang: the log says where it stands; then restart the run.",
    ),
    AlertRule(
        name="return_plateau",
        label="returns rise no more",
        severity=AlertSeverity.INFO,
        signal=RETURN_RISE,
        side="below",
        threshold=0.02,
        minimum=-1.0,
        maximum=1.0,
        unit="of the range so far",
        for_s=10.0,
        unless_solved=True,
        after_budget=0.3,
        meaning="Over the last fifth of the env steps the mean return has not risen, and the task "
        "is not solved.",
        hint="Let the learning rate decay, explore more, or try a preset.",
    ),
    AlertRule(
        name="evaluation_gap",
        label="greedy policy falls behind",
        severity=AlertSeverity.WARNING,
        signal=GREEDY_SHORTFALL,
        side="above",
        threshold=0.5,
        minimum=0.05,
        maximum=100.0,
        unit="of the gain",
        for_s=0.0,
        after_budget=0.1,
        meaning="Test episodes with the most probable action return much less than training does.",
        hint="The greedy policy may be stuck: evaluate with sampled actions too; if the "
        "normalisation is frozen, let it follow.",
    ),
    AlertRule(
        name="memory_growth",
        label="memory grows",
        severity=AlertSeverity.WARNING,
        signal=MEMORY_GROWTH,
        side="above",
        threshold=0.2,
        minimum=0.01,
        maximum=100.0,
        unit="an hour",
        for_s=60.0,
        meaning="The run needs more and more memory.",
        hint="An environment may keep what it should let go: restart the run before it is killed.",
    ),
    AlertRule(
        name="slow",
        label="slower than before",
        severity=AlertSeverity.INFO,
        signal=SPEED_SHARE,
        side="below",
        threshold=0.5,
        minimum=0.05,
        maximum=0.95,
        unit="of the last minute's median",
        for_s=5.0,
        meaning="Env steps per second have fallen much below the last minute's.",
        hint="Something else may need the processor; or episodes or settings have changed.",
    ),
)

ALERT_RULES: Mapping[str, AlertRule] = MappingProxyType({rule.name: rule for rule in _RULES})


def check_thresholds(thresholds: Mapping[str, float | None]) -> list[FieldError]:
    """Everything wrong with a run's own thresholds; empty if all are allowed.

    Args:
        thresholds: By rule; None: the rule's default.
    """
    errors = []
    for name, threshold in thresholds.items():
        rule = ALERT_RULES.get(name)
        if rule is None:
            message = f"unknown alert; known: {', '.join(ALERT_RULES)}"
        elif threshold is not None and not rule.minimum <= threshold <= rule.maximum:
            message = (
                f"{threshold:g} is not allowed; allowed: a number from {rule.minimum:g} "
                f"to {rule.maximum:g}"
            )
        else:
            continue
        errors.append(FieldError((name,), message))
    return errors


def thresholds_after(
    thresholds: Mapping[str, float], wanted: Mapping[str, float | None]
) -> dict[str, float]:
    """A run's own thresholds once some are changed; None takes a rule back to its default."""
    after = {**thresholds, **wanted}
    return {name: threshold for name, threshold in after.items() if threshold is not None}


def threshold_changes(
    before: Mapping[str, float], after: Mapping[str, float]
) -> dict[str, ThresholdChange]:
    """The rules whose threshold differs between two sets of a run's own thresholds."""
    changes = {}
    for name, rule in ALERT_RULES.items():
        was, is_now = before.get(name, rule.threshold), after.get(name, rule.threshold)
        if was != is_now:
            changes[name] = ThresholdChange(before=was, after=is_now)
    return changes
