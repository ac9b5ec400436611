"""`--set NAME=VALUE` means what it says."""

from __future__ import annotations

from typing import Any

import pytest

from matinee.cli.assignments import settings_of
from matinee.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("20", 20),
        ("true", True),
        ("adam", "adam"),
        ("linear:1e-3:0:100000",
         {"schedule": "linear", "from": 1e-3, "to": 0.0, "until_env_step": 100_000}),
        ("exponential:1e-2:1e-4:5e4:1_000_000",
         {"schedule": "exponential", "from": 1e-2, "to": 1e-4, "from_env_step": 50_000,
          "until_env_step": 1_000_000}),
        ("cosine:1:0:10",
         {"schedule": "cosine", "from": 1.0, "to": 0.0, "until_env_step": 10}),
        ("piecewise:0=1e-3:50000=1e-4",
         {"schedule": "piecewise", "points": [{"env_step": 0, "value": 1e-3},
                                              {"env_step": 50_000, "value": 1e-4}]}),
        ('{"schedule": "linear", "from": 1, "to": 0, "until_env_step": 5}',
         {"schedule": "linear", "from": 1, "to": 0, "until_env_step": 5}),
    ],
)  # fmt: skip
def test_a_value_is_a_number_a_word_or_a_schedule(text: str, value: Any) -> None:
    """In short form or as JSON."""
    assert settings_of([f"name={text}"]) == {"name": value}


def test_the_last_of_several_counts() -> None:
    """Names may repeat, as flags may."""
    assert settings_of(["a=1", "b=2", "a=3"]) == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("assignment", "hint"),
    [
        ("learning_rate", "NAME=VALUE"),
        ("=1", "NAME=VALUE"),
        ("a=linear:1", "linear:FROM:TO:UNTIL"),
        ("a=linear:1:0", "linear:FROM:TO:UNTIL"),
        ("a=linear:1:0:1:2:3", "linear:FROM:TO:UNTIL"),
        ("a=linear:one:0:100", "linear:FROM:TO:UNTIL"),
        ("a=cosine:1:0:1.5", "cosine:FROM:TO:UNTIL"),
        ("a=linear:1:0:inf", "linear:FROM:TO:UNTIL"),
        ("a=piecewise:1e-3", "piecewise:STEP=VALUE"),
    ],
)
def test_a_slip_is_answered_with_how_it_is_written(assignment: str, hint: str) -> None:
    """The words that were typed, and the form with an example."""
    with pytest.raises(InvalidInputError) as refused:
        settings_of([assignment])

    assert assignment in str(refused.value)
    assert hint in str(refused.value)
