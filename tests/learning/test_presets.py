"""What the quick presets promise, on seeds that were never looked at when they were tuned."""

from __future__ import annotations

import pytest

from fakes.training import Rig
from matinee.environments.catalogue import preset
from matinee.training.outcome import StopCause

pytestmark = pytest.mark.learning

UNSEEN_SEED = 1001

QUICK = {
    "cartpole-a3c": 1_000_000,
    "cartpole-ga3c": 1_000_000,
    "cartpole-a2c": 800_000,
    "cartpole-ppo": 400_000,
    "acrobot": 500_000,
    "mountain-car-solved": 1_000_000,
    "mountain-car-continuous": 1_000_000,
    "pendulum": 600_000,
    "frozen-lake": 600_000,
    "minigrid-empty": 60_000,
}
"""Preset, and env steps within which it has to reach its target: about three times its median."""

PACKAGES = {"minigrid-empty": "minigrid"}
"""What a preset's environment needs besides."""


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_preset_reaches_its_target(name: str) -> None:
    """It ends because the mean of 100 episodes is what the preset aims at, within its samples."""
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name])
    chosen = preset(name)
    assert chosen is not None
    budget = chosen.spec.budget.model_copy(update={"env_steps": QUICK[name]})
    rig = Rig(chosen.spec.model_copy(update={"seed": UNSEEN_SEED, "budget": budget}))

    outcome = rig.run()

    assert outcome.cause is StopCause.FINISHED_TARGET, outcome.reason
    solved_at = rig.trainer.progress().solved_at
    assert solved_at is not None
    assert solved_at.env_steps < QUICK[name]
