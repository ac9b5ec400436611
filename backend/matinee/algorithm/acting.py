"""Choosing actions with NumPy, on zero-copy views of the flat weights.

For nets this small a torch call costs more than its arithmetic: NumPy acts several times faster.
The buffers are reused from step to step, so one object serves one thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.convolutions import ImageFeatures
from matinee.algorithm.distributions import Actions, Floats, new_distribution
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.floating_point_flags import flags_of_products_ignored
from matinee.algorithm.networks import LOG_STD, NetworkShape

_BYTE_SCALE = np.float32(1.0 / 255.0)

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
Buffers = dict[int, NDArray[np.float32]]


class ActingNetwork(ABC):
    """A network that says how to act, and the distribution that its outputs are about.

    Args:
        shape: Of the network.
        views: Its weights by name.
    """

    def __init__(self, shape: NetworkShape, views: dict[str, NDArray[np.float32]]) -> None:
        self.distribution = new_distribution(shape.interface.actions, views.get(LOG_STD))
        self._policy_head: Layer = (views["policy.weight"], views["policy.bias"])
        self._value_head: Layer = (views["value.weight"], views["value.bias"])

    @abstractmethod
    def outputs(self, observations: NDArray[Any]) -> Floats:
        """What the policy head says: logits or means; shape (N, P). Valid until the next call."""

    def act(self, observations: NDArray[Any], noise: Floats) -> Actions:
        """Sample an action from the policy for each observation.

        Args:
            observations: Shape: (N, *observation shape).
            noise: As the distribution draws it. Shape: (N, P).

        Returns:
            Shape: (N, K).
        """
        return self.distribution.sample(self.outputs(observations), noise)

    def act_greedily(self, observations: NDArray[Any]) -> Actions:
        """The most probable action for each observation. Shapes as for `act`."""
        return self.distribution.mode(self.outputs(observations))


class NumpyActorCritic(ActingNetwork):
    """The forward pass of a network without recurrence, for acting and for bootstrap values.

    One per thread.
    """

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        views = shape.layout().views(flat)
        super().__init__(shape, views)
        self._policy_layers = HiddenLayers(shape, views, shape.policy_trunk)
        self._value_layers = HiddenLayers(shape, views, shape.value_trunk)
        self._acting_buffers: Buffers = {}

    @flags_of_products_ignored
    def outputs(self, observations: NDArray[Any]) -> Floats:
        """What the policy head says: logits or means; shape (N, P). Valid until the next call."""
        features = self._policy_layers(observations, self._acting_buffers)
        return affine(self._policy_head, features, self._acting_buffers, -1)

    @flags_of_products_ignored
    def values(self, observations: NDArray[Any]) -> Floats:
        """V(s); shape (N,). N may differ from call to call."""
        return affine(self._value_head, self._value_layers(observations, {}), {}, -1)[:, 0]


class HiddenLayers:
    """The convolution, if there is one, and the hidden layers of one trunk.

    Args:
        shape: Of the network.
        views: Its weights by name.
        trunk: Prefix of the names.
    """

    def __init__(
        self, shape: NetworkShape, views: dict[str, NDArray[np.float32]], trunk: str
    ) -> None:
        self._size = shape.interface.observation_size
        self._image_features = (
            ImageFeatures(
                shape.convolution_layers,
                [
                    (views[f"{name}.weight"], views[f"{name}.bias"])
                    for name in shape.convolution_names(trunk)
                ],
                scale=shape.image_scale,
            )
            if shape.convolution_layers
            else None
        )
        self._layers: list[Layer] = [
            (views[f"{trunk}.{index}.weight"], views[f"{trunk}.{index}.bias"])
            for index in range(len(shape.hidden))
        ]
        self._relu = shape.activation == "relu"

    def __call__(self, observations: NDArray[Any], buffers: Buffers) -> Floats:
        """Shape (N, *observation shape) → (N, units of the last layer), written to a buffer."""
        if self._image_features is not None:
            features = self._image_features(observations)
        else:
            features = observations.reshape(-1, self._size)
            if features.dtype == np.uint8:
                features = features * _BYTE_SCALE
        for depth, layer in enumerate(self._layers):
            features = affine(layer, features, buffers, depth)
            if self._relu:
                np.maximum(features, 0.0, out=features)
            else:
                np.tanh(features, out=features)
        return features


def affine(layer: Layer, inputs: Floats, buffers: Buffers, depth: int) -> Floats:
    """Inputs @ weight + bias, written to the buffer of this depth. Shape: (N, outputs)."""
    weight, bias = layer
    out = buffers.get(depth)
    if out is None or len(out) != len(inputs):
        out = buffers[depth] = np.empty((len(inputs), weight.shape[1]), dtype=np.float32)
    np.matmul(inputs, weight, out=out)
    np.add(out, bias, out=out)
    return out
