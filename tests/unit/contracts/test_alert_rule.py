"""One row of the catalogue of alerts."""

from __future__ import annotations

from matinee.contracts.alerts import ALERT_RULES


def test_a_rule_without_a_range_leaves_no_choice() -> None:
    """Yes or no is not a matter of degree."""
    assert not ALERT_RULES["not_finite"].has_choice
    assert ALERT_RULES["policy_lag"].has_choice
