"""Seconds of training."""

from __future__ import annotations

import pytest

from matinee.training.clock import TrainingClock


def test_only_running_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses don't; repeated calls change nothing; a resumed run goes on from its seconds."""
    now = 100.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    clock = TrainingClock(seconds=5.0)
    assert clock.seconds() == 5.0

    now += 10
    assert clock.seconds() == 5.0
    clock.run()
    now += 2
    clock.run()
    now += 1
    assert clock.seconds() == 8.0
    clock.hold()
    now += 50
    clock.hold()
    assert clock.seconds() == 8.0
    clock.run()
    now += 1
    assert clock.seconds() == 9.0
