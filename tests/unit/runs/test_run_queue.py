"""The order in which waiting runs get a place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matinee.runs.run_queue import RunQueue, Waiting


def line(*runs: str) -> RunQueue:
    """A queue of runs such as `a1`: run 1 of share a; ids grow in the order given."""
    queue = RunQueue()
    for number, run in enumerate(runs):
        queue.add(Waiting(run, run[0], f"{number:04}", "token"))
    return queue


def served(queue: RunQueue) -> list[str]:
    """Everybody, in the order in which they are taken."""
    order = []
    while (waiting := queue.take()) is not None:
        order.append(waiting.run_id)
    return order


def test_first_come_first_served() -> None:
    """Within one share the order is that of the commands, whoever is told first."""
    queue = RunQueue()
    for command_id in ("3", "1", "2"):
        queue.add(Waiting(f"run {command_id}", "a", command_id, "token"))
    assert served(queue) == ["run 1", "run 2", "run 3"]


def test_shares_take_turns() -> None:
    """Who queues many runs does not keep others waiting for all of them."""
    assert served(line("a1", "a2", "a3", "a4", "b1", "c1", "b2")) == [
        "a1", "b1", "c1", "a2", "b2", "a3", "a4",
    ]  # fmt: skip


def test_nobody_stands_there_twice() -> None:
    """Coming again changes nothing."""
    queue = line("a1", "b1")
    queue.add(Waiting("a1", "z", "9999", "token"))
    assert len(queue) == 2
    assert served(queue) == ["a1", "b1"]


def test_leaving() -> None:
    """Who leaves is gone, and others move up."""
    queue = line("a1", "b1", "a2")
    assert queue.remove("a1")
    assert not queue.remove("a1")
    assert "a1" not in queue
    assert queue.positions() == {"a2": 1, "b1": 2}
    assert queue.remove("b1")
    assert served(queue) == ["a2"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=20, unique=True),
    st.integers(0, 20),
)
def test_positions_tell_the_order(runs: list[tuple[str, int]], taken: int) -> None:
    """Positions are 1 to n, and exactly the order in which runs are taken from then on; no share
    gets two more turns than another that also waits.
    """
    queue = line(*(f"{share}{number}" for share, number in runs))
    for _ in range(taken):
        queue.take()
    positions = queue.positions()
    left = {share: sum(run[0] == share for run in positions) for share in "abc"}
    order = served(queue)
    assert sorted(positions, key=positions.__getitem__) == order
    assert sorted(positions.values()) == list(range(1, len(order) + 1))
    turns = dict.fromkeys("abc", 0)
    for run_id in order:
        turns[run_id[0]] += 1
        waiting = [share for share in "abc" if turns[share] < left[share]]
        assert all(turns[share] >= turns[run_id[0]] - 1 for share in waiting)
