"""Whether the memory of a run grows without end."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.metrics import MetricSummary
from matinee.worker.memory_course import SHORTEST_S, WARM_UP_S, MemoryCourse

THRESHOLD = ALERT_RULES["memory_growth"].threshold


def growths(
    memory: Callable[[float], float],
    *,
    until_s: int = 4000,
    threads: Callable[[int], int] = lambda _: 2,
) -> dict[int, float]:
    """What is told every ten seconds of a run with this memory."""
    course = MemoryCourse()
    told = {}
    for second in range(0, until_s, 10):
        now = memory(second)
        summary = MetricSummary(mean=now, min=now, max=now, last=now, count=1)
        told[second] = course.growth(summary, seconds=float(second), threads=threads(second))
    return told


def highest(told: dict[int, float]) -> float:
    """Of what was told; nan if nothing was."""
    return max((value for value in told.values() if not math.isnan(value)), default=math.nan)


def test_a_steady_leak_is_told_by_the_hour() -> None:
    """200 bytes an hour on top of 1000; nothing is told in the warm-up and five minutes more."""
    told = growths(lambda second: 1000.0 + second / 18.0)
    first = WARM_UP_S + SHORTEST_S

    assert all(math.isnan(value) == (second < first) for second, value in told.items())
    assert told[1800] == pytest.approx(0.2, rel=0.05)


def test_a_leak_of_little_steps_is_told() -> None:
    """An environment that keeps something every two minutes leaks as well."""
    told = growths(lambda second: 1000.0 + 20.0 * (second // 120))

    assert told[2400] > THRESHOLD


@pytest.mark.parametrize("at_s", range(70, 2400, 30))
def test_a_step_that_stays_is_no_leak(at_s: int) -> None:
    """A worker process that comes up takes its memory once, whenever that is."""
    told = growths(lambda second: 1000.0 if second < at_s else 1600.0)

    assert highest(told) == 0.0


def test_what_the_warm_up_allocates_is_no_leak() -> None:
    """Memory may double while environments and optimizers come up."""
    told = growths(lambda second: 500.0 + 500.0 * min(1.0, second / WARM_UP_S))

    assert highest(told) == 0.0


def test_it_begins_anew_with_other_threads() -> None:
    """Workers that are added one after the other are no leak, and neither is what came before."""
    told = growths(
        lambda second: 1000.0 + 200.0 * (second // 400), threads=lambda second: 2 + second // 400
    )

    assert highest(told) <= 0.0


def test_memory_that_falls_does_not_grow() -> None:
    """Growth in one third alone is none."""
    told = growths(lambda second: 2000.0 - second / 4.0)

    assert highest(told) < 0.0


def test_without_a_reading_nothing_is_told() -> None:
    """Memory is read twice a second, and signals at every flush."""
    assert math.isnan(MemoryCourse().growth(None, seconds=1000.0, threads=1))
