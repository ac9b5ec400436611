"""In which state a run ends, and why in words."""

from __future__ import annotations

from typing import assert_never

from matinee.contracts.commands import Abort, Interrupt, Stop
from matinee.contracts.run_state import RunState
from matinee.training.outcome import Outcome, StopCause

ORDERLY_ENDS = frozenset({RunState.FINISHED, RunState.STOPPED, RunState.INTERRUPTED})
"""Ends with a checkpoint."""


def final_state(
    outcome: Outcome, ending: Stop | Abort | Interrupt | None
) -> tuple[RunState, str | None]:
    """State and reason.

    Args:
        outcome: Of the training.
        ending: What somebody has asked for, if anybody has.
    """
    if isinstance(ending, Abort):
        return RunState.ABORTED, "aborted on request"
    if outcome.cause is StopCause.FAILED:
        trace = f"\n\n{outcome.traceback_text}" if outcome.traceback_text else ""
        return RunState.FAILED, f"{outcome.reason}{trace}"
    match ending:
        case Interrupt():
            return RunState.INTERRUPTED, ending.reason
        case Stop() if outcome.cause in (StopCause.STOPPED, StopCause.REWOUND):
            return RunState.STOPPED, "stopped on request"
        case Stop() | None:
            return RunState.FINISHED, outcome.reason
        case _:
            assert_never(ending)
