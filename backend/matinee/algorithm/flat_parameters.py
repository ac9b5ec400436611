"""All weights of a network as views into one flat vector.

A pull from the shared weights is one copy and a push a handful of in-place vector operations,
whatever the depth of the network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float32]


@dataclass(frozen=True)
class ParameterSlot:
    """Where one weight array lies in the flat vector: `flat[start:stop].reshape(shape)`."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int


class FlatLayout:
    """The order and shapes of a network's weight arrays inside one vector."""

    def __init__(self, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> None:
        slots: list[ParameterSlot] = []
        start = 0
        for name, shape in shapes:
            stop = start + math.prod(shape)
            slots.append(ParameterSlot(name=name, shape=shape, start=start, stop=stop))
            start = stop
        self.slots = tuple(slots)
        self.size = start

    def views(self, flat: FloatVector) -> dict[str, NDArray[np.float32]]:
        """The named arrays, each sharing memory with `flat`.

        Args:
            flat: Shape: (size,). Contiguous, or the views would be copies.

        Raises:
            ValueError: if `flat` is not a contiguous vector of `size` numbers.
        """
        if flat.shape != (self.size,) or not flat.flags.c_contiguous:
            raise ValueError(
                f"expected a contiguous vector of {self.size} numbers, not shape {flat.shape}"
            )
        return {slot.name: flat[slot.start : slot.stop].reshape(slot.shape) for slot in self.slots}
