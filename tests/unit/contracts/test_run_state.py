"""The state machine: closed, without dead ends, and its named sets agree with its table."""

from __future__ import annotations

import itertools

import pytest

from matinee.contracts.run_state import (
    ACTIVE_STATES,
    ENDED_STATES,
    HOSTED_STATES,
    LEGAL_TRANSITIONS,
    STARTABLE_STATES,
    STEERABLE_STATES,
    RunState,
    check_transition,
)
from matinee.errors import ConflictError


def test_every_step_is_either_legal_or_refused() -> None:
    """A step passes exactly if the table has it; a refusal says what would be allowed."""
    for before, after in itertools.product(RunState, RunState):
        if after in LEGAL_TRANSITIONS[before]:
            check_transition(before, after)
            continue
        with pytest.raises(ConflictError) as caught:
            check_transition(before, after)
        assert caught.value.code == "illegal_transition"
        for allowed in LEGAL_TRANSITIONS[before]:
            assert allowed.value in str(caught.value)


def test_every_state_is_created_active_or_ended() -> None:
    """The named sets part the states: none is forgotten, none counts twice."""
    assert set(RunState) == {RunState.CREATED} | ACTIVE_STATES | ENDED_STATES
    assert not ACTIVE_STATES & ENDED_STATES
    assert STEERABLE_STATES < HOSTED_STATES < ACTIVE_STATES
    assert {RunState.QUEUED} == ACTIVE_STATES - HOSTED_STATES


def test_only_an_abort_is_final() -> None:
    """No step leaves `aborted`; every other end can be followed by a new start."""
    for state in ENDED_STATES:
        assert (RunState.QUEUED in LEGAL_TRANSITIONS[state]) is (state is not RunState.ABORTED)


def test_a_startable_run_can_be_queued() -> None:
    """Where `start` is offered, the step that it takes exists."""
    for state in STARTABLE_STATES:
        assert RunState.QUEUED in LEGAL_TRANSITIONS[state]


def test_a_dead_process_can_always_be_told() -> None:
    """From every state in which a process may exist the server can report that it died."""
    for state in ACTIVE_STATES:
        assert {RunState.FAILED, RunState.INTERRUPTED} <= LEGAL_TRANSITIONS[state]


def test_every_state_can_be_reached() -> None:
    """A walk from `created` visits every state."""
    seen, frontier = {RunState.CREATED}, {RunState.CREATED}
    while frontier:
        frontier = {after for before in frontier for after in LEGAL_TRANSITIONS[before]} - seen
        seen |= frontier

    assert seen == set(RunState)
