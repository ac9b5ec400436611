"""Whether a run that has ended can go on, and with which budget."""

from __future__ import annotations

from matinee.contracts.run import Run
from matinee.contracts.run_parts import BudgetSpec
from matinee.errors import FieldError, InvalidInputError


def budget_to_go_on(run: Run, asked: BudgetSpec | None) -> BudgetSpec | None:
    """The budget from now on; None: it stays as it is.

    Args:
        run: As it stands.
        asked: What of its budget shall change: the fields that were really given.

    Raises:
        InvalidInputError: nothing of the budget would be left; with what to give.
    """
    before = run.budget or run.spec.budget
    after = before if asked is None else before.model_copy(update=_given(asked))
    done = run.progress
    fields = []
    if after.env_steps is not None and done.env_steps >= after.env_steps:
        fields.append(
            FieldError(
                ("budget", "env_steps"),
                f"all {after.env_steps:,} env steps are done; allowed: more than "
                f"{done.env_steps:,}, or null for no limit",
            )
        )
    if after.seconds is not None and done.seconds >= after.seconds:
        fields.append(
            FieldError(
                ("budget", "seconds"),
                f"all {after.seconds:g} s of training are over; allowed: more than "
                f"{done.seconds:.1f}, or null for no limit",
            )
        )
    target = after.target_return
    if target is not None and target == before.target_return and done.solved_at is not None:
        fields.append(
            FieldError(
                ("budget", "target_return"),
                f"a mean return of {target:g} was reached at env step "
                f"{done.solved_at.env_steps:,}; allowed: another, or null for none",
            )
        )
    if fields:
        raise InvalidInputError(
            "the run has used up its budget: it needs a larger one to go on",
            fields=fields,
            code="budget_used_up",
        )
    return None if asked is None else after


def _given(asked: BudgetSpec) -> dict[str, object]:
    return {name: getattr(asked, name) for name in asked.model_fields_set}
