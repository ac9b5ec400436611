"""A lock between threads that is waited for in bounded time."""

from __future__ import annotations

import threading

import pytest

from matinee.errors import TrainingError
from matinee.training import patient_lock
from matinee.training.patient_lock import PatientLock


def test_one_thread_at_a_time() -> None:
    """Nobody gets in while another is there, and everybody does in the end."""
    lock, inside, met = PatientLock("door"), [0], [0]

    def come_and_go() -> None:
        for _ in range(200):
            with lock:
                inside[0] += 1
                met[0] = max(met[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (inside, met) == ([0], [1])


def test_a_holder_that_hangs_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the lock; and who gave up has not let the holder out."""
    monkeypatch.setattr(patient_lock, "PATIENCE_S", 0.05)
    lock = PatientLock("update lock")
    with lock:
        with pytest.raises(TrainingError, match=r"waited 0\.05 s for the update lock"):
            lock.__enter__()
        with pytest.raises(TrainingError):
            lock.__enter__()

    with lock:
        pass


def test_an_error_under_the_lock_frees_it() -> None:
    """The next one gets in."""
    lock = PatientLock("door")
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError

    with lock:
        pass
