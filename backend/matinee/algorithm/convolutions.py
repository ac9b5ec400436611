"""What looks at an image before the hidden layers do: convolutions, each followed by relu.

Images of bytes are divided by 255, or each image is standardised by itself. Torch is loaded when
the first image is looked at and not before: runs on vectors act without it.
"""

from __future__ import annotations

import math
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


class FloatImages:
    """Images as floats, in memory that is used again: fresh pages cost more than the arithmetic.

    One per thread. An image is overwritten by the next call.

    A standardised image, all channels together, is (x - mean)/max(σ, floor), with one step of a
    byte's brightness as the floor. What moves in a game is small and little brighter than the rest,
    which says nothing and is most of the input otherwise. Reference: Ba, Kiros & Hinton 2016 (layer
    normalisation, here of the input and without gain and bias).

    Args:
        channels_last: Whether all channels of a pixel lie side by side. Convolutions go forward and
            back faster on that, but act faster on planes.
        floor: The least σ of an image that is standardised; None: images stay as they are.
    """

    def __init__(self, *, channels_last: bool, floor: float | None) -> None:
        import torch

        self._floor = floor
        self._format = torch.channels_last if channels_last else torch.contiguous_format
        self._buffer = torch.empty((0, 0, 0, 0))

    def __call__(self, images: Tensor) -> Tensor:
        """Shape: (B, channels, height, width), like the result's. B may differ between calls."""
        import torch

        if len(self._buffer) < len(images):
            self._buffer = torch.empty(images.shape, memory_format=self._format)
        floats = self._buffer[: len(images)].copy_(images)
        if self._floor is not None:
            axes = (1, 2, 3)
            floats.sub_(floats.mean(axes, keepdim=True))
            # Torch's own standard deviation takes forty times as long as this.
            norms = torch.linalg.vector_norm(floats, dim=axes, keepdim=True)
            deviations = norms / math.sqrt(floats[0].numel())
            floats.div_(deviations.clamp_min(self._floor))
        return floats


def convolved(
    images: Tensor,
    layers: Sequence[ConvolutionLayer],
    weights: Sequence[tuple[Tensor, Tensor]],
    *,
    largest: float,
    channels_last: bool,
) -> Tensor:
    """What the last layer sees, in a row.

    Args:
        images: Shape: (B, channels, height, width), of float32.
        layers: From the image upwards.
        weights: Of each layer: filters of shape (filters, channels, side, side), and biases.
        largest: What the images' numbers are divided by.
        channels_last: How the images lie in memory.

    Returns:
        Shape: (B, n), of planes in either case.
    """
    import torch

    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    features = images
    for index, (layer, (filters, bias)) in enumerate(zip(layers, weights, strict=True)):
        # W * (x/255) = (W/255) * x: there are fewer weights than pixels.
        scaled = filters / largest if index == 0 and largest != 1.0 else filters
        features = torch.relu_(
            torch.conv2d(
                features, scaled.contiguous(memory_format=memory_format), bias, stride=layer.stride
            )
        )
    return features.flatten(1)


@dataclass(frozen=True)
class ImageScale:
    """How the numbers of images become inputs.

    Attributes:
        largest: What they are divided by.
        floor: The least σ of an image that is standardised; None: it is not.
    """

    largest: float
    floor: float | None


def image_scale(dtype: Literal["float32", "uint8"], *, standardizes: bool) -> ImageScale:
    """For bytes, or for floats, which are taken to lie between 0 and 1."""
    largest = LARGEST_BYTE if dtype == "uint8" else 1.0
    if standardizes:
        return ImageScale(1.0, largest / LARGEST_BYTE)
    return ImageScale(largest, None)


class ImageFeatures:
    """The convolutions of one trunk, without a derivative: for acting. One per thread.

    Args:
        layers: From the image upwards.
        weights: Of each layer, as zero-copy views of the flat weights.
        scale: Of their numbers.
    """

    def __init__(
        self,
        layers: Sequence[ConvolutionLayer],
        weights: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
        *,
        scale: ImageScale,
    ) -> None:
        import torch

        self._layers = layers
        self._weights = [(torch.from_numpy(w), torch.from_numpy(b)) for w, b in weights]
        self._largest = scale.largest
        self._floats = FloatImages(channels_last=False, floor=scale.floor)

    def __call__(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Shapes: (B, channels, height, width) → (B, n)."""
        import torch

        with torch.no_grad():
            seen = self._floats(torch.from_numpy(np.require(images, requirements=("C", "W"))))
            features: NDArray[np.float32] = convolved(
                seen, self._layers, self._weights, largest=self._largest, channels_last=False
            ).numpy()
        return features
