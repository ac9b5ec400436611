"""Choosing actions with NumPy, on zero-copy views of the flat weights.

For nets this small a torch call costs more than its arithmetic: NumPy acts several times faster.
The buffers are reused from step to step, so one object serves one thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.convolutions import ImageFeatures
from matinee.algorithm.distributions import Actions, Floats, new_distribution
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import LOG_STD, NetworkShape

_BYTE_SCALE = np.float32(1.0 / 255.0)

_Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


class NumpyActorCritic:
    """The network's forward pass, for acting and for bootstrap values. One per thread."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        views = shape.layout().views(flat)
        self.distribution = new_distribution(shape.interface.actions, views.get(LOG_STD))

        def layers(trunk: str) -> list[_Layer]:
            return [
                (views[f"{trunk}.{index}.weight"], views[f"{trunk}.{index}.bias"])
                for index in range(len(shape.hidden))
            ]

        def image_features(trunk: str) -> ImageFeatures | None:
            if not shape.convolution_layers:
                return None
            weights = [
                (views[f"{name}.weight"], views[f"{name}.bias"])
                for name in shape.convolution_names(trunk)
            ]
            return ImageFeatures(shape.convolution_layers, weights)

        self._policy_features = image_features(shape.policy_trunk)
        self._value_features = image_features(shape.value_trunk)
        self._size = shape.interface.observation_size
        self._policy_layers = layers(shape.policy_trunk)
        self._value_layers = layers(shape.value_trunk)
        self._policy_head: _Layer = (views["policy.weight"], views["policy.bias"])
        self._value_head: _Layer = (views["value.weight"], views["value.bias"])
        self._relu = shape.activation == "relu"
        self._acting_buffers: dict[int, NDArray[np.float32]] = {}

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

    def outputs(self, observations: NDArray[Any]) -> Floats:
        """What the policy head says: logits or means; shape (N, P). Valid until the next call."""
        return self._forward(
            self._policy_layers,
            self._policy_head,
            self._inputs(observations, self._policy_features),
            self._acting_buffers,
        )

    def values(self, observations: NDArray[Any]) -> Floats:
        """V(s); shape (N,). N may differ from call to call."""
        inputs = self._inputs(observations, self._value_features)
        return self._forward(self._value_layers, self._value_head, inputs, {})[:, 0]

    def _inputs(self, observations: NDArray[Any], image_features: ImageFeatures | None) -> Floats:
        """What the first hidden layer gets; shape (N, n)."""
        if image_features is not None:
            return image_features(observations)
        flat: Floats = observations.reshape(-1, self._size)
        return flat * _BYTE_SCALE if flat.dtype == np.uint8 else flat

    def _forward(
        self,
        hidden: list[_Layer],
        head: _Layer,
        features: Floats,
        buffers: dict[int, NDArray[np.float32]],
    ) -> NDArray[np.float32]:
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
