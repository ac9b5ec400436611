"""Values that change with the env step: straight, cosine and exponential ramps, and steps.

A ramp holds its first value before it begins and its last value after it ends.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence


def ramp_share(env_step: int, *, start: int, end: int) -> float:
    """How far along a ramp is: 0 up to `start`, 1 from `end` on."""
    if env_step >= end:
        return 1.0
    return max(0.0, (env_step - start) / (end - start))


def linear(share: float, *, first: float, last: float) -> float:
    """A straight line: first + share (last - first)."""
    return first * (1.0 - share) + last * share


def cosine(share: float, *, first: float, last: float) -> float:
    """Half a cosine wave: last + (first - last) (1 + cos(π share)) / 2.

    Reference: Loshchilov & Hutter 2017, equation 5, without restarts.
    """
    return linear((1.0 - math.cos(math.pi * share)) / 2.0, first=first, last=last)


def exponential(share: float, *, first: float, last: float) -> float:
    """The same factor for each env step: first (last/first)^share. Both must be positive."""
    return math.exp(linear(share, first=math.log(first), last=math.log(last)))


def piecewise(env_step: int, *, env_steps: Sequence[int], values: Sequence[float]) -> float:
    """The value of the last point at or before `env_step`; before the first point, its value.

    Args:
        env_step: Where to read.
        env_steps: Where each value begins, ascending.
        values: As many as `env_steps`.
    """
    return values[max(0, bisect.bisect_right(env_steps, env_step) - 1)]
