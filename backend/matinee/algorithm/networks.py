"""The actor-critic network: a multilayer perceptron with a policy head and a value head.

Weight matrices have shape (inputs, outputs), so that a layer is `x @ W + b` in NumPy and torch
alike. With a shared trunk both heads read the same features; otherwise each has a trunk of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from matinee.algorithm.flat_parameters import FlatLayout, FloatVector

POLICY_HEAD_GAIN = 0.01
"""Starts the policy near uniform. Reference: Andrychowicz et al. 2021, §3.2; OpenAI baselines."""

VALUE_HEAD_GAIN = 1.0
HIDDEN_GAIN = math.sqrt(2.0)

ActivationName = Literal["tanh", "relu"]


@dataclass(frozen=True)
class NetworkShape:
    """Everything that fixes the number and order of the weights."""

    observation_size: int
    hidden: tuple[int, ...]
    action_count: int
    activation: ActivationName
    shared_trunk: bool

    @property
    def policy_trunk(self) -> str:
        """Prefix of the trunk that the policy head reads."""
        return "trunk" if self.shared_trunk else "policy_trunk"

    @property
    def value_trunk(self) -> str:
        """Prefix of the trunk that the value head reads."""
        return "trunk" if self.shared_trunk else "value_trunk"

    def layout(self) -> FlatLayout:
        """Names and shapes of all weight arrays, in the order of the flat vector."""
        return FlatLayout(self._shapes())

    def _shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        trunks = dict.fromkeys((self.policy_trunk, self.value_trunk))
        for trunk in trunks:
            inputs = self.observation_size
            for index, units in enumerate(self.hidden):
                yield f"{trunk}.{index}.weight", (inputs, units)
                yield f"{trunk}.{index}.bias", (units,)
                inputs = units
        yield "policy.weight", (self.hidden[-1], self.action_count)
        yield "policy.bias", (self.action_count,)
        yield "value.weight", (self.hidden[-1], 1)
        yield "value.bias", (1,)


def initial_weights(shape: NetworkShape, *, seed: int) -> FloatVector:
    """Orthogonal matrices, zero biases.

    Gains: √2 in hidden layers, 0.01 in the policy head (so that the first policy is nearly
    uniform), 1 in the value head.

    Reference: Saxe et al. 2014; the gains are those of OpenAI baselines and Stable-Baselines3.

    Returns:
        Shape: (size of the layout,).
    """
    generator = torch.Generator().manual_seed(seed)
    layout = shape.layout()
    flat = np.zeros(layout.size, dtype=np.float32)
    for name, view in layout.views(flat).items():
        if name.endswith(".bias"):
            continue
        gain = {"policy.weight": POLICY_HEAD_GAIN, "value.weight": VALUE_HEAD_GAIN}.get(
            name, HIDDEN_GAIN
        )
        torch.nn.init.orthogonal_(torch.from_numpy(view), gain=gain, generator=generator)
    return flat


class TorchActorCritic:
    """The network in torch, for gradients, on leaf tensors that share memory with a flat vector.

    Each actor-learner thread owns one, on its local copy of the weights: never on the shared
    weights, which other threads change in place while a graph would be alive.
    """

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        views = shape.layout().views(flat)
        self._shape = shape
        self._leaves = {
            name: torch.from_numpy(view).requires_grad_() for name, view in views.items()
        }
        self.parameters = tuple(self._leaves.values())
        self._activation = torch.tanh if shape.activation == "tanh" else torch.relu

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and values.

        Args:
            observations: Shape: (B, observation_size).

        Returns:
            Logits, shape (B, A), and values, shape (B,).
        """
        policy_features = self._features(self._shape.policy_trunk, observations)
        value_features = (
            policy_features
            if self._shape.shared_trunk
            else self._features(self._shape.value_trunk, observations)
        )
        leaves = self._leaves
        logits = torch.addmm(leaves["policy.bias"], policy_features, leaves["policy.weight"])
        values = torch.addmm(leaves["value.bias"], value_features, leaves["value.weight"])
        return logits, values.squeeze(1)

    def _features(self, trunk: str, features: Tensor) -> Tensor:
        for index in range(len(self._shape.hidden)):
            weight = self._leaves[f"{trunk}.{index}.weight"]
            bias = self._leaves[f"{trunk}.{index}.bias"]
            features = self._activation(torch.addmm(bias, features, weight))
        return features
