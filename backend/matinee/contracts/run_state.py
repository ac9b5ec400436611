"""The states of a run and the steps between them.

    created ─► queued ─► starting ─► running ⇄ paused
                                        └──┬──┘
                                       stopping ─► finished | stopped | interrupted
    aborted, failed and interrupted can follow any active state; stopped and aborted also
    `created` and `queued`. A run that has ended can be queued again, unless it was aborted.

Only the run process reports that it has stopped; only the server reports that it has died.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from matinee.errors import ConflictError


class RunState(StrEnum):
    """Where a run is in its life."""

    CREATED = "created"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    ABORTED = "aborted"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


ENDED_STATES = frozenset(
    {
        RunState.FINISHED,
        RunState.STOPPED,
        RunState.ABORTED,
        RunState.FAILED,
        RunState.INTERRUPTED,
    }
)
"""The run process is gone and the record is complete."""

ACTIVE_STATES = frozenset(
    {RunState.QUEUED, RunState.STARTING, RunState.RUNNING, RunState.PAUSED, RunState.STOPPING}
)
"""A run process exists or is about to."""

HOSTED_STATES = ACTIVE_STATES - {RunState.QUEUED}
"""A run process writes the record."""

TRAINING_STATES = frozenset({RunState.RUNNING, RunState.PAUSED, RunState.STOPPING})
"""A run process has threads that train, or that did until a moment ago."""

STEERABLE_STATES = frozenset({RunState.STARTING, RunState.RUNNING, RunState.PAUSED})
"""A run process takes commands."""

STARTABLE_STATES = frozenset({RunState.CREATED, *ENDED_STATES}) - {RunState.ABORTED}
"""`start` leads somewhere."""

_UNEXPECTED_ENDS = frozenset({RunState.ABORTED, RunState.FAILED, RunState.INTERRUPTED})

LEGAL_TRANSITIONS: MappingProxyType[RunState, frozenset[RunState]] = MappingProxyType(
    {
        RunState.CREATED: frozenset(
            {RunState.QUEUED, RunState.STARTING, RunState.STOPPED, RunState.ABORTED}
        ),
        RunState.QUEUED: frozenset({RunState.STARTING, RunState.STOPPED}) | _UNEXPECTED_ENDS,
        RunState.STARTING: frozenset({RunState.RUNNING, RunState.PAUSED, RunState.STOPPING})
        | _UNEXPECTED_ENDS,
        RunState.RUNNING: frozenset({RunState.PAUSED, RunState.STOPPING}) | _UNEXPECTED_ENDS,
        RunState.PAUSED: frozenset({RunState.RUNNING, RunState.STOPPING}) | _UNEXPECTED_ENDS,
        RunState.STOPPING: frozenset({RunState.FINISHED, RunState.STOPPED}) | _UNEXPECTED_ENDS,
        RunState.FINISHED: frozenset({RunState.QUEUED}),
        RunState.STOPPED: frozenset({RunState.QUEUED}),
        RunState.ABORTED: frozenset(),
        RunState.FAILED: frozenset({RunState.QUEUED}),
        RunState.INTERRUPTED: frozenset({RunState.QUEUED, RunState.STARTING}),
    }
)


def check_transition(before: RunState, after: RunState) -> None:
    """Refuse a step that the table does not have.

    Raises:
        ConflictError: with code `illegal_transition`.
    """
    if after not in LEGAL_TRANSITIONS[before]:
        allowed = ", ".join(sorted(LEGAL_TRANSITIONS[before])) or "none: it has ended"
        raise ConflictError(
            f"a run can't go from {before} to {after}; allowed next: {allowed}",
            code="illegal_transition",
        )
