"""The table of threads as the API shows it."""

from __future__ import annotations

from fakes.worker_tables import thread
from matinee.contracts.workers import WorkerProcess, WorkerState, WorkerTable


def test_nobody_runs_after_the_end() -> None:
    """A process that is gone has no running threads; what had become of them before stays."""
    states: list[WorkerState] = ["running", "starting", "paused", "hanging", "finished", "failed"]
    table = WorkerTable(
        threads=[thread(state) for state in states],
        processes=[WorkerProcess(process=1, pid=7, state="running", start_s=1.0)],
    ).after_the_end()

    told = [each.state for each in table.threads]
    assert told == ["lost", "lost", "lost", "hanging", "finished", "failed"]
    assert [each.state for each in table.processes] == ["lost"]
