"""The catalogue of alert rules."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import (
    ALERT_RULES,
    ThresholdChange,
    check_thresholds,
    threshold_changes,
    thresholds_after,
)


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


def test_what_is_yes_or_no_has_no_threshold_to_choose() -> None:
    """Any other threshold than the default is refused, with the reason."""
    (error,) = check_thresholds({"solved": 0.7})

    assert error.message == "this alert has no threshold to choose"


def test_a_default_is_asked_for_with_none() -> None:
    """None is allowed for every rule, and for nothing else."""
    assert check_thresholds(dict.fromkeys(ALERT_RULES)) == []
    assert [error.loc for error in check_thresholds({"boredom": None})] == [("boredom",)]


def test_a_change_says_what_was_before() -> None:
    """What is not asked for stays; a rule without a threshold of its own has its default."""
    before = {"policy_lag": 50.0, "queue_full": 0.8}
    after = thresholds_after(before, {"policy_lag": None, "slow": 0.3})

    assert after == {"queue_full": 0.8, "slow": 0.3}
    assert threshold_changes(before, after) == {
        "policy_lag": ThresholdChange(before=50.0, after=ALERT_RULES["policy_lag"].threshold),
        "slow": ThresholdChange(before=ALERT_RULES["slow"].threshold, after=0.3),
    }
