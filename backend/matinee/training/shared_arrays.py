"""Arrays in memory that several processes share, and that vanishes with the last of them.

The memory is a file without a name: on Linux a memfd, elsewhere a temporary file that is unlinked
at once. Others get it by its descriptor. However they end, kill -9 included, nothing stays behind,
and nobody has to keep track of segments.
"""

from __future__ import annotations

import math
import mmap
import os
import tempfile
import weakref
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT_BYTES = 64
"""A cache line: arrays that different workers write to don't slow each other down."""


class ArrayPlan(NamedTuple):
    """Type and shape of one array."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size_bytes(self) -> int:
        """Of its numbers."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)


class SharedArrays:
    """Named arrays in one shared memory. Every process that has one sees the same numbers.

    Args:
        plan: What lies in it; the same, in the same order, in every process.
        descriptor: Of memory that another process made, owned from now on; None: make new memory,
            all zeros.
    """

    def __init__(self, plan: Mapping[str, ArrayPlan], *, descriptor: int | None = None) -> None:
        self.plan = dict(plan)
        self._offsets, size_bytes = _offsets(self.plan)
        self.descriptor = _new_descriptor(size_bytes) if descriptor is None else descriptor
        self._release = weakref.finalize(self, os.close, self.descriptor)
        self._mapping = mmap.mmap(self.descriptor, size_bytes)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array itself, not a copy."""
        plan = self.plan[name]
        flat = np.frombuffer(
            self._mapping, plan.dtype, count=math.prod(plan.shape), offset=self._offsets[name]
        )
        return flat.reshape(plan.shape)

    def integers(self, name: str) -> memoryview[int]:
        """A vector of int64, for single numbers: several times faster than through NumPy."""
        return self._bytes_of(name, "int64").cast("q")

    def floats(self, name: str) -> memoryview[float]:
        """A vector of float64, likewise."""
        return self._bytes_of(name, "float64").cast("d")

    def _bytes_of(self, name: str, dtype: str) -> memoryview[int]:
        plan = self.plan[name]
        if plan.dtype != dtype or len(plan.shape) != 1:
            raise ValueError(f"{name} is not a vector of {dtype}")
        start = self._offsets[name]
        return memoryview(self._mapping)[start : start + plan.size_bytes]

    def close(self) -> None:
        """Give the descriptor back. Arrays that are still in use stay valid."""
        self._release()
        self.descriptor = -1


def _offsets(plan: Mapping[str, ArrayPlan]) -> tuple[dict[str, int], int]:
    offsets: dict[str, int] = {}
    end = 0
    for name, array in plan.items():
        offsets[name] = end
        end += -(-array.size_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
    return offsets, max(end, _ALIGNMENT_BYTES)


def _new_descriptor(size_bytes: int) -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("matinee")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size_bytes)
    return descriptor
