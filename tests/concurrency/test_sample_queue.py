"""The bounded queue between environment threads and optimizers, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from fakes.interfaces import discrete
from matinee.algorithm.rollout import Rollout
from matinee.training.sample_queue import SampleQueue, Segment

PATIENCE_S = 30.0
NOT_AT_ALL_S = 0.0
A_MOMENT_S = 0.05


def segment(samples: int, *, version: int = 0) -> Segment:
    """A segment of one environment."""
    rollout = Rollout(length=samples, environments=1, interface=discrete(3, 2))
    rollout.version = version
    return Segment(rollout=rollout, samples=samples, made_at=time.perf_counter())


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    """Do it meanwhile."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_batch_waits_for_enough_samples() -> None:
    """Nothing is taken below the minimum; from there on all that waits is, oldest first."""
    queue = SampleQueue(capacity=8)
    queue.put(segment(20, version=1), NOT_AT_ALL_S)
    assert queue.take(32, A_MOMENT_S) == []

    queue.put(segment(20, version=2), NOT_AT_ALL_S)
    queue.put(segment(20, version=3), NOT_AT_ALL_S)
    taken = queue.take(32, NOT_AT_ALL_S)

    assert [each.rollout.version for each in taken] == [1, 2, 3]
    assert queue.reading().samples == 0


def test_a_full_queue_is_taken_whatever_the_minimum() -> None:
    """A minimum that can never be reached does not stop learning."""
    queue = SampleQueue(capacity=2)
    for _ in range(2):
        assert queue.put(segment(4), NOT_AT_ALL_S)

    assert len(queue.take(1000, NOT_AT_ALL_S)) == 2


def test_a_full_queue_holds_the_makers_back() -> None:
    """A segment that does not fit waits, and goes in as soon as there is room."""
    queue = SampleQueue(capacity=1)
    queue.put(segment(4, version=1), NOT_AT_ALL_S)
    assert not queue.put(segment(4, version=2), A_MOMENT_S)

    put = []
    maker = in_a_thread(lambda: put.append(queue.put(segment(4, version=2), PATIENCE_S)))
    assert [each.rollout.version for each in queue.take(4, PATIENCE_S)] == [1]
    maker.join(PATIENCE_S)

    assert put == [True]
    assert [each.rollout.version for each in queue.take(4, NOT_AT_ALL_S)] == [2]


def test_more_room_wakes_who_waits_for_it() -> None:
    """A larger capacity takes effect at once, also for those that wait already."""
    queue = SampleQueue(capacity=1)
    queue.put(segment(4), NOT_AT_ALL_S)
    put = []
    maker = in_a_thread(lambda: put.append(queue.put(segment(4), PATIENCE_S)))

    queue.resize(2)
    maker.join(PATIENCE_S)

    assert put == [True]
    assert queue.reading().segments == 2


def test_no_segment_is_lost_or_taken_twice() -> None:
    """Four makers and two takers at once: every segment comes out exactly once."""
    queue = SampleQueue(capacity=3)
    each, makers = 200, 4
    taken: list[int] = []
    over = threading.Event()

    def make(first: int) -> None:
        for number in range(first, first + each):
            assert queue.put(segment(1, version=number), PATIENCE_S)

    def take() -> None:
        while not over.is_set():
            taken.extend(one.rollout.version for one in queue.take(2, A_MOMENT_S))

    threads = [in_a_thread(partial(make, m * each)) for m in range(makers)]
    takers = [in_a_thread(take) for _ in range(2)]
    for thread in threads:
        thread.join(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while queue.reading().samples > 1 and time.monotonic() < deadline:
        over.wait(A_MOMENT_S)
    over.set()
    for thread in takers:
        thread.join(PATIENCE_S)
    taken.extend(one.rollout.version for one in queue.take(1, NOT_AT_ALL_S))

    assert sorted(taken) == list(range(each * makers))


def test_used_memory_is_used_again() -> None:
    """A recycled rollout comes back for the same size and for no other."""
    queue = SampleQueue(capacity=2)
    used = segment(5).rollout
    queue.recycle([used])

    assert queue.reuse(6, 1) is None
    assert queue.reuse(5, 2) is None
    assert queue.reuse(5, 1) is used
    assert queue.reuse(5, 1) is None


def test_what_is_kept_for_reuse_is_bounded() -> None:
    """However much is given back, no more is kept than twice what the queue holds."""
    queue = SampleQueue(capacity=2)
    queue.recycle([segment(5).rollout for _ in range(50)])

    kept = 0
    while queue.reuse(5, 1) is not None:
        kept += 1

    assert kept == 4


def test_rollouts_of_a_length_nobody_wants_any_more_make_room() -> None:
    """After a change of the rollout length memory is reused as before."""
    queue = SampleQueue(capacity=2)
    queue.recycle([segment(5).rollout for _ in range(4)])
    used = [segment(6).rollout for _ in range(4)]
    for rollout in used:
        queue.recycle([rollout])

    assert [queue.reuse(6, 1) for _ in used] == used
    assert queue.reuse(5, 1) is None


def test_the_reading_tells_depth_age_and_losses() -> None:
    """Watchers see how much waits, for how long, and what was thrown away."""
    queue = SampleQueue(capacity=4)
    queue.put(segment(3), NOT_AT_ALL_S)
    queue.count_dropped(2)

    reading = queue.reading()

    assert (reading.segments, reading.samples, reading.capacity) == (1, 3, 4)
    assert reading.oldest_age_s >= 0.0
    assert reading.dropped == 2
