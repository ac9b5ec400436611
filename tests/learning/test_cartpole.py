"""CartPole-v1 itself: what a time limit means there."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from fakes.training import Rig, small_spec
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.networks import NetworkShape

pytestmark = pytest.mark.learning


@pytest.mark.parametrize("environments", [4, 16], ids=["loop", "native_vector"])
@pytest.mark.parametrize(
    ("bootstrap", "least", "most"),
    [(True, 8.5, 11.5), (False, 2.5, 6.5)],
    ids=["limit_bootstraps", "limit_as_end"],
)
def test_the_value_of_a_safe_state(
    environments: int, *, bootstrap: bool, least: float, most: float
) -> None:
    """Cut after 8 steps nothing ever falls: V is 1/(1-γ) = 10, not what is left until the limit.

    With the bootstrap switched off it goes wrong, as it does for whoever forgets it: at most
    1 + γ + … + γ⁷ = 5.7 are left, 3.8 on average.
    """
    spec = small_spec(
        "CartPole-v1",
        environment={"id": "CartPole-v1", "kwargs": {"max_episode_steps": 8}},
        network={"hidden": [16]},
        envs_per_worker=environments,
        hyperparameters={
            "optimizer": "adam",
            "learning_rate": 0.01,
            "gamma": 0.9,
            "rollout_length": 12,
            "value_coefficient": 1.0,
            "truncation_bootstrap": bootstrap,
        },
        budget={"env_steps": 40_000},
    )
    rig = Rig(spec)
    rig.run()
    shape = NetworkShape(discrete(4, 2), (16,), "tanh", shared_trunk=True)
    critic = NumpyActorCritic(shape, rig.trainer.capture().weights)

    upright = np.random.default_rng(0).uniform(-0.05, 0.05, (50, 4)).astype(np.float32)

    assert least < critic.values(upright).mean() < most
