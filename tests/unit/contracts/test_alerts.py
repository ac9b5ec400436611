"""The catalogue of alert rules."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import ALERT_RULES, DERIVED_SIGNALS, check_thresholds
from matinee.contracts.metrics import METRICS


@pytest.mark.parametrize("name", ALERT_RULES)
def test_every_rule_looks_at_something_that_is_measured(name: str) -> None:
    """Its signal is computed, or a metric of every mode in which the rule is watched."""
    rule = ALERT_RULES[name]
    if rule.signal not in DERIVED_SIGNALS:
        assert set(rule.algorithms) <= set(METRICS[rule.signal].algorithms)


@pytest.mark.parametrize("name", ALERT_RULES)
def test_the_threshold_of_every_rule_is_allowed(name: str) -> None:
    """Whoever sends the default gets no refusal."""
    assert check_thresholds({name: ALERT_RULES[name].threshold}) == []


def test_wrong_thresholds_are_named_with_what_is_allowed() -> None:
    """An unknown rule lists the known ones; a number out of range says the range."""
    unknown, outside, _missing = check_thresholds(
        {"boredom": 1.0, "policy_lag": -1.0, "queue_full": float("nan")}
    )

    assert unknown.loc == ("boredom",)
    assert "policy_lag" in unknown.message
    assert outside.message == "-1 is not allowed; allowed: a number from 1 to 10000"
