"""How many weights a network has, without building it."""

from __future__ import annotations

import itertools

import pytest

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions, GaussianActions
from matinee.contracts.network_size import parameter_count
from matinee.contracts.run_spec import Convolution, NetworkSpec
from matinee.training.network_choice import network_shape

IMAGES = ((4, 84, 84), (1, 36, 36), (3, 40, 60))
VECTORS = ((4,), (17,))


@pytest.mark.parametrize(
    ("shape", "convolution"),
    [
        *itertools.product(IMAGES, Convolution),
        *itertools.product(VECTORS, (Convolution.AUTO, Convolution.NONE)),
    ],
)
def test_it_is_that_of_the_network(shape: tuple[int, ...], convolution: Convolution) -> None:
    """For every kind of input, layers, trunks, memory and actions: exactly what is built."""
    for hidden, lstm, is_shared, is_continuous in itertools.product(
        ([8], [16, 4]), (None, 5), (True, False), (True, False)
    ):
        network = NetworkSpec(
            hidden=hidden, lstm=lstm, shared_trunk=is_shared, convolution=convolution
        )
        actions = GaussianActions(3) if is_continuous else CategoricalActions((2, 4))
        built = network_shape(network, AgentInterface(shape, "float32", actions))
        counted = parameter_count(
            network,
            network_input=shape,
            outputs=built.policy_outputs,
            is_continuous=is_continuous,
        )
        assert counted == built.layout().size
