"""When more than one process pays."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from matinee.contracts.environments import EnvironmentDescription
from matinee.contracts.run_spec import parse_run_spec
from matinee.runs.process_choice import processes_that_pay

LONG: dict[str, Any] = {"budget": {"env_steps": 100_000_000}, "workers": 3}


def chosen(
    *,
    vectorized: bool = True,
    seen_as: Literal["vector", "image"] = "vector",
    cores: int = 8,
    **fields: Any,
) -> int:
    """For a run with these fields."""
    environment = EnvironmentDescription(
        id="Some-v0", installed=True, trainable=True, vectorized=vectorized, seen_as=seen_as
    )
    spec = parse_run_spec({"environment": {"id": "Some-v0"}, **fields})
    return processes_that_pay(spec, environment, cores=cores)


def test_a_long_run_gets_a_process_for_each_worker_and_core() -> None:
    """Whichever are fewer, and no more than are allowed."""
    assert chosen(**LONG) == 3
    assert chosen(**LONG, cores=2) == 2
    assert chosen(**LONG, cores=1) == 1
    assert chosen(**LONG | {"workers": 64}, cores=64) == 16


@pytest.mark.parametrize(
    "budget",
    [
        {"env_steps": 1_000_000},
        {"env_steps": 100_000_000, "seconds": 10.0},
        {"env_steps": None},
    ],
)
def test_a_short_run_gets_one(budget: dict[str, Any]) -> None:
    """Also one that only its seconds make short, and one without a stated end."""
    assert chosen(**LONG | {"budget": budget}) == 1


def test_what_makes_steps_slow_makes_a_run_long() -> None:
    """The same number of steps: an environment in Python, a large network, or one with memory."""
    budget = {"env_steps": 5_000_000}

    assert chosen(budget=budget) == 1
    assert chosen(budget=budget, vectorized=False) == 2
    assert chosen(budget=budget, network={"hidden": [512, 512]}) == 2
    assert chosen(budget=budget, network={"lstm": 8}) == 2


def test_games_from_pixels_get_one() -> None:
    """Threads step them and learn from them as fast; images that Python makes are another thing."""
    assert chosen(**LONG, seen_as="image") == 1
    assert chosen(**LONG, seen_as="image", vectorized=False) == 3


@pytest.mark.parametrize("fields", [{"algorithm": "ppo"}, {"lockstep": True}])
def test_what_is_for_one_process_gets_one(fields: dict[str, Any]) -> None:
    """Other modes and lockstep refuse more."""
    assert chosen(**LONG | fields) == 1
