"""The network in torch."""

from __future__ import annotations

import numpy as np

from fakes.interfaces import discrete
from matinee.algorithm.networks import LOG_STD, NetworkShape, initial_weights
from matinee.algorithm.torch_gradients import TorchNetwork
from matinee.contracts.agent_interface import AgentInterface, GaussianActions

SHAPE = NetworkShape(discrete(3, 2), (5,), "tanh", shared_trunk=True)


def test_it_follows_the_weights_without_a_copy() -> None:
    """A pull into the flat vector is all it takes to learn at new weights."""
    flat = initial_weights(SHAPE, seed=0)
    network = TorchNetwork(SHAPE, flat)
    seen = np.ones((1, 3), np.float32)
    before, _ = network.forward(seen)

    flat[:] = initial_weights(SHAPE, seed=1)

    after, _ = network.forward(seen)
    assert not np.array_equal(after, before)


def test_the_spread_of_a_gaussian_is_not_its_business() -> None:
    """It writes the derivative by every weight but log σ, which the distribution knows."""
    interface = AgentInterface((3,), "float32", GaussianActions(2))
    shape = NetworkShape(interface, (5,), "tanh", shared_trunk=True)
    flat = initial_weights(shape, seed=0)
    network = TorchNetwork(shape, flat)
    gradient = np.full_like(flat, np.nan)

    network.forward(np.ones((4, 3), np.float32))
    network.backward(np.ones((3, 4), np.float32), gradient)

    views = shape.layout().views(gradient)
    assert {name for name, view in views.items() if np.isnan(view).any()} == {LOG_STD}
