"""The network in torch, whose derivative is eager autograd's: for what is not a plain MLP.

Each thread owns one, on its local copy of the weights: never on the shared weights, which other
threads change in place while a graph would be alive.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matinee.algorithm.convolutions import convolved
from matinee.algorithm.distributions import Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import LOG_STD, NetworkShape


class TorchNetwork:
    """Outputs, values and their derivative by all weights. See `PolicyValueNetwork`."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        layout = shape.layout()
        self._shape = shape
        self._slots = [slot for slot in layout.slots if slot.name != LOG_STD]
        views = layout.views(flat)
        self._leaves = {
            slot.name: torch.from_numpy(views[slot.name]).requires_grad_() for slot in self._slots
        }
        self._activation = torch.tanh if shape.activation == "tanh" else torch.relu
        self._heads: tuple[Tensor, Tensor] | None = None

    def forward(self, observations: NDArray[np.generic]) -> tuple[Floats, Floats]:
        """Policy outputs, shape (P, B), and values, shape (B,), keeping the graph."""
        outputs, values = self.heads(torch.from_numpy(observations))
        self._heads = outputs, values
        return (
            np.ascontiguousarray(outputs.detach().numpy().T),
            values.detach().numpy(),
        )

    def backward(self, by_heads: Floats, out: FloatVector) -> None:
        """Write the derivative by all weights of the trunks and heads to `out`, from the graph."""
        assert self._heads is not None, "backward follows forward"
        gradients = torch.autograd.grad(
            self._heads,
            tuple(self._leaves.values()),
            grad_outputs=(torch.from_numpy(by_heads[:-1].T), torch.from_numpy(by_heads[-1])),
        )
        self._heads = None
        for slot, part in zip(self._slots, gradients, strict=True):
            out[slot.start : slot.stop] = part.numpy().ravel()

    def heads(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Policy outputs, shape (B, P), and values, shape (B,)."""
        policy_features = self._features(self._shape.policy_trunk, observations)
        value_features = (
            policy_features
            if self._shape.shared_trunk
            else self._features(self._shape.value_trunk, observations)
        )
        leaves = self._leaves
        outputs = torch.addmm(leaves["policy.bias"], policy_features, leaves["policy.weight"])
        values = torch.addmm(leaves["value.bias"], value_features, leaves["value.weight"])
        return outputs, values.squeeze(1)

    def _features(self, trunk: str, observations: Tensor) -> Tensor:
        shape = self._shape
        names = shape.convolution_names(trunk)
        weights = [(self._leaves[f"{n}.weight"], self._leaves[f"{n}.bias"]) for n in names]
        features = convolved(observations, shape.convolution_layers, weights)
        for index in range(len(shape.hidden)):
            weight = self._leaves[f"{trunk}.{index}.weight"]
            bias = self._leaves[f"{trunk}.{index}.bias"]
            features = self._activation(torch.addmm(bias, features, weight))
        return features
