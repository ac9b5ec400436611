"""One row of the catalogue of alerts."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import ALERT_RULES


def test_a_rule_without_a_range_leaves_no_choice() -> None:
    """Yes or no is not a matter of degree."""
    assert not ALERT_RULES["not_finite"].has_choice
    assert ALERT_RULES["policy_lag"].has_choice


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ("policy_lag", 90.0, "90 updates"),
        ("gradient_clipped", 0.9, "90 % of updates"),
        ("gradient_clipped", 0.07, "7 % of updates"),
        ("return_plateau", -0.0123, "-1.23 % of the range so far"),
        ("memory_growth", 12.5, "1,250 % of its memory an hour"),
        ("critic_useless", 0.0, "0"),
    ],
)
def test_shares_are_told_in_percent_and_other_values_as_they_are(
    rule: str, value: float, words: str
) -> None:
    """Nobody reads "0.9 of updates"."""
    assert ALERT_RULES[rule].amount_text(value) == words


def test_a_unit_of_something_is_a_share_of_at_least_a_percent_at_its_default() -> None:
    """The rule by which pages tell shares: no other unit begins so."""
    shares = {rule.name for rule in ALERT_RULES.values() if rule.is_share}

    assert {"gradient_clipped", "entropy_collapse", "memory_growth", "slow"} <= shares
    assert all(ALERT_RULES[name].threshold >= 0.01 for name in shares)
    assert {"policy_lag", "worker_stalled", "value_explosion"}.isdisjoint(shares)
