"""Env steps counted at once, episodes told in batches: nothing lost, each at its own step."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.rollout import Rollout
from matinee.contracts.run_parts import BudgetSpec
from matinee.training.budget import Budget
from matinee.training.clock import TrainingClock
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause
from matinee.training.return_window import ReturnWindow
from matinee.training.step_reporter import ROWS_AT_ONCE, StepReporter
from matinee.training.telemetry import Telemetry

ENVIRONMENTS = 2


class Desk:
    """A reporter of worker 0 of two, and what it reports to."""

    def __init__(self, *, target: float | None = None) -> None:
        self.env_steps = SlotCounter(2)
        clock = TrainingClock(seconds=100.0)
        self.control = TrainingControl(
            clock=clock,
            env_steps=self.env_steps,
            updates=SlotCounter(2),
            on_wake=lambda: None,
        )
        self.telemetry = Telemetry(2, window=ReturnWindow(target=target), gives_up=lambda: False)
        self.reporter = StepReporter(
            0,
            ENVIRONMENTS,
            env_steps=self.env_steps,
            clock=clock,
            telemetry=self.telemetry,
            budget=Budget(
                BudgetSpec(target_return=target),
                env_steps=self.env_steps,
                clock=clock,
                control=self.control,
            ),
        )

    def report(self, length: int, *, ends_every: int) -> None:
        """A rollout of reward 1 in which both environments end every so many rows."""
        rollout = Rollout(length=length, environments=ENVIRONMENTS, interface=discrete(1, 2))
        rollout.rewards[:] = 1.0
        rollout.valid[:] = True
        rollout.ended[ends_every - 1 :: ends_every] = True
        self.reporter.add(rollout, slice(0, length), np.zeros(length))
        rollout.rewards[:] = -99.0


def test_steps_count_at_once_and_episodes_when_there_are_enough() -> None:
    """The counter is live for schedules and budgets; the lookup waits for 64 rows."""
    desk = Desk()
    for _ in range(ROWS_AT_ONCE // 8 - 1):
        desk.report(8, ends_every=4)
    assert desk.env_steps.total() == (ROWS_AT_ONCE - 8) * ENVIRONMENTS
    assert len(desk.telemetry.drain_episodes()) == 0

    desk.report(8, ends_every=4)

    episodes = desk.telemetry.drain_episodes()
    assert episodes.lengths.tolist() == [4] * (ROWS_AT_ONCE // 4 * ENVIRONMENTS)
    assert episodes.returns.tolist() == [4.0] * len(episodes)
    assert episodes.env_step.tolist() == [
        row * ENVIRONMENTS for row in range(4, ROWS_AT_ONCE + 1, 4) for _ in range(ENVIRONMENTS)
    ]


def test_a_flush_tells_what_is_kept() -> None:
    """At a pause, at the end, and while somebody watches; a second one tells nothing twice."""
    desk = Desk()
    desk.report(4, ends_every=4)
    desk.reporter.flush()
    desk.reporter.flush()

    assert len(desk.telemetry.drain_episodes()) == ENVIRONMENTS


def test_the_steps_of_others_are_spread_over_the_rows() -> None:
    """An episode's env step is that of all workers together, in proportion between two looks."""
    desk = Desk()
    desk.env_steps.add(1, 1000)
    desk.report(4, ends_every=2)
    desk.env_steps.add(1, 400)
    desk.reporter.flush()

    # Two rows are half of the four: 4 own steps and 200 of the others' 400.
    assert desk.telemetry.drain_episodes().env_step.tolist() == [1204, 1204, 1408, 1408]


def test_reaching_the_target_stops_training() -> None:
    """From here, not from the reader's next look."""
    desk = Desk(target=4.0)
    desk.report(ROWS_AT_ONCE * 8, ends_every=4)

    assert desk.control.stop_cause is StopCause.FINISHED_TARGET
    solved_at = desk.telemetry.window().solved_at
    assert solved_at is not None
    assert solved_at.env_steps == 400
    assert solved_at.seconds == pytest.approx(0.0, abs=100.0)


def test_truncation_is_told_apart_from_termination() -> None:
    """A step that is both has terminated; only truncation alone counts."""
    desk = Desk()
    rollout = Rollout(length=ROWS_AT_ONCE, environments=ENVIRONMENTS, interface=discrete(1, 2))
    rollout.valid[:] = True
    rollout.terminated[0, 0] = True
    rollout.truncated[0, :] = True
    rollout.truncated[5, 0] = True
    rollout.ended[:] = rollout.terminated | rollout.truncated
    desk.reporter.add(rollout, slice(0, ROWS_AT_ONCE), np.zeros(ROWS_AT_ONCE))

    assert len(desk.telemetry.drain_episodes()) == 3
    assert desk.telemetry.truncated_episodes == 2
