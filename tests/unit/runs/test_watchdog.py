"""When a run process counts as hung."""

from __future__ import annotations

import pytest

from matinee.contracts.control import HeartbeatFrame, Phase
from matinee.runs.watchdog import Watchdog

PATIENCE_S = 60.0


def frame(work: int | None, phase: Phase = "working") -> HeartbeatFrame:
    """A sign of life."""
    return HeartbeatFrame(pid=1, env_steps=0, monotonic_s=0.0, work=work, phase=phase)


def watched(*beats: tuple[float, HeartbeatFrame]) -> Watchdog:
    """A watchdog that has heard these, each at its time."""
    watchdog = Watchdog(0.0, hang_after_s=PATIENCE_S)
    for at_s, beat in beats:
        watchdog.beat(beat, at_s)
    return watchdog


def busy(until_s: int, *, every_s: int = 1) -> Watchdog:
    """One that has heard each second until then, with work done now and then."""
    return watched(*((float(t), frame(t // every_s)) for t in range(until_s + 1)))


def test_one_that_works_has_not_hung() -> None:
    """As long as work is done now and then, nothing is wrong."""
    watchdog = Watchdog(0.0, hang_after_s=PATIENCE_S)
    for second in range(500):
        watchdog.beat(frame(second // 30), float(second))
        assert watchdog.hang(float(second)) is None


def test_silence_is_a_hang() -> None:
    """Stopped, or with the interpreter held: nothing is heard, and that is seen in time."""
    watchdog = busy(20)
    assert watchdog.hang(20 + PATIENCE_S) is None
    hang = watchdog.hang(21 + PATIENCE_S)
    assert hang is not None
    assert (hang.kind, hang.for_s) == ("silent", 61.0)
    assert str(hang) == "it hung: no sign of life for 61 s"


def test_idleness_is_a_hang_though_it_lives() -> None:
    """A heartbeat alone is not enough: it must have done something."""
    watchdog = busy(20)
    for second in range(21, 90):
        watchdog.beat(frame(20), float(second))
        hang = watchdog.hang(float(second))
        assert (hang is not None) == (second > 20 + PATIENCE_S)
    assert hang is not None
    assert hang.kind == "stalled"
    assert str(hang) == (
        "it hung: alive, but nothing was done for 69 s (usually something every 1.0 s)"
    )


def test_one_that_is_slow_by_nature_gets_time() -> None:
    """Ten times its usual gap, if that is more."""
    watchdog = busy(100, every_s=20)
    for second in range(101, 320):
        watchdog.beat(frame(5), float(second))
        hang = watchdog.hang(float(second))
        assert (hang is not None) == (second > 300)


@pytest.mark.parametrize("phase", ["standing", "starting"])
def test_nothing_is_expected_of_one_that_stands(phase: Phase) -> None:
    """Paused, held, slowed down, or being built: only silence counts."""
    watchdog = busy(5)
    for second in range(6, 1000):
        watchdog.beat(frame(5, phase), float(second))
        assert watchdog.hang(float(second)) is None
    # Back to work, its patience begins anew.
    watchdog.beat(frame(5), 1000.0)
    assert watchdog.hang(1000.0 + PATIENCE_S / 2) is None
    assert watchdog.hang(1000.0 + PATIENCE_S + 1) is not None


@pytest.mark.parametrize("beats", [(), ((0.0, frame(0, "starting")),)])
def test_a_start_may_take_twice_as_long(beats: tuple[tuple[float, HeartbeatFrame], ...]) -> None:
    """While environments are built nobody speaks; that ends too."""
    watchdog = watched(*beats)
    assert watchdog.hang(2 * PATIENCE_S) is None
    assert watchdog.hang(2 * PATIENCE_S + 1) is not None


def test_the_first_steps_may_take_twice_as_long() -> None:
    """An environment may compile at its first step."""
    watchdog = watched(*((float(t), frame(0)) for t in range(122)))
    assert watchdog.hang(2 * PATIENCE_S) is None
    hang = watchdog.hang(2 * PATIENCE_S + 1)
    assert hang is not None
    assert str(hang) == "it hung: alive, but nothing was done for 121 s"


def test_one_that_is_slowed_down_is_judged_once_it_is_stuck() -> None:
    """A thread that no longer says that it waits for its pace gets no longer than others."""
    watchdog = watched(*((float(t), frame(t, "standing")) for t in range(50)))
    for second in range(50, 112):
        watchdog.beat(frame(49), float(second))
        assert (watchdog.hang(float(second)) is not None) == (second > 49 + PATIENCE_S)


def test_an_older_process_is_only_asked_for_signs_of_life() -> None:
    """One that does not tell of its work is not judged by it."""
    watchdog = watched(*((float(t), frame(None)) for t in range(1000)))
    assert watchdog.hang(1000.0) is None
    assert watchdog.hang(1000.0 + PATIENCE_S) is not None


def test_a_judge_that_has_slept_does_not_judge() -> None:
    """After a pause of the judge's own, patience begins anew."""
    watchdog = busy(20)
    watchdog.forgive(500.0)
    assert watchdog.hang(500.0 + PATIENCE_S) is None
    assert watchdog.hang(501.0 + PATIENCE_S) is not None
