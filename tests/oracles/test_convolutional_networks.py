"""Convolutional networks against a slow NumPy transcription and its finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.convolutions import CONVOLUTIONS, ConvolutionName
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.torch_gradients import TorchNetwork
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions

SIDE, CHANNELS, ACTIONS, BATCH = 36, 2, 3, 2
DIRECTIONS = 5

Doubles = NDArray[np.float64]


def network(convolution: ConvolutionName, *, shared_trunk: bool) -> NetworkShape:
    """On small byte images."""
    image = AgentInterface((CHANNELS, SIDE, SIDE), "uint8", CategoricalActions((ACTIONS,)))
    return NetworkShape(image, (6,), "tanh", shared_trunk, convolution=convolution)


def some_images() -> NDArray[np.uint8]:
    """Noise."""
    return np.random.default_rng(3).integers(
        256, size=(BATCH, CHANNELS, SIDE, SIDE), dtype=np.uint8
    )


def slow_heads(shape: NetworkShape, flat: Doubles, images: NDArray[np.uint8]) -> Doubles:
    """Logits and, last, the value; kernel by kernel. Shape: (BATCH, ACTIONS + 1)."""
    views = {s.name: flat[s.start : s.stop].reshape(s.shape) for s in shape.layout().slots}

    def features(trunk: str) -> Doubles:
        x: Doubles = images / 255.0
        for index, layer in enumerate(CONVOLUTIONS[shape.convolution]):
            weight = views[f"{trunk}.convolution.{index}.weight"]
            side = (x.shape[2] - layer.side) // layer.stride + 1
            y = np.empty((len(x), layer.filters, side, side))
            for row in range(side):
                for column in range(side):
                    top, left = row * layer.stride, column * layer.stride
                    patch = x[:, :, top : top + layer.side, left : left + layer.side]
                    y[:, :, row, column] = np.tensordot(patch, weight, axes=((1, 2, 3), (1, 2, 3)))
            x = np.maximum(y + views[f"{trunk}.convolution.{index}.bias"][:, None, None], 0.0)
        hidden: Doubles = np.tanh(
            x.reshape(len(x), -1) @ views[f"{trunk}.0.weight"] + views[f"{trunk}.0.bias"]
        )
        return hidden

    logits = features(shape.policy_trunk) @ views["policy.weight"] + views["policy.bias"]
    values = features(shape.value_trunk) @ views["value.weight"] + views["value.bias"]
    return np.concatenate([logits, values], axis=1)


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize("convolution", ["a3c", "nature"])
def test_forward_and_backward(convolution: ConvolutionName, *, shared_trunk: bool) -> None:
    """Learner and actor say what the transcription says, and the gradient is its slope."""
    shape = network(convolution, shared_trunk=shared_trunk)
    flat: FloatVector = initial_weights(shape, seed=4)
    generator = np.random.default_rng(6)
    flat += generator.normal(scale=0.05, size=flat.size).astype(np.float32)
    images = some_images()
    by_heads = generator.normal(size=(ACTIONS + 1, BATCH)).astype(np.float32)
    learner, actor = TorchNetwork(shape, flat), NumpyActorCritic(shape, flat)
    gradient = np.full_like(flat, np.nan)

    outputs, values = learner.forward(images)
    learner.backward(by_heads, gradient)

    expected = slow_heads(shape, flat.astype(np.float64), images)
    assert pytest.approx(expected[:, :-1], abs=1e-4) == outputs.T
    assert values == pytest.approx(expected[:, -1], abs=1e-4)
    assert actor.outputs(images) == pytest.approx(expected[:, :-1], abs=1e-4)
    assert actor.values(images) == pytest.approx(expected[:, -1], abs=1e-4)

    def loss(weights: Doubles) -> float:
        return float((slow_heads(shape, weights, images) * by_heads.T).sum())

    step = 1e-6
    for _ in range(DIRECTIONS):
        direction = generator.normal(size=flat.size)
        up, down = flat + step * direction, flat - step * direction
        slope = (loss(up) - loss(down)) / (2.0 * step)
        assert float(gradient @ direction) == pytest.approx(slope, rel=1e-3)
