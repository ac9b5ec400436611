"""The rows of the catalogue of alerts."""

from __future__ import annotations

import pytest

from matinee.contracts.alert_rule import DERIVED_SIGNALS
from matinee.contracts.alert_rules import RULES
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.metrics import METRICS


def test_names_are_unique() -> None:
    """No row hides another."""
    assert len(ALERT_RULES) == len(RULES)


@pytest.mark.parametrize("name", ALERT_RULES)
def test_every_rule_looks_at_something_that_is_measured(name: str) -> None:
    """Its signal is computed, or a metric of every mode in which the rule is watched."""
    rule = ALERT_RULES[name]
    if rule.signal not in DERIVED_SIGNALS:
        assert set(rule.algorithms) <= set(METRICS[rule.signal].algorithms)


@pytest.mark.parametrize("name", ALERT_RULES)
def test_only_metrics_are_taken_over_updates(name: str) -> None:
    """What is computed has a window of its own, or none."""
    rule = ALERT_RULES[name]
    assert rule.over_updates == 0 or rule.signal not in DERIVED_SIGNALS


def test_lengths_are_those_of_the_literature() -> None:
    """Rules that experts count in updates or steps are counted so."""
    assert {name: rule.over_updates for name, rule in ALERT_RULES.items() if rule.over_updates} == {
        "entropy_collapse": 50,
        "entropy_stuck": 50,
        "critic_useless": 200,
        "gradient_clipped": 500,
    }
    assert ALERT_RULES["critic_useless"].after_updates == 200
    assert ALERT_RULES["action_degeneracy"].over_env_steps == 1000
