"""The derivative by hand is autograd's."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.interfaces import discrete
from matinee.algorithm.mlp_gradients import MlpNetwork
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.torch_gradients import TorchNetwork
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions


def both(
    shape: NetworkShape, observations: NDArray[Any]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]]:
    """Outputs, values and one gradient, by hand and by autograd."""
    generator = np.random.default_rng(3)
    flat = initial_weights(shape, seed=0)
    flat += generator.normal(scale=0.3, size=flat.size).astype(np.float32)
    heads = generator.normal(size=(shape.policy_outputs + 1, len(observations)))
    results = []
    for network in (MlpNetwork(shape, flat), TorchNetwork(shape, flat)):
        outputs, values = network.forward(observations)
        gradient = np.full_like(flat, np.nan)
        kept = outputs.copy(), values.copy()
        network.backward(heads.astype(np.float32), gradient)
        results.append((*kept, gradient))
    return results


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("hidden", [(5,), (7, 3), (4, 4, 4)])
def test_it_equals_autograd(
    hidden: tuple[int, ...], activation: Literal["tanh", "relu"], *, shared_trunk: bool
) -> None:
    """Outputs, values and every partial derivative, for every kind of trunk."""
    shape = NetworkShape(discrete(3, 2, 3), hidden, activation, shared_trunk)
    seen = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)

    ours, theirs = both(shape, seen)

    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)


def test_bytes_are_flattened_and_divided_by_255() -> None:
    """An image without a convolution is a vector of shares."""
    image = AgentInterface((1, 2, 3), "uint8", CategoricalActions((2,)))
    shape = NetworkShape(image, (4,), "tanh", shared_trunk=True)
    seen = np.random.default_rng(1).integers(256, size=(9, 1, 2, 3)).astype(np.uint8)

    ours, theirs = both(shape, seen)

    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)


def test_batches_of_any_size_may_follow_each_other() -> None:
    """Buffers that were made for a large batch serve a small one and the other way round."""
    shape = NetworkShape(discrete(3, 2), (5,), "tanh", shared_trunk=False)
    flat = initial_weights(shape, seed=0)
    seen = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    kept = MlpNetwork(shape, flat)

    for count in (10, 40, 1, 40):
        gradient, expected = np.empty_like(flat), np.empty_like(flat)
        for network, out in ((kept, gradient), (MlpNetwork(shape, flat), expected)):
            network.forward(seen[:count])
            network.backward(np.ones((3, count), np.float32), out)
        np.testing.assert_array_equal(gradient, expected)
