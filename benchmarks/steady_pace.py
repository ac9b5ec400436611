"""The speed of a training from samples, once what its start has set going is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Sample:
    """How far a training had come.

    Attributes:
        seconds: Of training.
        env_steps: Until then.
        cores: Kept busy by its process, on average since the sample before.
    """

    seconds: float
    env_steps: float
    cores: float


@dataclass(frozen=True)
class Pace:
    """Of one training.

    Attributes:
        per_s: Env steps a second.
        cores: Kept busy by its process.
    """

    per_s: float
    cores: float


def steady_pace(samples: Iterable[Sample], *, from_s: float) -> Pace:
    """The mean over the time from the first sample at `from_s` or later to the last one.

    Samples come at unequal intervals: each counts for as long as it was measured.

    Raises:
        ValueError: there are not two samples in that time.
    """
    found = [each for each in samples if each.seconds >= from_s]
    if len(found) < 2:
        raise ValueError(f"{len(found)} samples after {from_s:g} s of training; two are needed")
    first, last = found[0], found[-1]
    lasted_s = last.seconds - first.seconds
    busy_s = sum(
        sample.cores * (sample.seconds - before.seconds) for before, sample in pairwise(found)
    )
    return Pace((last.env_steps - first.env_steps) / lasted_s, busy_s / lasted_s)
