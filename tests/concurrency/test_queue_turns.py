"""Who of the threads of ga3c waits for its turn, and what that keeps them from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.training.crews import QueueCrew
from matinee.training.environment_thread import EnvironmentThread
from matinee.training.optimizer_thread import OptimizerThread

SPEC: dict[str, Any] = {
    "algorithm": "ga3c",
    "workers": 2,
    "envs_per_worker": 16,
    "budget": {"env_steps": 10_000},
}


class Computing:
    """Watches the threads of a trainer act and learn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Guards everything below."""
        self._now = 0
        self.most_at_once = 0
        self.turns: dict[str, set[bool]] = {}
        """Whether it had its turn, by what a thread did."""

    def watched(self, what: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """The method of a thread, counted while it goes on."""

        def compute(thread: Any, *arguments: Any, **named: Any) -> Any:
            with self._lock:
                self._now += 1
                self.most_at_once = max(self.most_at_once, self._now)
                self.turns.setdefault(what, set()).add(thread._seat.has_turn)
            try:
                return method(thread, *arguments, **named)
            finally:
                with self._lock:
                    self._now -= 1

        return compute


@pytest.fixture
def computing(monkeypatch: pytest.MonkeyPatch) -> Computing:
    """Every trainer of this test is watched."""
    found = Computing()
    for thread, name, what in (
        (EnvironmentThread, "_fill", "act"),
        (OptimizerThread, "_learn", "learn"),
    ):
        monkeypatch.setattr(thread, name, found.watched(what, getattr(thread, name)))
    return found


def train(**overrides: Any) -> None:
    """To the end of the budget; nobody's patience for a turn ends before."""
    rig = Rig(small_spec("CartPole-v1", **SPEC | overrides))
    crew = rig.trainer._foreman._crew
    assert isinstance(crew, QueueCrew)
    crew._parts.shared.turns.patience_s = PATIENCE_S
    outcome = rig.run()
    assert outcome.error is None


def test_while_one_thread_acts_or_learns_no_other_does(computing: Computing) -> None:
    """Small networks and environments in arrays: threads would only wake each other."""
    train()

    assert computing.turns == {"act": {True}, "learn": {True}}
    assert computing.most_at_once == 1


@pytest.mark.parametrize(
    ("overrides", "turns"),
    [
        ({"network": {"hidden": [256, 256]}}, {"act": {False}, "learn": {False}}),
        ({"envs_per_worker": 1}, {"act": {False}, "learn": {False}}),
        (
            {"hyperparameters": {"target_steps_per_second": 1e6}},
            {"act": {False}, "learn": {False}},
        ),
        ({"hyperparameters": {"predictor_threads": 1}}, {"act": {False}, "learn": {True}}),
    ],
    ids=["large network", "single environments", "slowed down", "predictor"],
)
def test_who_gains_by_others_or_keeps_them_waiting_takes_no_turn(
    computing: Computing, overrides: dict[str, Any], turns: dict[str, set[bool]]
) -> None:
    """Long products run side by side; who sleeps, or waits for a predictor, holds nobody up."""
    train(**overrides)

    assert computing.turns == turns
