"""Observations of any kind of space become one array: a flat vector, or an image.

* Box: its numbers, in a row. A Box of bytes is divided by its upper bounds (255 for pictures).
* Box with two or three axes, whose picture is at least `SMALLEST_IMAGE_SIDE` high and wide: an
  image (channels, height, width), bytes kept as bytes. Smaller ones are vectors: the convolutions
  here would leave nothing of them.
* Discrete, MultiDiscrete: one-hot, one number for each value. MultiBinary: its bits.
* Dict, Tuple: their parts one after the other, as `gymnasium.spaces.flatten` orders them.
* Text within a Dict or Tuple is left out: it has no fixed size, and these networks learn nothing
  from character codes. What an environment says only there is lost: MiniGrid's mission is the same
  in every episode of most of its tasks, but not of all. `unseen_parts` names it, for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from matinee.contracts.policy_file import ObservationCoding, ObservationPart

SMALLEST_IMAGE_SIDE = 36
"""What the deepest convolution here needs: 8x8 with stride 4, 4x4 with stride 2, 3x3."""

LARGEST_OBSERVATION = 2**22
"""Numbers; a one-hot code of a huge Discrete space would fill the memory."""

_TWO_AXES = 2
_THREE_AXES = 3


class ObservationEncoder(Protocol):
    """Writes observations of one space as the learner sees them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one observation: (n,) or (channels, height, width)."""

    @property
    def dtype(self) -> Literal["float32", "uint8"]:
        """uint8 for images of bytes alone."""

    def write(self, observation: Any, out: NDArray[Any]) -> None:
        """Write observations into `out`.

        Args:
            observation: One observation of the space, or a batch in gymnasium's layout.
            out: Shape (*shape) for one, (N, *shape) for a batch.
        """

    def batch(self, observations: Any, count: int) -> NDArray[Any]:
        """A batch as one array (N, *shape); a view of what was given where nothing changes."""

    def describe(self) -> ObservationCoding:
        """The same for who plays the policy elsewhere."""


def observation_encoder(space: gymnasium.Space[Any]) -> ObservationEncoder:
    """The encoder for a space that has no `observation_problem`."""
    if isinstance(space, spaces.Box):
        axis = _channel_axis(space)
        if axis is not None:
            return _Image(space, axis)
    return _Vector(space)


def observation_problem(space: gymnasium.Space[Any]) -> str | None:
    """Why nothing here can learn from such observations, for people; None if it can."""
    size = 0
    for place, leaf in _leaves(space, "observations"):
        if _is_text(leaf) and leaf is not space:
            continue
        if not isinstance(leaf, _Leaf):
            return (
                f"{place} are {type(leaf).__name__}; Box, Discrete, MultiDiscrete, MultiBinary, "
                "or a Dict or Tuple of these, is needed"
            )
        if isinstance(leaf, spaces.Box) and leaf.dtype.kind == "c":
            return f"{place} are complex numbers"
        size += _size(leaf)
    if size == 0:
        unseen = unseen_parts(space)
        if unseen:
            return f"nothing of {space} can be learned from: {', '.join(unseen)} would be left out"
        return f"observations are empty: {space}"
    if size > LARGEST_OBSERVATION:
        return (
            f"observations would be {size:,} numbers for the network; "
            f"at most {LARGEST_OBSERVATION:,} are allowed"
        )
    return None


def unseen_parts(space: gymnasium.Space[Any]) -> tuple[str, ...]:
    """What is left out of such observations, each with where it is and what it is, for people."""
    return tuple(
        f"{place} ({type(leaf).__name__})"
        for place, leaf in _leaves(space, "observations")
        if _is_text(leaf)
    )


_Leaf = spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary


def _is_text(space: gymnasium.Space[Any]) -> bool:
    """Gymnasium's Text, and spaces of strings like MiniGrid's missions."""
    return isinstance(space, spaces.Text) or (space.dtype is not None and space.dtype.kind == "U")


def _leaves(space: gymnasium.Space[Any], place: str) -> Iterator[tuple[str, gymnasium.Space[Any]]]:
    """The parts that are no Dict or Tuple, each with where it is, for people."""
    if isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _leaves(part, f"{place}[{key!r}]")
    elif isinstance(space, spaces.Tuple):
        for index, part in enumerate(space.spaces):
            yield from _leaves(part, f"{place}[{index}]")
    else:
        yield place, space


def _size(leaf: _Leaf) -> int:
    """Numbers in a leaf's code."""
    match leaf:
        case spaces.Discrete():
            return int(leaf.n)
        case spaces.MultiDiscrete():
            return int(leaf.nvec.sum())
        case _:
            return math.prod(leaf.shape)


def _channel_axis(space: spaces.Box) -> int | None:
    """Where an image's channels are: -1, 0, or 2 for none at all; None: it is no image.

    The shorter one of the first and the last axis; the last if they are equally long, as
    gymnasium's pictures are (height, width, channels).
    """
    shape = space.shape
    if len(shape) == _TWO_AXES and space.dtype == np.uint8:
        return _TWO_AXES if min(shape) >= SMALLEST_IMAGE_SIDE else None
    if len(shape) != _THREE_AXES:
        return None
    axis = 0 if shape[0] < shape[-1] else -1
    sides = shape[1:] if axis == 0 else shape[:-1]
    return axis if min(sides) >= SMALLEST_IMAGE_SIDE else None


class _Image:
    """A picture; bytes stay bytes, everything else becomes float32."""

    def __init__(self, space: spaces.Box, channel_axis: int) -> None:
        self._channel_axis = channel_axis
        self.dtype: Literal["float32", "uint8"] = "uint8" if space.dtype == np.uint8 else "float32"
        self.shape = self._channels_first(np.empty(space.shape, np.uint8)).shape

    def write(self, observation: Any, out: NDArray[Any]) -> None:
        out[...] = self._channels_first(np.asarray(observation))

    def batch(self, observations: Any, count: int) -> NDArray[Any]:
        del count
        return np.ascontiguousarray(self._channels_first(np.asarray(observations)), self.dtype)

    def describe(self) -> ObservationCoding:
        return ObservationCoding(kind="image", channel_axis=self._channel_axis)

    def _channels_first(self, images: NDArray[Any]) -> NDArray[Any]:
        match self._channel_axis:
            case 0:
                return images
            case -1:
                return np.moveaxis(images, -1, -3)
            case _:
                return images[..., None, :, :]


@dataclass(frozen=True)
class _Part:
    """Where a leaf's code stands in the vector.

    Attributes:
        path: Keys and indices from the whole observation to the leaf.
        numbers: Slice of the vector.
        factor: What bytes are multiplied by; None: nothing.
        first_values: Of each choice of a (Multi)Discrete; None: numbers as they are.
        choices: Number of values of each choice.
    """

    path: tuple[str | int, ...]
    numbers: slice
    factor: NDArray[np.float32] | None
    first_values: tuple[int, ...] | None = None
    choices: tuple[int, ...] = ()


class _Vector:
    """Numbers in a row."""

    dtype: Literal["float32", "uint8"] = "float32"

    def __init__(self, space: gymnasium.Space[Any]) -> None:
        self._parts = tuple(_parts(space, ()))
        self.shape = (self._parts[-1].numbers.stop,)
        only = self._parts[0]
        self._is_plain = (
            len(self._parts) == 1
            and not only.path
            and only.factor is None
            and only.first_values is None
        )
        """A Box of numbers: by far the most frequent, and worth a short way."""

    def write(self, observation: Any, out: NDArray[Any]) -> None:
        if self._is_plain:
            out[...] = np.asarray(observation).reshape(out.shape)
            return
        for part in self._parts:
            value = observation
            for key in part.path:
                value = value[key]
            _write(part, np.asarray(value), out[..., part.numbers])

    def batch(self, observations: Any, count: int) -> NDArray[Any]:
        if self._is_plain:
            return np.asarray(observations, np.float32).reshape(count, -1)
        out = np.empty((count, *self.shape), np.float32)
        self.write(observations, out)
        return out

    def describe(self) -> ObservationCoding:
        return ObservationCoding(
            kind="vector",
            parts=[
                ObservationPart(
                    path=list(part.path),
                    start=part.numbers.start,
                    stop=part.numbers.stop,
                    factors=None if part.factor is None else part.factor.tolist(),
                    first_values=None if part.first_values is None else list(part.first_values),
                    choices=list(part.choices),
                )
                for part in self._parts
            ],
        )


def _parts(
    space: gymnasium.Space[Any], path: tuple[str | int, ...], begin: int = 0
) -> Iterator[_Part]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        members = (
            space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        )
        for key, member in members:
            for part in _parts(member, (*path, key), begin):
                yield part
                begin = part.numbers.stop
    elif isinstance(space, _Leaf):
        yield _part(space, path, slice(begin, begin + _size(space)))
    # What is left is Text, which is left out.


def _part(leaf: _Leaf, path: tuple[str | int, ...], numbers: slice) -> _Part:
    match leaf:
        case spaces.Discrete():
            return _Part(path, numbers, None, (int(leaf.start),), (int(leaf.n),))
        case spaces.MultiDiscrete():
            return _Part(
                path,
                numbers,
                None,
                tuple(int(value) for value in leaf.start.ravel()),
                tuple(int(count) for count in leaf.nvec.ravel()),
            )
        case spaces.Box() if leaf.dtype == np.uint8:
            return _Part(path, numbers, (1.0 / np.maximum(leaf.high, 1)).ravel().astype(np.float32))
        case _:
            return _Part(path, numbers, None)


def _write(part: _Part, value: NDArray[Any], out: NDArray[Any]) -> None:
    if part.first_values is None:
        numbers = value.reshape(out.shape)
        if part.factor is None:
            out[...] = numbers
        else:
            np.multiply(numbers, part.factor, out=out)
        return
    choices = value.reshape(*out.shape[:-1], len(part.choices))
    begin = 0
    for index, (first, count) in enumerate(zip(part.first_values, part.choices, strict=True)):
        codes = np.arange(first, first + count)
        out[..., begin : begin + count] = choices[..., index, None] == codes
        begin += count
