"""Which network a run trains."""

from __future__ import annotations

import pytest

from fakes.interfaces import discrete
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions
from matinee.contracts.run_spec import Convolution, NetworkSpec
from matinee.errors import InvalidInputError
from matinee.training.network_choice import network_shape

VECTOR = discrete(4, 2)
IMAGE = AgentInterface((4, 84, 84), "uint8", CategoricalActions((6,)))


@pytest.mark.parametrize(
    ("wanted", "interface", "expected"),
    [
        ("auto", VECTOR, "none"),
        ("none", VECTOR, "none"),
        ("auto", IMAGE, "nature"),
        ("none", IMAGE, "none"),
        ("a3c", IMAGE, "a3c"),
        ("nature", IMAGE, "nature"),
    ],
)
def test_images_get_a_convolution(wanted: str, interface: AgentInterface, expected: str) -> None:
    """Nature's unless another is wanted, or none."""
    spec = NetworkSpec(convolution=Convolution(wanted))

    assert network_shape(spec, interface).convolution == expected


def test_a_convolution_needs_an_image() -> None:
    """Four numbers have no neighbours."""
    with pytest.raises(InvalidInputError, match="'nature' is for images"):
        network_shape(NetworkSpec(convolution=Convolution.NATURE), VECTOR)


def test_the_network_normalises_images() -> None:
    """Each by itself, so there are no statistics; without a convolution nothing could do it."""
    assert network_shape(NetworkSpec(), IMAGE, normalizes=True).standardizes_images
    assert not network_shape(NetworkSpec(), IMAGE).standardizes_images
    assert not network_shape(NetworkSpec(), VECTOR, normalizes=True).standardizes_images
    with pytest.raises(InvalidInputError, match="normalised for a convolution only"):
        network_shape(NetworkSpec(convolution=Convolution.NONE), IMAGE, normalizes=True)


def test_everything_else_is_as_the_spec_says() -> None:
    """Layers, activation, trunks, first spread of continuous actions."""
    spec = NetworkSpec(hidden=[5, 6], shared_trunk=False, log_std_init=-1.5, lstm=7)
    shape = network_shape(spec, VECTOR)

    assert shape.hidden == (5, 6)
    assert shape.activation == "tanh"
    assert not shape.shared_trunk
    assert shape.log_std_init == -1.5
    assert shape.lstm_units == 7
