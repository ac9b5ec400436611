"""A present value against its own past."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import (
    GREEDY_SHORTFALL,
    MEMORY_GROWTH,
    NOT_FINITE,
    RETURN_LOST,
    RETURN_RISE,
    SILENCE_S,
    SPEED_SHARE,
    VALUE_LOSS_JUMP,
)
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.training.heartbeats import Heartbeat
from matinee.worker.alert_signals import (
    FEWEST_LOSSES,
    FEWEST_RETURNS,
    KEPT_RETURNS,
    SHORTEST_SPEED_S,
    AlertSignals,
    Condition,
    longest_silence,
)


def summary(value: float) -> MetricSummary:
    """One value."""
    return MetricSummary(mean=value, min=value, max=value, last=value, count=1)


def test_what_was_gained_and_lost_again_is_a_share_of_the_gain() -> None:
    """From 20 to a best of 120 and down to 70: half of the gain is lost."""
    signals = AlertSignals()

    first = signals.read({}, Progress(mean_return_100=20.0, best_mean_return_100=20.0))
    lost = signals.read({}, Progress(mean_return_100=70.0, best_mean_return_100=120.0))

    assert RETURN_LOST not in first
    assert lost[RETURN_LOST] == 0.5


def test_a_loss_is_compared_with_its_usual_size() -> None:
    """Nothing is told before there are enough losses; one outlier does not move the median."""
    signals = AlertSignals()

    def told(loss: float) -> float | None:
        return signals.read({"value_loss": summary(loss)}, Progress()).get(VALUE_LOSS_JUMP)

    assert [told(2.0) for _ in range(FEWEST_LOSSES)] == [None] * FEWEST_LOSSES
    assert told(200.0) == pytest.approx(100.0)
    assert told(2.0) == pytest.approx(1.0)


def test_speed_is_compared_with_the_last_minute() -> None:
    """After some seconds at 1000 steps a second, 400 is a share of 0.4."""
    signals = AlertSignals()
    for second in range(int(SHORTEST_SPEED_S)):
        told = signals.read({}, Progress(seconds=second, steps_per_second=1000.0))
        assert SPEED_SHARE not in told

    slow = signals.read({}, Progress(seconds=SHORTEST_SPEED_S, steps_per_second=400.0))

    assert slow[SPEED_SHARE] == pytest.approx(0.4)


def test_a_greedy_policy_that_is_stuck_lacks_a_share_of_the_gain() -> None:
    """Training went from 20 to 120, test episodes return 45: they lack three quarters of it."""
    signals = AlertSignals()
    signals.read({}, Progress(mean_return_100=20.0, best_mean_return_100=20.0))
    trained = Progress(mean_return_100=120.0, best_mean_return_100=120.0)

    told = signals.read({"evaluation_return_greedy": summary(45.0)}, trained)

    assert told[GREEDY_SHORTFALL] == pytest.approx(0.75)
    assert GREEDY_SHORTFALL not in signals.read({}, trained)


def test_a_rise_is_that_of_the_last_fifth() -> None:
    """Rises to 100 and stays: first all of the range, later nothing; memory stays bounded."""
    signals = AlertSignals()
    told = [
        signals.read({}, Progress(env_steps=step, mean_return_100=min(100.0, step / 10)))
        for step in range(1, 3 * KEPT_RETURNS)
    ]

    assert RETURN_RISE not in told[FEWEST_RETURNS]
    assert told[500][RETURN_RISE] == pytest.approx(0.1, abs=0.01)
    assert told[-1][RETURN_RISE] == pytest.approx(0.0)


def test_memory_grows_by_a_share_an_hour() -> None:
    """From 1000 to 1100 bytes in half an hour: 0.2 an hour; nothing is told before 5 minutes."""
    signals = AlertSignals()
    told = {
        second: signals.read(
            {"memory_bytes": summary(1000.0 + second / 18.0)}, Progress(seconds=float(second))
        )
        for second in range(0, 1801, 10)
    }

    assert MEMORY_GROWTH not in told[290]
    assert told[1800][MEMORY_GROWTH] == pytest.approx(0.2)
    assert MEMORY_GROWTH not in signals.read({}, Progress(seconds=1801.0))


def test_a_thread_is_silent_by_its_own_pace() -> None:
    """Two seconds are nothing for a slow environment and much for a quick one."""
    slow = Heartbeat(thread="slow", age_s=2.0, interval_s=1.0, beats=9)
    quick = Heartbeat(thread="quick", age_s=2.0, interval_s=0.01, beats=9)
    new = Heartbeat(thread="new", age_s=30.0, interval_s=None, beats=0)

    assert longest_silence([slow, new]) is None
    assert longest_silence([slow, quick, new]) is quick

    signals = AlertSignals()
    assert signals.read({}, Progress(), Condition([slow]))[SILENCE_S] == 0.0
    assert signals.read({}, Progress(), Condition([slow, quick]))[SILENCE_S] == 2.0


def test_numbers_that_are_none_are_told() -> None:
    """1 if there are any, else 0."""
    signals = AlertSignals()

    assert signals.read({}, Progress(), Condition(is_finite=False))[NOT_FINITE] == 1.0
    assert signals.read({}, Progress())[NOT_FINITE] == 0.0
