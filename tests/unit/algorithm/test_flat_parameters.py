"""Weights as views into one flat vector."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.algorithm.flat_parameters import FlatLayout

LAYOUT = FlatLayout([("a", (2, 3)), ("b", (4,)), ("c", (1, 1))])


def test_views_cover_the_vector_once() -> None:
    """Every number belongs to exactly one weight array."""
    flat = np.zeros(LAYOUT.size, np.float32)

    for view in LAYOUT.views(flat).values():
        view[...] += 1

    assert LAYOUT.size == 11
    assert flat.tolist() == [1.0] * 11


def test_views_share_memory() -> None:
    """A write through the vector is seen in the array."""
    flat = np.zeros(LAYOUT.size, np.float32)
    views = LAYOUT.views(flat)

    flat[:] = np.arange(11)

    assert views["b"].tolist() == [6, 7, 8, 9]
    assert views["a"].shape == (2, 3)


@pytest.mark.parametrize("size", [10, 12, 22])
def test_another_size_is_refused(size: int) -> None:
    """Also a strided vector, whose views would be copies."""
    flat = np.zeros(size, np.float32)

    with pytest.raises(ValueError, match="contiguous vector of 11"):
        LAYOUT.views(flat[::2] if size == 22 else flat)
