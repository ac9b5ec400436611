"""Threads that come and go under the foreman, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.training import foreman
from matinee.training.outcome import StopCause
from matinee.training.telemetry import Telemetry, WorkerStatus

A_MOMENT_S = 0.2


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Two workers of a3c without end."""
    rig = Rig(small_spec("CartPole-v1", workers=2, budget={"env_steps": None}))
    yield rig
    rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
    rig.trainer.join(PATIENCE_S)


def test_a_stop_reaches_the_foreman_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """He is told, and does not only notice when he looks again: an end takes milliseconds."""
    monkeypatch.setattr(foreman, "_WAIT_SLICE_S", 10.0 * PATIENCE_S)
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().updates > 0)
    rig.trainer.control.stop(StopCause.STOPPED, "enough")

    assert rig.finish().cause is StopCause.STOPPED


def test_a_place_is_taken_again_only_when_it_has_been_left(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's last words come before the first ones of who follows in its place."""
    statuses: list[WorkerStatus] = []
    begun_again = threading.Event()
    record = Telemetry.record_status

    def record_slowly(self: Telemetry, status: WorkerStatus) -> None:
        if status.worker == 1 and status.status == "running" and statuses:
            begun_again.set()
        if status.worker == 1 and status.status == "finished":
            begun_again.wait(A_MOMENT_S)
        if status.worker == 1:
            statuses.append(status)
        record(self, status)

    monkeypatch.setattr(Telemetry, "record_status", record_slowly)
    rig.trainer.start()
    for workers in (1, 2):
        revision = rig.trainer.board.propose({"workers": workers})
        rig.wait_until(lambda: rig.trainer.board.snapshot().revision >= revision)  # noqa: B023
    rig.wait_until(lambda: len(statuses) == 3)

    assert [status.status for status in statuses] == ["running", "finished", "running"]
