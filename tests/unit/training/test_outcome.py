"""How a training ended."""

from __future__ import annotations

from matinee.training.outcome import Outcome, StopCause, outcome_despite


def test_only_a_failure_carries_an_error() -> None:
    """An end without one is no failure, and the causes read as the host writes them."""
    assert Outcome(StopCause.STOPPED, "asked to").error is None
    assert {str(cause) for cause in StopCause} == {
        "finished_budget",
        "finished_target",
        "stopped",
        "aborted",
        "failed",
        "rewound",
    }


def test_who_does_not_stop_fails_the_run_but_not_who_has_not_started() -> None:
    """Only those that have begun have hung, and test episodes are no part of the training."""
    stacks = {"actor-learner-1": "in step", "actor-learner-0": "in reset"}

    hung = outcome_despite(
        stacks,
        starting={"actor-learner-0"},
        evaluating={"evaluation"},
        cause=StopCause.STOPPED,
        reason="asked to",
    )
    late = outcome_despite(
        stacks | {"evaluation": "in step"},
        starting=set(stacks),
        evaluating={"evaluation"},
        cause=StopCause.STOPPED,
        reason="asked to",
    )

    assert (hung.cause, hung.reason) == (
        StopCause.FAILED,
        "actor-learner-1 did not stop in time",
    )
    assert hung.traceback_text == "actor-learner-1:\nin step"
    assert late.cause is StopCause.STOPPED
    assert late.reason.split("; ") == [
        "asked to",
        "actor-learner-0, actor-learner-1 had not started yet",
        "evaluation had not ended its test episodes",
    ]
