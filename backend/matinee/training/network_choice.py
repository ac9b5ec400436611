"""Which network a run trains: what its spec wants, for what its environment shows."""

from __future__ import annotations

from typing import assert_never

from matinee.algorithm.convolutions import ConvolutionName
from matinee.algorithm.networks import NetworkShape
from matinee.contracts.agent_interface import AgentInterface
from matinee.contracts.run_spec import Convolution, NetworkSpec
from matinee.errors import InvalidInputError


def network_shape(
    spec: NetworkSpec, interface: AgentInterface, *, normalizes: bool = False
) -> NetworkShape:
    """The network for an environment.

    Args:
        spec: What is wanted.
        interface: What the environment shows and takes.
        normalizes: Whether observations are to be normalised. For images the network does that.

    Raises:
        InvalidInputError: if a convolution is wanted for what is no image, or images are to be
            normalised without one.
    """
    convolution = _convolution(spec.convolution, interface)
    standardizes_images = normalizes and len(interface.observation_shape) > 1
    if standardizes_images and convolution == "none":
        raise InvalidInputError(
            "images are normalised for a convolution only: set normalize_observations to false, or "
            "let the network have a convolution"
        )
    return NetworkShape(
        interface=interface,
        hidden=tuple(spec.hidden),
        activation=spec.activation.value,
        shared_trunk=spec.shared_trunk,
        log_std_init=spec.log_std_init,
        convolution=convolution,
        lstm_units=spec.lstm or 0,
        standardizes_images=standardizes_images,
    )


def _convolution(wanted: Convolution, interface: AgentInterface) -> ConvolutionName:
    is_image = len(interface.observation_shape) > 1
    match wanted:
        case Convolution.AUTO:
            return "nature" if is_image else "none"
        case Convolution.NONE:
            return "none"
        case Convolution.A3C | Convolution.NATURE:
            if not is_image:
                raise InvalidInputError(
                    f"convolution {wanted.value!r} is for images, and these observations are none; "
                    "allowed: auto or none"
                )
            return "a3c" if wanted is Convolution.A3C else "nature"
        case _:
            assert_never(wanted)
