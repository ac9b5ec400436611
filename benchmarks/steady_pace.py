"""The speed of a training from samples, once what its start has set going is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter


@dataclass(frozen=True)
class Sample:
    """How far a training had come.

    Attributes:
        seconds: Of training.
        env_steps: Until then.
        episodes: Until then.
        cores: Kept busy by its process, on average since the sample before.
        record_cores: The part of them that its host's thread had.
    """

    seconds: float
    env_steps: float
    episodes: float
    cores: float
    record_cores: float


@dataclass(frozen=True)
class Pace:
    """Of one training.

    Attributes:
        per_s: Env steps a second.
        episodes_per_s: Episodes a second.
        cores: Kept busy by its process.
        record_cores: The part of them that its host's thread had.
    """

    per_s: float
    episodes_per_s: float
    cores: float
    record_cores: float


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

    def mean(of: Callable[[Sample], float]) -> float:
        return (
            sum(
                of(sample) * (sample.seconds - before.seconds) for before, sample in pairwise(found)
            )
            / lasted_s
        )

    return Pace(
        per_s=(last.env_steps - first.env_steps) / lasted_s,
        episodes_per_s=(last.episodes - first.episodes) / lasted_s,
        cores=mean(attrgetter("cores")),
        record_cores=mean(attrgetter("record_cores")),
    )
