"""Whether a run that has ended can go on."""

from __future__ import annotations

import pytest

from fakes.run_use_cases import make_run
from matinee.contracts.progress import Progress, SolvedAt
from matinee.contracts.run import Run
from matinee.contracts.run_parts import BudgetSpec
from matinee.errors import InvalidInputError
from matinee.runs.going_on import budget_to_go_on

SOLVED = SolvedAt(env_steps=900, seconds=9.0)


def ended(budget: BudgetSpec, *, env_steps: int = 1000, solved_at: SolvedAt | None = None) -> Run:
    """After so many env steps and ten seconds."""
    progress = Progress(env_steps=env_steps, seconds=10.0, solved_at=solved_at)
    return make_run(budget=budget, progress=progress)


def test_what_is_left_of_a_budget_is_enough() -> None:
    """Stopped half-way, a run needs no other budget."""
    assert budget_to_go_on(ended(BudgetSpec(env_steps=2000)), None) is None


def test_only_what_was_given_changes() -> None:
    """Null is no limit; what was left out stays."""
    run = ended(BudgetSpec(env_steps=1000, seconds=60, target_return=5.0))

    assert budget_to_go_on(run, BudgetSpec(env_steps=3000)) == BudgetSpec(
        env_steps=3000, seconds=60, target_return=5.0
    )
    assert budget_to_go_on(run, BudgetSpec(env_steps=None)) == BudgetSpec(
        env_steps=None, seconds=60, target_return=5.0
    )


@pytest.mark.parametrize(
    ("budget", "asked", "field", "words"),
    [
        (BudgetSpec(env_steps=1000), None, "env_steps", "more than 1,000"),
        (BudgetSpec(env_steps=1000), BudgetSpec(env_steps=900), "env_steps", "more than 1,000"),
        (BudgetSpec(env_steps=None, seconds=8), None, "seconds", "more than 10.0"),
        (BudgetSpec(env_steps=None, target_return=5), None, "target_return", "at env step 900"),
        (
            BudgetSpec(env_steps=1000),
            BudgetSpec(seconds=99),
            "env_steps",
            "all 1,000 env steps are done",
        ),
    ],
)
def test_a_budget_that_is_used_up_is_named(
    budget: BudgetSpec, asked: BudgetSpec | None, field: str, words: str
) -> None:
    """With the figures, and what is allowed."""
    with pytest.raises(InvalidInputError) as caught:
        budget_to_go_on(ended(budget, solved_at=SOLVED), asked)

    assert caught.value.code == "budget_used_up"
    (error,) = caught.value.fields
    assert error.loc == ("budget", field)
    assert words in error.message


def test_another_target_can_be_aimed_at() -> None:
    """A run that reached its target goes on to a higher one, or without one."""
    run = ended(BudgetSpec(env_steps=None, target_return=5.0), solved_at=SOLVED)

    higher = budget_to_go_on(run, BudgetSpec(target_return=9.0))
    assert higher is not None
    assert higher.target_return == 9.0
    without = budget_to_go_on(run, BudgetSpec(target_return=None))
    assert without is not None
    assert without.target_return is None
