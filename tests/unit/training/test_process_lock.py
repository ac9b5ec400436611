"""A lock between processes that a killed holder can't keep."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator

import pytest

from matinee.errors import TrainingError
from matinee.training import process_lock
from matinee.training.process_lock import ProcessLock

HOLD_IN_ANOTHER_PROCESS = """
import sys
from matinee.training.process_lock import ProcessLock
with ProcessLock(int(sys.argv[1]), byte=int(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def descriptor() -> Iterator[int]:
    """Of an empty file."""
    with tempfile.TemporaryFile() as file:
        yield file.fileno()


def holder(descriptor: int, byte: int) -> subprocess.Popen[bytes]:
    """Another process that holds the lock until it is told to go on, or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_IN_ANOTHER_PROCESS, str(descriptor), str(byte)],
        pass_fds=[descriptor],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_threads_take_turns(descriptor: int) -> None:
    """Eight threads add to a number in two steps, and no count is lost."""
    lock, count = ProcessLock(descriptor, byte=0), [0]
    interval = sys.getswitchinterval()

    def add() -> None:
        for _ in range(500):
            with lock:
                seen = count[0]
                count[0] = seen + 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
    finally:
        sys.setswitchinterval(interval)

    assert count[0] == 4000


def test_a_killed_holder_gives_it_back(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it lives the wait is bounded and ends in words; after a kill -9 the lock is free."""
    lock = ProcessLock(descriptor, byte=0)
    process = holder(descriptor, 0)
    monkeypatch.setattr(process_lock, "PATIENCE_S", 0.05)

    with pytest.raises(TrainingError, match="update lock"), lock:
        pass
    process.kill()
    process.communicate(timeout=60.0)

    with lock:
        pass


def test_bytes_are_locks_of_their_own(descriptor: int) -> None:
    """Who holds one byte does not stop who wants another."""
    process = holder(descriptor, 0)

    with ProcessLock(descriptor, byte=1):
        pass

    process.communicate(b"go on\n", timeout=60.0)
    with ProcessLock(descriptor, byte=0):
        pass
