"""Counters without a lock."""

from __future__ import annotations

import sys
import threading

from matinee.training.counters import SlotCounter


def test_no_count_is_lost() -> None:
    """Eight threads that switch as often as the interpreter can."""
    counter, each = SlotCounter(8, base=1000), 20_000
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def count(worker: int) -> None:
        for _ in range(each):
            counter.add(worker, 2)

    threads = [threading.Thread(target=count, args=(worker,)) for worker in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
    finally:
        sys.setswitchinterval(interval)

    assert counter.total() == 1000 + 8 * each * 2
    assert counter.own(3) == each * 2
    assert counter.others(3) == 1000 + 7 * each * 2
