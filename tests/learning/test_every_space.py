"""Every kind of observation and action that environments have can be trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fakes.probe_spaces import ACTIONS, EPISODE_STEPS, OBSERVATIONS, register_any_spaces
from fakes.training import Rig, small_spec
from matinee.training.outcome import StopCause

STEPS = 5000


def train(id_: str, *, steps: int = STEPS, **overrides: Any) -> Rig:
    """On one worker with 16 environments, to its end."""
    register_any_spaces()
    rig = Rig(
        small_spec(id_, **{"envs_per_worker": 16, "budget": {"env_steps": steps}, **overrides})
    )
    before = rig.trainer.capture().weights
    outcome = rig.run()

    assert outcome.cause is StopCause.FINISHED_BUDGET, outcome.traceback_text
    assert rig.trainer.progress().env_steps >= steps
    after = rig.trainer.capture().weights
    assert np.isfinite(after).all()
    assert not np.array_equal(before, after)
    return rig


def check_episodes(rig: Rig) -> None:
    """All have the probe's length and reward, however they ended."""
    lengths = np.concatenate([drained.episodes.lengths for drained in rig.drained])
    returns = np.concatenate([drained.episodes.returns for drained in rig.drained])

    assert len(lengths) > 600
    assert (lengths == EPISODE_STEPS).all()
    assert (returns == EPISODE_STEPS).all()


@pytest.mark.parametrize("kind", OBSERVATIONS)
def test_every_kind_of_observation_trains(kind: str) -> None:
    """5,000 steps: finite weights that moved, whole episodes."""
    check_episodes(train(f"Probe/Sees{kind}-v0"))


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_kind_of_action_trains(kind: str) -> None:
    """Likewise; the probe refuses what is not in its space."""
    check_episodes(train(f"Probe/Does{kind}-v0"))


@pytest.mark.parametrize("algorithm", ["a3c", "ga3c", "a2c", "ppo"])
@pytest.mark.parametrize("convolution", ["a3c", "nature"])
def test_every_convolution_trains_in_every_mode(algorithm: str, convolution: str) -> None:
    """1,000 steps on small pictures."""
    rig = train(
        "Probe/SeesPicture-v0",
        algorithm=algorithm,
        network={"hidden": [8], "convolution": convolution},
        steps=1000,
    )
    result = rig.trainer.evaluate(1, deterministic=True, should_stop=lambda: False)

    assert result is not None
    assert result.lengths == (EPISODE_STEPS,)


@pytest.mark.parametrize("algorithm", ["ga3c", "a2c", "ppo"])
@pytest.mark.parametrize(
    "id_", ["Probe/SeesDict-v0", "Probe/DoesMultiDiscrete-v0", "Probe/DoesBox-v0"]
)
def test_every_mode_does(algorithm: str, id_: str) -> None:
    """The other modes, on one of each kind that has numbers of another shape or type."""
    check_episodes(train(id_, algorithm=algorithm))


@pytest.mark.parametrize(
    "id_",
    [
        "Acrobot-v1",
        "MountainCar-v0",
        "MountainCarContinuous-v0",
        "Pendulum-v1",
        "FrozenLake-v1",
        "Blackjack-v1",
        "LunarLander-v3",
        "InvertedPendulum-v5",
        "MiniGrid-Empty-5x5-v0",
    ],
)
def test_environments_of_every_package_train(id_: str) -> None:
    """Gymnasium's own, Box2D, MuJoCo, MiniGrid."""
    train(id_)


def test_atari_trains() -> None:
    """Frames that ALE makes, shrinks and stacks; the budget counts steps, four frames each."""
    small = {"img_height": 42, "img_width": 42, "stack_num": 2}
    train(
        "ALE/Pong-v5",
        environment={"id": "ALE/Pong-v5", "kwargs": small},
        network={"hidden": [8], "convolution": "a3c"},
        envs_per_worker=8,
    )
