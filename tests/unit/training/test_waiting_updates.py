"""Pushes that wait for the reader."""

from __future__ import annotations

import threading
import tracemalloc

from fakes.updates import update_record
from matinee.training.update_records import ROW_BYTES, columns_of, packed
from matinee.training.waiting_updates import WaitingUpdates

EACH = 2_000


def test_all_are_taken_once_and_in_order() -> None:
    """What one thread adds while another takes comes out whole, once, oldest first."""
    waiting, begin = WaitingUpdates(), threading.Barrier(2)

    def add() -> None:
        begin.wait(10.0)
        for number in range(EACH):
            waiting.add(packed(update_record(float(number))))

    thread = threading.Thread(target=add)
    thread.start()
    begin.wait(10.0)
    taken = bytearray()
    while thread.is_alive():
        taken += waiting.take()
    taken += waiting.take()

    columns = columns_of(taken, maximum_entropy=1.0)
    assert columns["policy_loss"].tolist() == list(map(float, range(EACH)))
    assert len(waiting) == 0


def test_several_come_at_once() -> None:
    """Another process sends what it has; all of it counts."""
    waiting = WaitingUpdates()

    waiting.add(packed(update_record(1.0)) + packed(update_record(2.0)))
    waiting.add(b"")

    assert len(waiting) == 2


def test_what_waits_takes_little_more_than_its_numbers() -> None:
    """Thousands that wait make no objects: a slow disk would leave holes in Python's heap."""
    waiting = WaitingUpdates()
    rows = packed(update_record())
    tracemalloc.start()
    try:
        for _ in range(EACH):
            waiting.add(rows)
        assert tracemalloc.get_traced_memory()[0] < 1.5 * EACH * ROW_BYTES
        waiting.take()
        assert tracemalloc.get_traced_memory()[0] < 0.1 * EACH * ROW_BYTES
    finally:
        tracemalloc.stop()
