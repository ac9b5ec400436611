"""Commands: told apart by name, and refused where they say nothing or two things."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from matinee.contracts.commands import Action, SetHyperparameters, Step

ACTIONS: TypeAdapter[Action] = TypeAdapter(Action)


@pytest.mark.parametrize(
    "document",
    [
        {"name": "start"},
        {"name": "pause"},
        {"name": "resume"},
        {"name": "stop"},
        {"name": "abort"},
        {"name": "interrupt", "reason": "the server shut down"},
        {"name": "step", "env_steps": 10},
        {"name": "step", "updates": 1},
        {"name": "set_hyperparameters", "settings": {"gamma": 0.9}, "expected_revision": 3},
    ],
)
def test_an_action_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    """Each action survives the way over the control socket and into run.db."""
    action = ACTIONS.validate_python(document)

    assert action.name == document["name"]
    assert ACTIONS.validate_json(action.model_dump_json(by_alias=True)) == action


@pytest.mark.parametrize(
    "document",
    [
        {"name": "explode"},
        {"name": "pause", "now": True},
        {"name": "step"},
        {"name": "step", "env_steps": 1, "updates": 1},
        {"name": "step", "env_steps": 0},
        {"name": "set_hyperparameters", "settings": {}},
        {"name": "set_hyperparameters", "settings": {"gamma": float("nan")}},
        {"name": "set_hyperparameters", "settings": {"gamma": 1}, "expected_revision": -1},
    ],
)
def test_an_action_that_says_nothing_or_too_much_is_refused(document: dict[str, Any]) -> None:
    """Unknown names and fields, no distance or two, nothing to change: refused."""
    with pytest.raises(ValidationError):
        ACTIONS.validate_python(document)


def test_actions_keep_what_they_carry() -> None:
    """A step keeps its distance, a change its settings."""
    step = ACTIONS.validate_python({"name": "step", "updates": 7})
    change = ACTIONS.validate_python({"name": "set_hyperparameters", "settings": {"gamma": 0.5}})

    assert isinstance(step, Step)
    assert (step.env_steps, step.updates) == (None, 7)
    assert isinstance(change, SetHyperparameters)
    assert change.settings == {"gamma": 0.5}
