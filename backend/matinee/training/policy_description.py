"""What plays a trained policy elsewhere, in words that need nothing of Matinee."""

from __future__ import annotations

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.agent_interface import CategoricalActions
from matinee.contracts.policy_file import (
    ConvolutionFile,
    MakingFile,
    NetworkFile,
    NormalizationFile,
    PolicyFile,
    SpaceCoding,
    WeightArray,
)
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.normalization import CLIP, EPSILON


def describe_policy(
    environment: EnvironmentSpec,
    shape: NetworkShape,
    coding: SpaceCoding | None,
    *,
    normalizes: bool,
    making: MakingFile | None = None,
) -> PolicyFile:
    """The description of a network's policy.

    Args:
        environment: That it was trained in.
        shape: Of the network.
        coding: Of the environment's spaces; None: a game of the ALE.
        normalizes: Whether observations are normalised before the network sees them.
        making: How the environment is made where there is no Matinee; None: that is not told.
    """
    actions = shape.interface.actions
    # Vectors of bytes don't reach the network: their coding has made numbers of them.
    is_bytes = shape.interface.observation_dtype == "uint8"
    scale = shape.image_scale
    return PolicyFile(
        environment_id=environment.id,
        environment_kwargs=environment.kwargs,
        making=making,
        coding=coding,
        normalization=NormalizationFile(clip=CLIP, epsilon=EPSILON) if normalizes else None,
        network=NetworkFile(
            observation_shape=list(shape.interface.observation_shape),
            divisor=scale.largest if shape.convolution_layers or is_bytes else 1.0,
            standard_floor=scale.floor if shape.convolution_layers else None,
            convolutions=[
                ConvolutionFile(side=layer.side, stride=layer.stride)
                for layer in shape.convolution_layers
            ],
            hidden_layers=len(shape.hidden),
            activation=shape.activation,
            lstm_units=shape.lstm_units,
            trunk=shape.policy_trunk,
        ),
        branches=list(actions.branches) if isinstance(actions, CategoricalActions) else None,
        arrays={
            slot.name: WeightArray(start=slot.start, stop=slot.stop, shape=list(slot.shape))
            for slot in shape.layout().slots
        },
    )
