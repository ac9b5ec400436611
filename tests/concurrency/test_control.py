"""Pause, resume, step and stop, with real threads at the gate."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from matinee.training import control as control_module
from matinee.training.clock import TrainingClock
from matinee.training.control import Reservation, TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause

PATIENCE_S = 30.0
ROLLOUT_STEPS = 10
ROLLOUT = Reservation(env_steps=ROLLOUT_STEPS, updates=1)


class Crew:
    """Threads that do nothing but count rollouts of ten steps."""

    def __init__(self, workers: int) -> None:
        self.clock = TrainingClock()
        self.env_steps = SlotCounter(workers)
        self.updates = SlotCounter(workers)
        self.woken = threading.Event()
        self.control = TrainingControl(
            clock=self.clock,
            env_steps=self.env_steps,
            updates=self.updates,
            on_wake=self.woken.set,
        )
        self.control.admit(range(workers))
        self.threads = [
            threading.Thread(target=self.live, args=(w,), daemon=True) for w in range(workers)
        ]

    def live(self, worker: int) -> None:
        """One worker's life."""
        while self.control.may_begin(worker, reserves=ROLLOUT, on_standing=lambda: None):
            self.env_steps.add(worker, ROLLOUT_STEPS)
            self.updates.add(worker, 1)
        self.control.end(worker)

    def start(self) -> None:
        """Start all threads."""
        for thread in self.threads:
            thread.start()

    def wait_for_pause(self) -> None:
        """Until all stand."""
        while not self.control.paused:
            assert self.woken.wait(PATIENCE_S)
            self.woken.clear()


@pytest.fixture(params=[1, 3])
def crew(request: pytest.FixtureRequest) -> Iterator[Crew]:
    """One or three workers, stopped at the end."""
    crew = Crew(request.param)
    yield crew
    crew.control.stop(StopCause.STOPPED, "the test is over")
    for thread in crew.threads:
        if thread.ident is not None:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def test_nothing_moves_while_paused(crew: Crew) -> None:
    """Once `paused` is true no step is counted and no second passes, until resumed."""
    crew.start()
    crew.control.pause()
    crew.wait_for_pause()

    steps, seconds = crew.env_steps.total(), crew.clock.seconds()
    assert not crew.woken.wait(0.05)
    assert (crew.env_steps.total(), crew.clock.seconds()) == (steps, seconds)

    crew.control.resume()
    crew.control.step(updates=5)
    crew.wait_for_pause()
    assert crew.env_steps.total() > steps


def test_a_pause_before_the_start_holds_from_the_first_rollout(crew: Crew) -> None:
    """Not one rollout begins."""
    crew.control.pause()
    crew.start()
    crew.wait_for_pause()

    assert crew.env_steps.total() == 0


@pytest.mark.parametrize("updates", [1, 2, 7])
def test_stepping_by_updates_is_exact(crew: Crew, updates: int) -> None:
    """From a pause, n updates are n updates, whatever the number of workers."""
    crew.control.pause()
    crew.start()
    crew.wait_for_pause()
    for round_ in (1, 2, 3):
        crew.control.step(updates=updates)
        crew.wait_for_pause()
        assert crew.updates.total() == updates * round_


@pytest.mark.parametrize(("asked", "done"), [(1, 10), (10, 10), (11, 20), (95, 100)])
def test_stepping_by_env_steps_ends_at_the_first_boundary(
    crew: Crew, asked: int, done: int
) -> None:
    """At or after that far, and never a rollout more."""
    crew.control.pause()
    crew.start()
    crew.wait_for_pause()

    crew.control.step(env_steps=asked)
    crew.wait_for_pause()

    assert crew.env_steps.total() == done


def test_stop_ends_every_thread_also_at_the_gate(crew: Crew) -> None:
    """A stop reaches workers that stand as well as those that run."""
    crew.control.pause()
    crew.start()
    crew.wait_for_pause()
    crew.control.stop(StopCause.STOPPED, "enough")

    for thread in crew.threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert not crew.control.paused


def test_the_first_cause_stays(crew: Crew) -> None:
    """A stop after the budget's end changes nothing; a failure or an abort overrides it."""
    control = crew.control
    control.stop(StopCause.FINISHED_BUDGET, "done")
    control.stop(StopCause.STOPPED, "enough")
    assert (control.stop_cause, control.stop_reason) == (StopCause.FINISHED_BUDGET, "done")

    control.stop(StopCause.FAILED, "broken")
    control.stop(StopCause.ABORTED, "now")
    assert (control.stop_cause, control.stop_reason) == (StopCause.FAILED, "broken")


def test_waits_hurry_while_somebody_waits_for_a_boundary(crew: Crew) -> None:
    """A pause, a pending change or a stop sets `hurry`; when nothing is left it is cleared."""
    control = crew.control
    assert not control.hurry.is_set()
    control.changes_pending(True)
    assert control.hurry.is_set()
    control.pause()
    control.changes_pending(False)
    assert control.hurry.is_set()
    control.resume()
    assert not control.hurry.is_set()


def test_a_step_needs_one_unit(crew: Crew) -> None:
    """Both or neither is a mistake of the caller."""
    with pytest.raises(ValueError, match="either"):
        crew.control.step()
    with pytest.raises(ValueError, match="either"):
        crew.control.step(env_steps=1, updates=1)


def test_rollouts_are_abandoned_only_where_they_are_worth_nothing(crew: Crew) -> None:
    """After a stop they are finished, after an abort they are not."""
    assert not crew.control.abandons_rollouts
    crew.control.stop(StopCause.STOPPED, "enough")
    assert not crew.control.abandons_rollouts
    crew.control.stop(StopCause.ABORTED, "now")
    assert crew.control.abandons_rollouts


def test_a_milestone_is_met_exactly_and_is_no_pause(crew: Crew) -> None:
    """All stand at the first boundary at or after it, and go on as soon as there is another."""
    crew.control.hold_at(95)
    crew.start()
    for milestone, boundary in ((101, 100), (250, 110), (None, 250)):
        while not crew.control.is_at_milestone:
            assert crew.woken.wait(PATIENCE_S)
            crew.woken.clear()
        assert crew.env_steps.total() == boundary
        assert not crew.control.paused
        crew.control.hold_at(milestone)

    crew.control.pause()
    crew.wait_for_pause()
    assert not crew.control.is_at_milestone


def test_a_pause_at_a_milestone_holds_after_it(crew: Crew) -> None:
    """Who releases a milestone does not end a pause that came meanwhile."""
    crew.control.hold_at(0)
    crew.start()
    crew.control.pause()
    crew.wait_for_pause()
    assert crew.control.is_at_milestone

    crew.control.hold_at(None)

    assert crew.control.paused
    assert crew.env_steps.total() == 0


def test_nobody_waits_at_a_milestone_for_who_has_hung(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as reached once nothing has moved for long, and the others go on."""
    monkeypatch.setattr(control_module, "STANDSTILL_S", 0.0)
    monkeypatch.setattr(control_module, "_WAIT_SLICE_S", 0.01)
    hung = len(crew.threads)
    crew.control.admit([hung])
    assert crew.control.may_begin(hung, reserves=ROLLOUT, on_standing=lambda: None)
    crew.control.hold_at(ROLLOUT_STEPS)
    crew.start()

    while not crew.control.is_at_milestone:
        assert crew.woken.wait(PATIENCE_S)
        crew.woken.clear()
    crew.control.hold_at(None)
    crew.control.end(hung)
