"""Who computes, and who waits for it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from fakes.interfaces import discrete
from matinee.algorithm.networks import NetworkShape
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.training.turns import Seat, Turns, turns_pay

PATIENCE_S = 60.0


SMALL = NetworkShape(discrete(4, 2), (64,), "tanh", shared_trunk=True)


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    """However quickly somebody who had one asks again."""
    turns = Turns(turn_s=0.0, patience_s=PATIENCE_S)
    first = Seat(turns)
    first.take()
    came: list[str] = []

    def ask(name: str) -> None:
        seat = Seat(turns)
        seat.take()
        came.append(name)
        seat.give()

    threads = []
    for number in range(3):
        threads.append(threading.Thread(target=ask, args=(f"{number}",), daemon=True))
        threads[-1].start()
        while turns.waiting < number + 1:
            threads[-1].join(0.001)
    assert first.is_over()
    first.give()
    first.take()
    came.append("first again")
    first.give()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert came == ["0", "1", "2", "first again"]


def test_a_turn_lasts_while_nobody_waits() -> None:
    """And, if somebody does, at least its time."""
    alone = Seat(Turns(turn_s=0.0))
    alone.take()
    assert not alone.is_over()

    turns = Turns(turn_s=PATIENCE_S, patience_s=PATIENCE_S)
    seat, other = Seat(turns), Seat(turns)
    seat.take()
    thread = threading.Thread(target=other.take, daemon=True)
    thread.start()
    while turns.waiting == 0:
        thread.join(0.001)
    assert not seat.is_over()
    seat.give()
    thread.join(PATIENCE_S)
    assert other.has_turn


def test_nobody_waits_for_ever() -> None:
    """Who has waited too long goes on without a turn, and has none to give."""
    turns = Turns(patience_s=0.01)
    holder, other = Seat(turns), Seat(turns)
    holder.take()
    other.take()

    assert not other.has_turn
    assert turns.waiting == 0
    other.give()
    third = Seat(turns)
    third.take()
    assert not third.has_turn
    holder.give()
    third.take()
    assert third.has_turn


@pytest.mark.parametrize(
    ("network", "environment", "environments"),
    [
        (replace(SMALL, lstm_units=8), "CartPole-v1", 64),
        (replace(SMALL, hidden=(512, 512)), "CartPole-v1", 64),
        (SMALL, "CartPole-v1", 1),
        (SMALL, "LunarLander-v3", 64),
        (SMALL, "HalfCheetah-v5", 64),
    ],
)
def test_who_can_compute_at_the_same_time_does(
    network: NetworkShape, environment: str, environments: int
) -> None:
    """Networks in torch, large ones, and environments that are not arrays."""
    assert not turns_pay(network, EnvironmentSpec(id=environment), environments)


@pytest.mark.parametrize("environment", ["CartPole-v1", "Acrobot-v1", "Pendulum-v1"])
def test_small_networks_on_environments_in_arrays_take_turns(environment: str) -> None:
    """Gymnasium's and our own."""
    assert turns_pay(SMALL, EnvironmentSpec(id=environment), 64)


def test_without_an_interpreter_lock_there_are_no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads of a free-threaded build run side by side."""
    monkeypatch.setattr("sys._is_gil_enabled", lambda: False, raising=False)

    assert not turns_pay(SMALL, EnvironmentSpec(id="CartPole-v1"), 64)
