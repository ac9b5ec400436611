"""A flag that a product of matrices left behind is no warning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.interfaces import discrete
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.floating_point_flags import flags_of_products_ignored
from matinee.algorithm.mlp_gradients import MlpNetwork
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.recurrent_acting import RecurrentActorCritic

PLAIN = NetworkShape(discrete(3, 2), (5,), "tanh", shared_trunk=False)
RECURRENT = NetworkShape(discrete(3, 2), (5,), "tanh", shared_trunk=False, lstm_units=5)
NOTHING_SEEN = np.zeros((1, 3), np.float32)


def endless(shape: NetworkShape) -> NDArray[np.float32]:
    """Weights whose product with 0 sets the flag for sure, as BLAS does by accident."""
    return np.full_like(initial_weights(shape, seed=0), np.inf)


def backward() -> NDArray[np.float32]:
    """Forward and back through a plain network."""
    network = MlpNetwork(PLAIN, endless(PLAIN))
    network.forward(NOTHING_SEEN)
    gradient = endless(PLAIN)
    network.backward(np.zeros((3, 1), np.float32), gradient)
    return gradient


PASSES: dict[str, Callable[[], NDArray[np.float32]]] = {
    "outputs": lambda: NumpyActorCritic(PLAIN, endless(PLAIN)).outputs(NOTHING_SEEN),
    "values": lambda: NumpyActorCritic(PLAIN, endless(PLAIN)).values(NOTHING_SEEN),
    "recurrent outputs": lambda: RecurrentActorCritic(RECURRENT, endless(RECURRENT)).outputs(
        NOTHING_SEEN
    ),
    "recurrent values": lambda: RecurrentActorCritic(RECURRENT, endless(RECURRENT)).values(
        NOTHING_SEEN, np.zeros((1, RECURRENT.state_size), np.float32)
    ),
    "forward": lambda: MlpNetwork(PLAIN, endless(PLAIN)).forward(NOTHING_SEEN)[0],
    "backward": backward,
}


@pytest.mark.parametrize("name", PASSES)
def test_networks_do_not_warn_by_flags(name: str) -> None:
    """Every pass gives its numbers as they are; that they are not finite shows when looked at."""
    with np.errstate(invalid="raise"):
        numbers = PASSES[name]()

    assert not np.isfinite(numbers).all()


def test_everything_else_still_warns() -> None:
    """Only what is decorated is meant: afterwards a flag counts again."""
    zero = np.zeros(1)

    with np.errstate(invalid="raise"):
        assert np.isnan(flags_of_products_ignored(lambda: zero / zero)())
        with pytest.raises(FloatingPointError):
            zero / zero
