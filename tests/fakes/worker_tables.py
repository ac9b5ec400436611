"""Rows of a table of threads."""

from __future__ import annotations

from matinee.contracts.workers import WorkerState, WorkerThread


def thread(state: WorkerState) -> WorkerThread:
    """A thread of this state."""
    return WorkerThread(
        thread="actor-learner-0",
        role="actor-learner",
        worker=0,
        process=0,
        state=state,
        env_steps=0,
        steps_per_second=0.0,
        updates=0,
        updates_per_second=0.0,
        episodes=0,
        last_return=None,
        policy_lag=None,
        silent_s=None,
        usual_interval_s=None,
    )
