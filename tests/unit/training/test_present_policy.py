"""The policy of this moment, as who plays it reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load

from fakes.training import Rig, small_spec
from matinee.contracts.playing import PolicySource
from matinee.player.weights import read_policy
from matinee.training.present_policy import PresentPolicy


def test_it_plays_as_a_checkpoint_of_the_same_moment_does(tmp_path: Path) -> None:
    """With the statistics of observations and the environment's parameters, without the rest."""
    rig = Rig(
        small_spec("Pendulum-v1", environment={"id": "Pendulum-v1", "normalize_observations": True})
    )
    rig.run()
    trainer = rig.trainer
    file = tmp_path / "now.policy"

    present = trainer.present_policy()
    file.write_bytes(present.encode())
    trainer.save_checkpoint(tmp_path / "one", cause="end")
    shared = read_policy(PolicySource(shared=str(file)))
    saved = read_policy(PolicySource(checkpoint=str(tmp_path / "one")))

    observation = np.array([0.5, -0.25, 1.0], np.float32)
    assert shared.about == saved.about
    assert shared.about.environment_parameters["gravity"] == 10.0
    assert shared.env_step == saved.env_step == trainer.progress().env_steps
    np.testing.assert_array_equal(
        shared.policy.outputs(observation), saved.policy.outputs(observation)
    )
    assert set(load(file.read_bytes())) == {
        "weights",
        "normalization.count",
        "normalization.mean",
        "normalization.m2",
    }


def test_weights_that_are_no_numbers_are_known() -> None:
    """They can't play."""
    rig = Rig(small_spec("CartPole-v1"))
    rig.run()
    present = rig.trainer.present_policy()
    broken = PresentPolicy(present.policy, present.weights * np.nan, None, 1)

    assert (present.is_finite, broken.is_finite) == (True, False)
