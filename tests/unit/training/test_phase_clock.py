"""A thread's time by phase."""

from __future__ import annotations

import time

import pytest

from matinee.training.phase_clock import PhaseClock, PhaseTimes


def test_each_phase_adds_up_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes into one phase shows in no other; each is a sign of life."""
    now = 10.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    clock = PhaseClock()
    clock.go_on()
    clock.stepped(act_s=2.0, env_s=1.0)
    clock.acted(-0.5)
    clock.learned(3.0)
    clock.pushed(0.75, lock_s=0.5)
    with clock.waiting():
        now += 4.0
        assert clock.read().is_excused
    with clock.waiting_for_queue():
        now += 8.0
        assert clock.read().is_excused

    assert clock.read() == PhaseTimes(
        env_s=1.0,
        act_s=1.5,
        learn_s=3.25,
        wait_s=4.0,
        lock_s=0.5,
        queue_s=8.0,
        beats=6,
        is_excused=False,
    )


def test_a_clock_shows_what_another_process_counts() -> None:
    """The times as they are there; each report is one sign of life, as it comes seldom."""
    elsewhere, here = PhaseClock(), PhaseClock()
    here.show(elsewhere.read())
    assert here.read().beats == 0

    elsewhere.go_on()
    elsewhere.stepped(act_s=1.0, env_s=2.0)
    elsewhere.learned(3.0)
    elsewhere.pushed(5.0, lock_s=4.0)
    here.show(elsewhere.read())

    assert here.read() == PhaseTimes(2.0, 1.0, 4.0, lock_s=4.0, beats=1, is_excused=False)


def test_nothing_is_expected_of_a_thread_at_the_gate() -> None:
    """Before its first rollout, and while it is held; then it is on duty again."""
    clock = PhaseClock()
    excused = [clock.read().is_excused]
    clock.go_on()
    excused.append(clock.read().is_excused)
    clock.stand()
    excused.append(clock.read().is_excused)

    assert excused == [True, False, True]
