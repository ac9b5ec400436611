"""Whether what is sampled over minutes grows.

Two slopes of lines through the samples: without the first fifth, in which caches fill, and of the
second half alone, in which what fills a heap at first has come to rest and a leak has not. Where it
began and ended are medians of a twentieth, as one sample may be any moment of a saw's tooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

WARM_UP_SHARE = 0.2
END_SHARE = 0.05
SECONDS_PER_HOUR = 3600.0
FEWEST_FOR_A_SLOPE = 3
GROWTH_HEAD = "| | after warm-up | at the end | most | per hour | in the second half |"

_T = TypeVar("_T")


def slope_per_hour(seconds: Sequence[float], values: Sequence[float]) -> float:
    """Of the least-squares line."""
    slope = np.polynomial.Polynomial.fit(seconds, values, deg=1).convert().coef
    return float(slope[1]) * SECONDS_PER_HOUR if len(slope) > 1 else 0.0


def settled(samples: Sequence[_T]) -> list[_T]:
    """Without the first fifth."""
    return list(samples[int(len(samples) * WARM_UP_SHARE) :])


def second_half(samples: Sequence[_T]) -> list[_T]:
    """The later ones."""
    return list(samples[len(samples) // 2 :])


def growth_row(words: str, seconds: Sequence[float], values: Sequence[float]) -> str:
    """Of a table below `GROWTH_HEAD`."""
    steady = settled(values)
    few = math.ceil(len(steady) * END_SHARE)
    ends = (float(np.median(part)) for part in (steady[:few], steady[-few:]))
    cells = [f"{each:.1f}" for each in (*ends, max(steady))]
    for part in (settled, second_half):
        own = part(values)
        is_line = len(own) >= FEWEST_FOR_A_SLOPE
        cells.append(f"{slope_per_hour(part(seconds), own):+.2f}" if is_line else "–")
    return f"| {words} | {' | '.join(cells)} |"
