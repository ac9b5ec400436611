"""Signals through shared memory: what one side publishes, the other sees."""

from __future__ import annotations

import math
import os
import threading
import time

import pytest

from matinee.errors import TrainingError
from matinee.training import shared_signals
from matinee.training.clock import ClockReading
from matinee.training.control import GateSignals, Reservation
from matinee.training.shared_arrays import SharedArrays
from matinee.training.shared_signals import SIGNALS_PLAN, SharedSignals

CALM = GateSignals(attention=False, hurry=False, stopping=False, abandon_at=math.inf)


@pytest.fixture
def sides() -> tuple[SharedSignals, SharedSignals]:
    """The trainer's side, and a worker process's."""
    arrays = SharedArrays(SIGNALS_PLAN)
    theirs = SharedArrays(SIGNALS_PLAN, descriptor=os.dup(arrays.descriptor))
    return SharedSignals(arrays), SharedSignals(theirs)


def test_workers_see_what_the_gate_wants(sides: tuple[SharedSignals, SharedSignals]) -> None:
    """Each signal by itself, and back again."""
    ours, theirs = sides
    for signals in (
        CALM._replace(attention=True),
        CALM._replace(hurry=True),
        CALM._replace(stopping=True),
        CALM,
    ):
        ours.publish_gate(signals)

        assert theirs.attention is signals.attention
        assert theirs.hurry.is_set() is signals.hurry
        assert theirs.stopping.is_set() is signals.stopping


def test_rollouts_are_abandoned_from_the_moment_on_that_was_told(
    sides: tuple[SharedSignals, SharedSignals],
) -> None:
    """Not while training goes on, and not before that moment."""
    ours, theirs = sides
    ours.publish_gate(CALM._replace(abandon_at=0.0))
    assert not theirs.abandons_rollouts
    ours.publish_gate(CALM._replace(stopping=True, abandon_at=time.monotonic() + 1000.0))
    assert not theirs.abandons_rollouts
    ours.publish_gate(CALM._replace(stopping=True, abandon_at=time.monotonic()))
    assert theirs.abandons_rollouts


def test_nobody_waits_for_ever_for_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it set the clock, the trainer's process leaves its workers an error."""
    monkeypatch.setattr(shared_signals, "CLOCK_PATIENCE_S", 0.02)
    arrays = SharedArrays(SIGNALS_PLAN)
    signals = SharedSignals(arrays)
    signals.publish_clock(ClockReading(seconds=5.0, running_since=None))
    arrays.floats("clock")[0] += 1.0

    with pytest.raises(TrainingError, match="the process that sets it is gone"):
        signals.seconds()


def test_the_clock_goes_on_by_itself(sides: tuple[SharedSignals, SharedSignals]) -> None:
    """Readers count from the moment at which it was started, and not while it stands."""
    ours, theirs = sides
    ours.publish_clock(ClockReading(seconds=5.0, running_since=time.perf_counter() - 100.0))
    assert theirs.seconds() >= 105.0
    ours.publish_clock(ClockReading(seconds=7.0, running_since=None))
    assert theirs.seconds() == 7.0


def test_a_change_of_the_board_shows_as_another_edition(
    sides: tuple[SharedSignals, SharedSignals],
) -> None:
    """Each one."""
    ours, theirs = sides
    editions = [theirs.edition]
    for _ in range(2):
        ours.publish_edition()
        editions.append(theirs.edition)

    assert len(set(editions)) == 3


def test_reservations_are_seen_by_the_gate(sides: tuple[SharedSignals, SharedSignals]) -> None:
    """What a worker writes counts in the sum over all slots."""
    ours, theirs = sides
    theirs.reservations[1] = Reservation(env_steps=160, updates=1)

    assert ours.reservations[1] == (160, 1)
    assert sum(reserved.env_steps for reserved in ours.reservations) == 160
    assert sum(reserved.updates for reserved in ours.reservations) == 1


def test_a_wait_ends_with_the_signal_or_in_time(
    sides: tuple[SharedSignals, SharedSignals],
) -> None:
    """As with a `threading.Event`."""
    ours, theirs = sides
    assert not theirs.hurry.wait(0.01)

    threading.Timer(0.01, ours.publish_gate, [CALM._replace(hurry=True)]).start()

    assert theirs.hurry.wait(60.0)
