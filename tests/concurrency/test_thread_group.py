"""Threads that succeed or fail together."""

from __future__ import annotations

import threading

import pytest

from matinee.errors import WorkerFailedError
from matinee.training.thread_group import ThreadFailure, ThreadGroup

PATIENCE_S = 30.0


class Listener:
    """What a group told."""

    def __init__(self) -> None:
        self.failures: list[ThreadFailure] = []
        self.all_ended = threading.Event()
        self.group = ThreadGroup(on_failure=self.failures.append, on_all_ended=self.all_ended.set)


def test_the_end_is_told_once_all_have_ended() -> None:
    """Not after the first."""
    listener, release = Listener(), threading.Event()

    def slow() -> None:
        release.wait(PATIENCE_S)

    listener.group.start({"quick": lambda: None, "slow": slow})

    hanging = listener.group.join(0.05)
    assert [thread.thread for thread in hanging] == ["slow"]
    assert not listener.all_ended.is_set()

    release.set()
    assert listener.group.join(PATIENCE_S) == []
    assert listener.all_ended.wait(PATIENCE_S)
    assert listener.failures == []


def test_the_first_failure_is_kept_with_its_traceback() -> None:
    """A later one, in whose wake or not, does not replace it."""
    listener, failed = Listener(), threading.Event()

    def first() -> None:
        raise RuntimeError("the first")

    def second() -> None:
        failed.wait(PATIENCE_S)
        raise RuntimeError("the second")

    def keep(failure: ThreadFailure) -> None:
        listener.failures.append(failure)
        failed.set()

    group = ThreadGroup(on_failure=keep, on_all_ended=listener.all_ended.set)
    group.start({"one": first, "two": second})

    assert listener.all_ended.wait(PATIENCE_S)
    assert [failure.thread for failure in listener.failures] == ["one"]
    failure = group.failure
    assert failure is not None
    assert str(failure.error) == "the first"
    assert 'raise RuntimeError("the first")' in failure.traceback_text


def test_a_hanging_thread_is_named_with_its_stack() -> None:
    """So that a person can see in which line of which simulator it hangs."""
    listener, release = Listener(), threading.Event()

    def stuck_in_a_simulator() -> None:
        release.wait(PATIENCE_S)

    listener.group.start({"actor-learner-3": stuck_in_a_simulator})
    hanging = listener.group.join(0.05)
    release.set()

    assert [thread.thread for thread in hanging] == ["actor-learner-3"]
    assert "stuck_in_a_simulator" in hanging[0].stack_text
    assert "stuck_in_a_simulator" in (listener.group.stack_of("actor-learner-3") or "")
    assert listener.group.stack_of("actor-learner-4") is None
    assert listener.group.join(PATIENCE_S) == []


def test_a_thread_that_cannot_be_started_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system has no more threads the caller is told, and the end still comes."""
    listener = Listener()
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "refused":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        listener.group.start({"started": lambda: None, "refused": lambda: None})

    assert listener.all_ended.wait(PATIENCE_S)
    assert listener.group.join(PATIENCE_S) == []


def test_even_an_exit_is_a_failure() -> None:
    """SystemExit in a thread would end it in silence; here it is told."""
    listener = Listener()

    def leave() -> None:
        raise SystemExit(3)

    listener.group.start({"leaver": leave})

    assert listener.all_ended.wait(PATIENCE_S)
    assert isinstance(listener.failures[0].error, SystemExit)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no such action"), "actor-learner-0 failed: ValueError: no such action"),
        (WorkerFailedError("process 2 was killed", traceback_text=""), "process 2 was killed"),
    ],
)
def test_a_failure_says_who_failed_of_what(error: Exception, words: str) -> None:
    """Unless the exception says so itself."""
    assert ThreadFailure("actor-learner-0", error, "").words == words
