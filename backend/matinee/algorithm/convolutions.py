"""What looks at an image before the hidden layers do: convolutions, each followed by relu.

Images of bytes are divided by 255. Torch is loaded when the first image
is looked at and not before: runs on vectors act without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

ConvolutionName = Literal["none", "a3c", "nature"]

LARGEST_BYTE = 255.0

IMAGE_AXES = 3
"""Channels, height and width."""


@dataclass(frozen=True)
class ConvolutionLayer:
    """Square filters without padding."""

    filters: int
    side: int
    stride: int


CONVOLUTIONS: Mapping[ConvolutionName, tuple[ConvolutionLayer, ...]] = MappingProxyType(
    {
        "none": (),
        "a3c": (ConvolutionLayer(16, 8, 4), ConvolutionLayer(32, 4, 2)),
        "nature": (
            ConvolutionLayer(32, 8, 4),
            ConvolutionLayer(64, 4, 2),
            ConvolutionLayer(64, 3, 1),
        ),
    }
)
"""References: Mnih et al. 2016, section 8 of the supplement; Mnih et al. 2015, Methods."""


def sizes_after(
    image: tuple[int, ...], layers: Sequence[ConvolutionLayer]
) -> list[tuple[int, int, int]]:
    """Shape of the image after each layer: n' = (n - side)/stride + 1, rounded down.

    Args:
        image: (channels, height, width).
        layers: From the image upwards.

    Raises:
        ValueError: if it is no image, or too small for one of the layers.
    """
    if len(image) != IMAGE_AXES:
        raise ValueError(f"observations of shape {image} are no images: no convolution fits")
    _, height, width = image
    shapes: list[tuple[int, int, int]] = []
    for layer in layers:
        height, width = ((n - layer.side) // layer.stride + 1 for n in (height, width))
        if min(height, width) < 1:
            raise ValueError(f"an image of shape {image} is too small for this convolution")
        shapes.append((layer.filters, height, width))
    return shapes


def convolved(
    images: Tensor, layers: Sequence[ConvolutionLayer], weights: Sequence[tuple[Tensor, Tensor]]
) -> Tensor:
    """What the last layer sees, in a row.

    Args:
        images: Shape: (B, channels, height, width), of bytes or of float32.
        layers: From the image upwards.
        weights: Of each layer: filters of shape (filters, channels, side, side), and biases.

    Returns:
        Shape: (B, n).
    """
    import torch

    features = images.float() / LARGEST_BYTE if images.dtype == torch.uint8 else images
    for layer, (filters, bias) in zip(layers, weights, strict=True):
        features = torch.relu(torch.conv2d(features, filters, bias, stride=layer.stride))
    return features.flatten(1)


class ImageFeatures:
    """The convolutions of one trunk, without a derivative: for acting. One per thread.

    Args:
        layers: From the image upwards.
        weights: Of each layer, as zero-copy views of the flat weights.
    """

    def __init__(
        self,
        layers: Sequence[ConvolutionLayer],
        weights: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    ) -> None:
        import torch

        self._layers = layers
        self._weights = [(torch.from_numpy(w), torch.from_numpy(b)) for w, b in weights]

    def __call__(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Shapes: (B, channels, height, width) → (B, n)."""
        import torch

        with torch.no_grad():
            seen = torch.from_numpy(np.require(images, requirements=("C", "W")))
            features: NDArray[np.float32] = convolved(seen, self._layers, self._weights).numpy()
        return features
