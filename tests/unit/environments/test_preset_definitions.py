"""What every preset promises, whatever it trains."""

from __future__ import annotations

from matinee.environments.catalogue import presets
from matinee.environments.preset_definitions import DEFINITIONS


def test_names_are_unique() -> None:
    """A name means one preset."""
    names = [each.name for each in DEFINITIONS]

    assert len(names) == len(set(names))


def test_every_preset_ends() -> None:
    """Each has a budget of env steps or of seconds: no card starts a run without an end."""
    endless = [
        each.name
        for each in presets()
        if each.spec.budget.env_steps is None and each.spec.budget.seconds is None
    ]

    assert endless == []


def test_every_mode_has_a_preset() -> None:
    """Each of the four modes can be had on CartPole without setting anything."""
    modes = {each.spec.algorithm for each in presets() if each.name.startswith("cartpole-")}

    assert modes == {"a3c", "ga3c", "a2c", "ppo"}
