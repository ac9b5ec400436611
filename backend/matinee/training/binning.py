"""Values into histograms whose bins are powers of two wide."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.histograms import MAX_BINS, Histogram

FINEST_EXPONENT = -10
"""Bins are at least 2^-10 wide: finer than any chart shows."""
_EXACT_BITS = 53
"""Bins of large values are wide enough for their numbers to be exact, also as floats."""


def binned(values: NDArray[np.floating | np.integer]) -> Histogram | None:
    """Count values in the narrowest bins of which `MAX_BINS` are enough.

    Whole numbers get bins of width 1 or more, so that each value has a bin of its own.

    Args:
        values: NaN and infinity are left out. Shape: (N,).

    Returns:
        None if there is nothing to count.
    """
    whole = np.issubdtype(values.dtype, np.integer)
    finite = values.astype(np.float64)
    finite = finite[np.isfinite(finite)]
    if len(finite) == 0:
        return None
    low, high = float(finite.min()), float(finite.max())
    exponent = 0 if whole or float(np.ptp(finite)) == 0.0 else FINEST_EXPONENT
    if high > low:
        exponent = max(exponent, math.floor(math.log2((high - low) / MAX_BINS)))
    exponent = max(exponent, math.frexp(max(abs(low), abs(high)))[1] - _EXACT_BITS)
    while _bins(low, high, exponent) > MAX_BINS:
        exponent += 1
    first = math.floor(low / 2.0**exponent)
    indices = np.floor(finite / 2.0**exponent).astype(np.int64) - first
    return Histogram(exponent, first, tuple(np.bincount(indices).astype(float).tolist()))


def _bins(low: float, high: float, exponent: int) -> int:
    width = 2.0**exponent
    return math.floor(high / width) - math.floor(low / width) + 1
