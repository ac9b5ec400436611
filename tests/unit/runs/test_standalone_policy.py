"""What plays a policy elsewhere does what the trainer's own policy does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from safetensors.numpy import save_file

from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.policies import new_policy
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.interface import Translation, translation
from matinee.environments.normalization import NormalizationState, ObservationNormalizer
from matinee.runs.standalone_policy import Policy
from matinee.training.policy_description import describe_policy

VECTOR = spaces.Box(-5, 5, (3,), np.float32)
PICTURE = spaces.Box(0, 255, (48, 40, 3), np.uint8)
TWO = spaces.Discrete(2)
MIXED = spaces.Dict(
    {
        "place": spaces.Discrete(4, start=-1),
        "cells": spaces.Box(0, np.array([[10, 5, 2]], np.uint8), (1, 3), np.uint8),
        "pair": spaces.Tuple((spaces.MultiDiscrete([2, 3]), spaces.MultiBinary(2))),
        "mission": spaces.Text(5),
    }
)


@dataclass
class Rig:
    """The same weights twice: as the trainer acts, and as the file says."""

    shape: NetworkShape
    between: Translation
    ours: Any
    theirs: Policy


def rig(
    folder: Path,
    observations: gymnasium.Space[Any] = VECTOR,
    actions: gymnasium.Space[Any] = TWO,
    *,
    normalization: NormalizationState | None = None,
    **network: Any,
) -> Rig:
    """A policy with weights of some size, so that every part of it shows."""
    between = translation(observations, actions)
    options: dict[str, Any] = {"hidden": (7, 5), "activation": "tanh", "shared_trunk": True}
    shape = NetworkShape(interface=between.interface, **(options | network))
    generator = np.random.default_rng(3)
    weights = initial_weights(shape, seed=1)
    weights += 0.3 * generator.standard_normal(len(weights)).astype(np.float32)
    environment = EnvironmentSpec(id="Some-v0", kwargs={"a": 1})
    about = describe_policy(
        environment, shape, between.coding, normalizes=normalization is not None
    )
    (folder / "policy.json").write_text(about.model_dump_json())
    arrays: dict[str, Any] = {"weights": weights, "optimizer.steps": np.zeros(1)}
    if normalization is not None:
        arrays |= {
            "normalization.count": np.asarray(normalization.count),
            "normalization.mean": normalization.mean,
            "normalization.m2": normalization.m2,
        }
    save_file(arrays, folder / "learner.safetensors")
    return Rig(shape, between, new_policy(shape, weights), Policy(folder))


def batch_of_one(rig: Rig, observation: Any) -> Any:
    """As the trainer sees it."""
    interface = rig.between.interface
    out = np.empty((1, *interface.observation_shape), interface.observation_dtype)
    rig.between.observations.write(observation, out[0])
    return out


@pytest.mark.parametrize(
    ("observations", "network"),
    [
        (VECTOR, {}),
        (VECTOR, {"activation": "relu", "shared_trunk": False}),
        (VECTOR, {"lstm_units": 4}),
        (VECTOR, {"lstm_units": 4, "shared_trunk": False}),
        (MIXED, {}),
        (spaces.Discrete(6, start=2), {}),
        (PICTURE, {"convolution": "a3c"}),
        (PICTURE, {"convolution": "nature", "standardizes_images": True}),
        (PICTURE, {"convolution": "none"}),
        (spaces.Box(0, 1, (2, 40, 48), np.float32), {"convolution": "a3c", "lstm_units": 4}),
        (spaces.Box(0, 255, (40, 48), np.uint8), {"convolution": "a3c"}),
    ],
    ids=str,
)
def test_outputs_are_the_trainers(
    tmp_path: Path, observations: gymnasium.Space[Any], network: dict[str, Any]
) -> None:
    """For every kind of observation and network, step by step, also what is remembered."""
    both = rig(tmp_path, observations, **network)
    observations.seed(1)
    for _ in range(3):
        observation = observations.sample()
        ours = both.ours.outputs(batch_of_one(both, observation))[0]
        np.testing.assert_allclose(both.theirs.outputs(observation), ours, rtol=2e-4, atol=2e-5)
    if both.shape.lstm_units:
        before = both.theirs.outputs(observation)
        both.theirs.begin()
        assert not np.allclose(both.theirs.outputs(observation), before)


@pytest.mark.parametrize(
    "state",
    [
        NormalizationState(
            np.asarray(10.0), np.array([1.0, -2.0, 0.5]), np.array([5.0, 0.0, 40.0])
        ),
        NormalizationState(np.asarray(0.0), np.zeros(3), np.zeros(3)),
    ],
    ids=["ten samples", "none yet"],
)
def test_observations_are_normalised_alike(tmp_path: Path, state: NormalizationState) -> None:
    """With the statistics of the checkpoint, and clipped; before any sample clipped only."""
    both = rig(tmp_path, normalization=state)
    normalizer = ObservationNormalizer(3, state)
    for observation in (np.array([0.5, -2.0, 3.0]), np.array([50.0, 4.0, -50.0])):
        seen = normalizer.normalize(observation[None].astype(np.float32))
        ours = both.ours.outputs(seen)[0]
        theirs = both.theirs.outputs(observation.astype(np.float32))
        np.testing.assert_allclose(theirs, ours, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    "actions",
    [
        TWO,
        spaces.Discrete(3, start=5),
        spaces.MultiDiscrete(np.array([[2, 3], [4, 2]])),
        spaces.MultiBinary((2, 2)),
        spaces.Box(-2.0, 4.0, (2,), np.float32),
        spaces.Box(np.array([-1.0, 0.0]), np.array([np.inf, 3.0]), (2,), np.float64),
    ],
    ids=str,
)
def test_actions_are_the_trainers(tmp_path: Path, actions: gymnasium.Space[Any]) -> None:
    """Most probable ones are the same, and drawn ones lie in the space and differ."""
    both = rig(tmp_path, actions=actions)
    VECTOR.seed(2)
    for _ in range(5):
        observation = VECTOR.sample()
        (ours,) = both.between.actions.singles(
            both.ours.act_greedily(batch_of_one(both, observation))
        )
        theirs = both.theirs.act(observation)
        assert actions.contains(theirs)
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5)
    generator = np.random.default_rng(1)
    drawn = [both.theirs.act(observation, generator) for _ in range(50)]
    assert all(actions.contains(action) for action in drawn)
    assert len({str(action) for action in drawn}) > 1


def test_choices_are_drawn_as_often_as_they_are_probable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the softmax of the logits: one of ten that is ahead by 3 in 69 of 100 times."""
    theirs = rig(tmp_path, actions=spaces.Discrete(10)).theirs
    logits = np.array([0.0, 3.0, *np.zeros(8)])
    monkeypatch.setattr(theirs, "outputs", lambda _observation: logits)
    generator = np.random.default_rng(5)

    drawn = [theirs.act(None, generator) for _ in range(3000)]

    found = np.bincount(drawn, minlength=10) / len(drawn)
    np.testing.assert_allclose(found, np.exp(logits) / np.exp(logits).sum(), atol=0.03)
