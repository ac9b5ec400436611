"""How a training ended."""

from __future__ import annotations

from matinee.training.outcome import Outcome, StopCause


def test_only_a_failure_carries_an_error() -> None:
    """An end without one is no failure, and the causes read as the host writes them."""
    assert Outcome(StopCause.STOPPED, "asked to").error is None
    assert {str(cause) for cause in StopCause} == {
        "finished_budget",
        "finished_target",
        "stopped",
        "aborted",
        "failed",
    }
