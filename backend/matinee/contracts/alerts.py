"""What a run is warned of: an alert that is raised, and the thresholds that a run may have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from matinee.contracts.alert_rule import AlertRule, AlertSeverity
from matinee.contracts.alert_rules import RULES
from matinee.errors import FieldError


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


ALERT_RULES: Mapping[str, AlertRule] = MappingProxyType({rule.name: rule for rule in RULES})


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
        elif threshold not in (None, rule.threshold) and not rule.has_choice:
            message = "this alert has no threshold to choose"
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
