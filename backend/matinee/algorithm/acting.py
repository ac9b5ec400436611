"""Choosing actions with NumPy, on zero-copy views of the flat weights.

For nets this small a torch call costs more than its arithmetic: NumPy acts several times faster.
The buffers are reused from step to step, so one object serves one thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import NetworkShape

_Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


class NumpyActorCritic:
    """The network's forward pass, for acting and for bootstrap values. One per thread."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        views = shape.layout().views(flat)

        def layers(trunk: str) -> list[_Layer]:
            return [
                (views[f"{trunk}.{index}.weight"], views[f"{trunk}.{index}.bias"])
                for index in range(len(shape.hidden))
            ]

        self._policy_layers = layers(shape.policy_trunk)
        self._value_layers = layers(shape.value_trunk)
        self._policy_head: _Layer = (views["policy.weight"], views["policy.bias"])
        self._value_head: _Layer = (views["value.weight"], views["value.bias"])
        self._relu = shape.activation == "relu"
        self._acting_buffers: dict[int, NDArray[np.float32]] = {}

    def act(
        self, observations: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> NDArray[np.int64]:
        """Sample an action from the policy for each observation.

        Args:
            observations: Shape: (N, observation_size).
            noise: Gumbel noise. Shape: (N, A).

        Returns:
            Actions from 0 to A - 1. Shape: (N,).
        """
        logits = self.logits(observations)
        np.add(logits, noise, out=logits)
        actions: NDArray[np.int64] = logits.argmax(axis=1)
        return actions

    def act_greedily(self, observations: NDArray[np.float32]) -> NDArray[np.int64]:
        """The most probable action for each observation. Shapes as for `act`."""
        actions: NDArray[np.int64] = self.logits(observations).argmax(axis=1)
        return actions

    def logits(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Unnormalised log π(·|s); shape (N, A). Valid until the next call."""
        return self._forward(
            self._policy_layers, self._policy_head, observations, self._acting_buffers
        )

    def values(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """V(s); shape (N,). N may differ from call to call."""
        return self._forward(self._value_layers, self._value_head, observations, {})[:, 0]

    def _forward(
        self,
        hidden: list[_Layer],
        head: _Layer,
        observations: NDArray[np.float32],
        buffers: dict[int, NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        features = observations
        for depth, layer in enumerate(hidden):
            features = _affine(layer, features, buffers, depth)
            if self._relu:
                np.maximum(features, 0.0, out=features)
            else:
                np.tanh(features, out=features)
        return _affine(head, features, buffers, len(hidden))


def _affine(
    layer: _Layer,
    inputs: NDArray[np.float32],
    buffers: dict[int, NDArray[np.float32]],
    depth: int,
) -> NDArray[np.float32]:
    weight, bias = layer
    out = buffers.get(depth)
    if out is None or len(out) != len(inputs):
        out = buffers[depth] = np.empty((len(inputs), weight.shape[1]), dtype=np.float32)
    np.matmul(inputs, weight, out=out)
    np.add(out, bias, out=out)
    return out
