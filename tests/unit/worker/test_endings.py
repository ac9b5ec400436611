"""In which state a run ends."""

from __future__ import annotations

import pytest

from matinee.contracts.commands import Abort, Interrupt, Stop
from matinee.contracts.run_state import RunState
from matinee.training.outcome import Outcome, StopCause
from matinee.worker.endings import ORDERLY_ENDS, final_state


@pytest.mark.parametrize(
    ("cause", "ending", "state", "reason"),
    [
        (StopCause.STOPPED, Stop(), RunState.STOPPED, "stopped on request"),
        (StopCause.STOPPED, Interrupt(reason="SIGTERM"), RunState.INTERRUPTED, "SIGTERM"),
        (StopCause.ABORTED, Abort(), RunState.ABORTED, "aborted on request"),
        (StopCause.FAILED, Abort(), RunState.ABORTED, "aborted on request"),
        (StopCause.FAILED, Stop(), RunState.FAILED, "why"),
        (StopCause.FINISHED_BUDGET, None, RunState.FINISHED, "why"),
        (StopCause.FINISHED_BUDGET, Stop(), RunState.FINISHED, "why"),
    ],
)
def test_what_ended_first_counts(
    cause: StopCause, ending: Stop | Abort | Interrupt | None, state: RunState, reason: str
) -> None:
    """A budget that was used up before a stop has finished the run; a failure stays one."""
    assert final_state(Outcome(cause=cause, reason="why"), ending) == (state, reason)


def test_a_failure_has_its_traceback() -> None:
    """After its words; and it ends without a checkpoint."""
    outcome = Outcome(cause=StopCause.FAILED, reason="why", traceback_text="where")

    assert final_state(outcome, None) == (RunState.FAILED, "why\n\nwhere")
    assert RunState.FAILED not in ORDERLY_ENDS
