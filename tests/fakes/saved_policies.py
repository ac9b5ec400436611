"""Policies as checkpoints have them, with weights of some size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from safetensors.numpy import save

from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.interface import Translation, translation
from matinee.environments.normalization import NormalizationState
from matinee.training.policy_description import describe_policy

VECTOR = spaces.Box(-5, 5, (3,), np.float32)
TWO = spaces.Discrete(2)
OBSERVATIONS = 4


@dataclass
class SavedPolicy:
    """The same weights twice: for the trainer's own policy, and as the files of a checkpoint."""

    shape: NetworkShape
    between: Translation
    weights: NDArray[np.float32]
    contents: dict[str, bytes]

    def observations(self, space: gymnasium.Space[Any], *, seed: int = 1) -> NDArray[Any]:
        """Some, as the trainer's network sees them."""
        interface = self.between.interface
        out = np.empty((OBSERVATIONS, *interface.observation_shape), interface.observation_dtype)
        space.seed(seed)
        for row in out:
            self.between.observations.write(space.sample(), row)
        return out


def saved_policy(
    observations: gymnasium.Space[Any] = VECTOR,
    actions: gymnasium.Space[Any] = TWO,
    *,
    normalization: NormalizationState | None = None,
    **network: Any,
) -> SavedPolicy:
    """A policy with weights of some size, so that every part of it shows."""
    between = translation(observations, actions)
    options: dict[str, Any] = {"hidden": (7, 5), "activation": "tanh", "shared_trunk": True}
    shape = NetworkShape(interface=between.interface, **(options | network))
    weights = initial_weights(shape, seed=1)
    noise = np.random.default_rng(3).standard_normal(len(weights))
    weights += 0.3 * noise.astype(np.float32)
    about = describe_policy(
        EnvironmentSpec(id="Some-v0", kwargs={"a": 1}),
        shape,
        between.coding,
        normalizes=normalization is not None,
    )
    arrays: dict[str, Any] = {"weights": weights}
    if normalization is not None:
        arrays |= {
            "normalization.count": np.asarray(normalization.count),
            "normalization.mean": normalization.mean,
            "normalization.m2": normalization.m2,
        }
    contents = {
        "policy.json": about.model_dump_json().encode(),
        "learner.safetensors": save(arrays),
    }
    return SavedPolicy(shape, between, weights, contents)
