"""How many weights a network has, without building it: for the server, which has no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

from matinee.contracts.run_spec import Convolution, NetworkSpec

_LSTM_GATES = 4

_LAYERS = MappingProxyType(
    {
        Convolution.NONE: (),
        Convolution.A3C: ((16, 8, 4), (32, 4, 2)),
        Convolution.NATURE: ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
        Convolution.AUTO: ((32, 8, 4), (64, 4, 2), (64, 3, 1)),
    }
)
"""Filters, side and stride of each layer; for images."""


def parameter_count(
    network: NetworkSpec, *, network_input: Sequence[int], outputs: int, is_continuous: bool
) -> int:
    """Weights of trunks and heads.

    Args:
        network: As the spec wants it.
        network_input: (n,) for a vector, (channels, height, width) for an image.
        outputs: Of the policy.
        is_continuous: The policy has a log σ for each of its outputs as well.
    """
    trunks = 1 if network.shared_trunk else 2
    features = network.lstm or network.hidden[-1]
    heads = (features + 1) * outputs + (features + 1) + (outputs if is_continuous else 0)
    return trunks * _trunk(network, network_input) + heads


def _trunk(network: NetworkSpec, network_input: Sequence[int]) -> int:
    count, inputs = 0, math.prod(network_input)
    if len(network_input) > 1:
        channels, height, width = network_input
        for filters, side, stride in _LAYERS[network.convolution]:
            count += filters * (channels * side * side + 1)
            channels = filters
            height, width = ((size - side) // stride + 1 for size in (height, width))
        inputs = channels * height * width
    for units in network.hidden:
        count += (inputs + 1) * units
        inputs = units
    if network.lstm:
        count += (inputs + network.lstm + 1) * _LSTM_GATES * network.lstm
    return count
