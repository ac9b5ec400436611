"""Who acts on a network's weights: the fastest forward pass for its shape."""

from __future__ import annotations

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.recurrent_acting import RecurrentActorCritic

ActorCritic = NumpyActorCritic | RecurrentActorCritic


def new_policy(shape: NetworkShape, flat: FloatVector) -> ActorCritic:
    """One for each thread that acts.

    Args:
        shape: Of the network.
        flat: Its weights, changed by their owner between calls. Shape: (size,).
    """
    return (RecurrentActorCritic if shape.lstm_units else NumpyActorCritic)(shape, flat)
