"""What a setting comes to at an env step."""

from __future__ import annotations

import pytest

from fakes.schedules import ramp, schedule
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.setting_values import anchored, evaluate

PIECES = schedule(
    schedule="piecewise", points=[{"env_step": 0, "value": 1}, {"env_step": 50, "value": 2}]
)


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        (ramp("linear", 1.0, 0.0, 0, 100), [1.0, 0.75, 0.5, 0.0]),
        (ramp("cosine", 1.0, 0.0, 0, 100), [1.0, 0.853553, 0.5, 0.0]),
        (ramp("exponential", 1.0, 1e-4, 0, 100), [1.0, 0.1, 0.01, 1e-4]),
        (PIECES, [1.0, 1.0, 2.0, 2.0]),
        (0.3, [0.3] * 4),
    ],
)
def test_settings_are_evaluated_by_env_step(
    setting: HyperparameterSetting, values: list[float]
) -> None:
    """At 0, 25, 50 and past the end."""
    assert [evaluate(setting, step) for step in (0, 25, 50, 1000)] == pytest.approx(values)


def test_an_open_beginning_is_where_it_is_applied() -> None:
    """Until then the ramp stands at its first value; then it runs from there."""
    setting = ramp("linear", 1.0, 0.0, None, 300)

    assert evaluate(setting, 250) == 1.0
    assert evaluate(anchored(setting, 100), 200) == 0.5
    assert anchored(anchored(setting, 100), 200) == anchored(setting, 100)


def test_a_ramp_applied_after_its_end_is_over() -> None:
    """What stays is its last value, not an impossible schedule."""
    assert anchored(ramp("linear", 1.0, 0.25, None, 300), 300) == 0.25
