"""Rows that stay columns of numbers until they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy.typing as npt


class ColumnRows(Sequence[tuple[Any, ...]]):
    """A view of equally long columns as rows, each made when it is asked for.

    As objects of Python a second of episodes takes megabytes, ten times what the columns take, and
    what has taken them once keeps them.

    Args:
        columns: Shape: (N,) each.

    Raises:
        ValueError: they are not equally long.
    """

    def __init__(self, *columns: npt.NDArray[Any]) -> None:
        lengths = {len(column) for column in columns}
        if len(lengths) != 1:
            raise ValueError(f"columns are of one length, not of {sorted(lengths)}")
        self._columns = columns
        (self._length,) = lengths

    def __len__(self) -> int:
        """How many rows."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[Any, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Any, ...] | list[tuple[Any, ...]]:
        """A row, or those of a slice, as numbers of Python."""
        if isinstance(index, slice):
            return list(zip(*(column[index].tolist() for column in self._columns), strict=True))
        return tuple(column[index].item() for column in self._columns)
