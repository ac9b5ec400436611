"""A present value against its own past."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.contracts.alert_rule import (
    ACTION_SHARE,
    DERIVED_SIGNALS,
    GREEDY_SHORTFALL,
    MEMORY_GROWTH,
    NOT_FINITE,
    RETURN_LOST,
    RETURN_RISE,
    SILENCE_S,
    SOLVED,
    SPEED_SHARE,
    VALUE_EXCESS,
    VALUE_LOSS_JUMP,
    WORKER_DIED,
)
from matinee.contracts.histograms import Histogram
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress, SolvedAt
from matinee.training.heartbeats import Heartbeat
from matinee.training.return_window import FullWindow, WindowState
from matinee.worker.alert_signals import SHORTEST_SPEED_S, AlertSignals, longest_silence
from matinee.worker.condition import Condition
from matinee.worker.value_signals import FEWEST_LOSSES, RewardScale


def summary(value: float) -> MetricSummary:
    """One value."""
    return MetricSummary(mean=value, min=value, max=value, last=value, count=1)


def test_each_signal_is_told_from_what_it_needs() -> None:
    """One run in which everything can be told, with the values that follow from it."""
    signals = AlertSignals()
    condition = Condition(
        heartbeats=[Heartbeat(thread="quick", age_s=2.0, interval_s=0.01, beats=9)],
        window=WindowState(200, (70.0,) * 100, FullWindow(20.0, 5.0), FullWindow(120.0, 5.0)),
        finished_returns=np.full(200, 70.0),
        rewards=RewardScale(reward_abs_max=1.0, gamma=0.9),
        actions={"actions": Histogram(0, 0, (900.0, 100.0))},
    )
    metrics = {
        "value_loss": summary(2.0),
        "value_min": summary(-1.0),
        "value_max": summary(20.0),
        "evaluation_return_greedy": summary(45.0),
    }
    told: dict[str, float] = {}
    for second in range(500):
        progress = Progress(seconds=second, env_steps=2000 * second, steps_per_second=2000.0)
        memory = {"memory_bytes": summary(1000.0)}
        told = signals.read(metrics | memory, progress, condition)

    assert told == {
        RETURN_LOST: 0.5,
        GREEDY_SHORTFALL: 0.25,
        RETURN_RISE: 0.0,
        VALUE_EXCESS: pytest.approx(2.0),
        VALUE_LOSS_JUMP: 1.0,
        ACTION_SHARE: 0.9,
        SPEED_SHARE: 1.0,
        MEMORY_GROWTH: 0.0,
        SILENCE_S: 2.0,
        NOT_FINITE: 0.0,
        SOLVED: 0.0,
        WORKER_DIED: 0.0,
    }
    assert told.keys() == DERIVED_SIGNALS


def test_what_can_not_be_told_yet_is_left_out() -> None:
    """A run that has just begun: nothing is known but that it is well and not solved."""
    assert AlertSignals().read({}, Progress()) == {
        NOT_FINITE: 0.0,
        SOLVED: 0.0,
        WORKER_DIED: 0.0,
    }


def test_a_run_that_goes_on_tells_that_it_is_solved() -> None:
    """One that ends there says so by its end."""
    solved = Progress(solved_at=SolvedAt(env_steps=1, seconds=1.0))

    assert AlertSignals().read({}, solved)[SOLVED] == 1.0
    assert AlertSignals().read({}, solved, Condition(ends_at_target=True))[SOLVED] == 0.0


def test_what_has_gone_before_is_remembered() -> None:
    """A loss is compared with those of earlier flushes."""
    signals = AlertSignals()
    condition = Condition(rewards=RewardScale(reward_abs_max=1.0))
    for _ in range(FEWEST_LOSSES):
        signals.read({"value_loss": summary(2.0)}, Progress(), condition)

    told = signals.read({"value_loss": summary(200.0)}, Progress(), condition)

    assert told[VALUE_LOSS_JUMP] == pytest.approx(100.0)


def test_speed_is_compared_with_the_last_minute() -> None:
    """After some seconds at 1000 steps a second, 400 is a share of 0.4."""
    signals = AlertSignals()
    for second in range(int(SHORTEST_SPEED_S)):
        told = signals.read({}, Progress(seconds=second, steps_per_second=1000.0))
        assert SPEED_SHARE not in told

    slow = signals.read({}, Progress(seconds=SHORTEST_SPEED_S, steps_per_second=400.0))

    assert slow[SPEED_SHARE] == pytest.approx(0.4)


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
