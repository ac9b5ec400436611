"""Holding training to a speed, on a clock of the test's own."""

from __future__ import annotations

import threading

import pytest

from matinee.training.pacing import Pacer


class FakeHurry(threading.Event):
    """Waiting moves the clock on instead of taking time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now = 1000.0
        self.waited = 0.0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    def wait(self, timeout: float | None = None) -> bool:
        """Pretend to."""
        assert timeout is not None, "every wait is bounded"
        if not self.is_set():
            self.now += timeout
            self.waited += timeout
        return self.is_set()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> FakeHurry:
    """The clock and the waits."""
    return FakeHurry(monkeypatch)


@pytest.mark.parametrize(("batch", "per_second"), [(1, 100.0), (64, 3000.0), (1, 50_000.0)])
def test_the_average_is_the_limit(hurry: FakeHurry, batch: int, per_second: float) -> None:
    """Whatever the size of a step; waits shorter than a millisecond are saved up."""
    pacer, began, steps = Pacer(hurry), hurry.now, 0
    while steps < 10 * per_second:
        hurry.now += 1e-6
        pacer.limit(batch, per_second=per_second)
        steps += batch

    assert steps / (hurry.now - began) == pytest.approx(per_second, rel=0.01)


def test_steps_are_spread(hurry: FakeHurry) -> None:
    """No burst and long pause: each step of 64 waits its own 21 ms."""
    pacer, waits = Pacer(hurry), []
    for _ in range(20):
        before = hurry.waited
        pacer.limit(64, per_second=3000.0)
        waits.append(hurry.waited - before)

    assert waits[2:] == pytest.approx([64 / 3000.0] * 18)


def test_no_limit_means_no_wait(hurry: FakeHurry) -> None:
    """And no lock."""
    pacer = Pacer(hurry)
    for _ in range(1000):
        pacer.limit(64, per_second=0.0)
        pacer.delay(0.0)

    assert hurry.waited == 0.0


def test_time_spent_below_the_limit_is_no_credit(hurry: FakeHurry) -> None:
    """After a slow minute nobody races."""
    pacer = Pacer(hurry)
    pacer.limit(10, per_second=100.0)
    hurry.now += 60.0
    began = hurry.now
    for _ in range(100):
        pacer.limit(10, per_second=100.0)

    assert hurry.now - began == pytest.approx(10.0, abs=0.3)


def test_hurrying_waits_for_nothing_and_is_paid_back_at_half_speed(hurry: FakeHurry) -> None:
    """A second's worth of steps run at once is followed by two seconds at half the limit."""
    pacer = Pacer(hurry)
    pacer.limit(10, per_second=100.0)
    hurry.set()
    before = hurry.waited
    for _ in range(10):
        pacer.limit(10, per_second=100.0)
    assert hurry.waited == before

    hurry.clear()
    began = hurry.now
    for _ in range(10):
        pacer.limit(10, per_second=100.0)
    assert hurry.now - began == pytest.approx(2.0, abs=0.15)
    began = hurry.now
    for _ in range(10):
        pacer.limit(10, per_second=100.0)
    assert hurry.now - began == pytest.approx(1.0, abs=0.15)


def test_the_debt_is_bounded(hurry: FakeHurry) -> None:
    """However much is steered, half speed lasts no longer than a few seconds."""
    pacer = Pacer(hurry)
    hurry.set()
    for _ in range(100_000):
        pacer.limit(10, per_second=100.0)
    hurry.clear()
    began = hurry.now
    for _ in range(30):
        pacer.limit(10, per_second=100.0)

    assert hurry.now - began == pytest.approx(3.0 + 2.0, abs=0.15)


def test_a_delay_is_for_each_step(hurry: FakeHurry) -> None:
    """The notebook's THREAD_DELAY; cut short like all waits that only slow down."""
    pacer = Pacer(hurry)
    pacer.delay(0.25)
    assert hurry.waited == 0.25
    hurry.set()
    pacer.delay(0.25)
    assert hurry.waited == 0.25
