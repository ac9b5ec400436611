"""The state machine of a run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.contracts.run_state import (
    ACTIVE_STATES,
    ENDED_STATES,
    LEGAL_TRANSITIONS,
    STARTABLE_STATES,
    STEERABLE_STATES,
    RunState,
    check_transition,
)
from matinee.errors import ConflictError

STATES = st.sampled_from(RunState)


@given(STATES, STATES)
def test_a_step_is_allowed_exactly_if_the_table_has_it(before: RunState, after: RunState) -> None:
    """`check_transition` refuses what the table does not have, and says what it has."""
    if after in LEGAL_TRANSITIONS[before]:
        check_transition(before, after)
        return
    with pytest.raises(ConflictError, match=f"can't go from {before} to {after}") as caught:
        check_transition(before, after)
    assert caught.value.code == "illegal_transition"


@given(st.lists(STATES, max_size=40))
def test_only_what_was_aborted_is_over_for_good(wishes: list[RunState]) -> None:
    """However states are asked for, a run goes on after its end by being queued, or not at all."""
    state = RunState.CREATED
    for wish in wishes:
        try:
            check_transition(state, wish)
        except ConflictError:
            continue
        assert state is not RunState.ABORTED
        assert state not in ENDED_STATES or wish in (RunState.QUEUED, RunState.STARTING)
        state = wish


@given(STATES)
def test_every_state_is_active_ended_or_created(state: RunState) -> None:
    """The named sets divide the states, and every active run can still end any bad way."""
    assert (state in ACTIVE_STATES) + (state in ENDED_STATES) + (state is RunState.CREATED) == 1
    assert STEERABLE_STATES < ACTIVE_STATES
    if state in ACTIVE_STATES:
        assert LEGAL_TRANSITIONS[state] >= {
            RunState.FAILED,
            RunState.INTERRUPTED,
            RunState.ABORTED,
        }
    if state in STARTABLE_STATES:
        assert RunState.QUEUED in LEGAL_TRANSITIONS[state]
