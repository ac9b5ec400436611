"""What ends a run by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from matinee.contracts.progress import SolvedAt
from matinee.contracts.run_parts import BudgetSpec
from matinee.training.budget import Budget
from matinee.training.clock import TrainingClock
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause


def budget_at(
    spec: BudgetSpec,
    *,
    env_steps: int,
    seconds: float,
    on_wake: Callable[[], None] = lambda: None,
) -> tuple[Budget, TrainingControl]:
    """A budget of which so much is used."""
    counter, clock = SlotCounter(1, base=env_steps), TrainingClock(seconds=seconds)
    control = TrainingControl(
        clock=clock, env_steps=counter, updates=SlotCounter(1), on_wake=on_wake
    )
    return Budget(spec, env_steps=counter, clock=clock, control=control), control


@pytest.mark.parametrize(
    ("env_steps", "seconds", "ends"), [(99, 9.9, False), (100, 0.0, True), (0, 10.0, True)]
)
def test_whichever_part_is_used_up_first_ends_it(
    env_steps: int, seconds: float, *, ends: bool
) -> None:
    """Env steps or seconds."""
    budget, control = budget_at(
        BudgetSpec(env_steps=100, seconds=10.0), env_steps=env_steps, seconds=seconds
    )

    budget.check()

    assert control.stop_cause is (StopCause.FINISHED_BUDGET if ends else None)


def test_a_budget_that_is_used_up_wakes_the_host_once() -> None:
    """However often the host asks afterwards, or it would look without end."""
    wakes: list[str] = []
    budget, _ = budget_at(
        BudgetSpec(env_steps=100, seconds=10.0),
        env_steps=100,
        seconds=10.0,
        on_wake=lambda: wakes.append("woken"),
    )

    for _ in range(3):
        budget.check()

    assert wakes == ["woken"]


def test_without_a_budget_it_never_ends() -> None:
    """Until somebody stops it; and there is no share of nothing."""
    budget, control = budget_at(BudgetSpec(env_steps=None), env_steps=10**11, seconds=1e9)

    budget.check()
    budget.check_target(SolvedAt(env_steps=1, seconds=1.0))

    assert control.stop_cause is None
    assert budget.fraction() is None


def test_a_target_ends_it() -> None:
    """With the env step at which it was reached in the reason."""
    budget, control = budget_at(BudgetSpec(target_return=475.0), env_steps=0, seconds=0)

    budget.check_target(None)
    assert not control.stopping.is_set()
    budget.check_target(SolvedAt(env_steps=1234, seconds=1.0))

    assert control.stop_cause is StopCause.FINISHED_TARGET
    assert "475" in control.stop_reason
    assert "1,234" in control.stop_reason


def test_the_share_is_that_of_the_part_nearest_its_end() -> None:
    """And never more than 1."""
    spec = BudgetSpec(env_steps=100, seconds=10.0)

    assert budget_at(spec, env_steps=20, seconds=7.0)[0].fraction() == pytest.approx(0.7)
    assert budget_at(spec, env_steps=150, seconds=7.0)[0].fraction() == 1.0
