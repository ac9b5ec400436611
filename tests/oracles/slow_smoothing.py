"""TensorBoard's debiased average, one value after the other, as its formula is written."""

from __future__ import annotations

import math
from collections.abc import Sequence


def debiased(values: Sequence[float], smoothing: float) -> list[float]:
    """l_n = s l_{n-1} + (1-s) x_n, y_n = l_n / (1 - s^n), l_0 = 0; gaps pass through."""
    last, count, smoothed = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            smoothed.append(value)
            continue
        last = smoothing * last + (1 - smoothing) * value
        count += 1
        smoothed.append(last / (1 - smoothing**count))
    return smoothed
