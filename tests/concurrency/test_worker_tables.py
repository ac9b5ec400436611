"""What a whole run leaves behind about its threads."""

from __future__ import annotations

from pathlib import Path

from fakes.hosting import hosted
from matinee.journal.reader import JournalReader

ENV = "Probe/Endless-v0"


def test_every_thread_is_told_of(data_dir: Path, runtime_dir: Path) -> None:
    """The record ends with a table whose counts add up to the run's, all threads finished."""
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec={"workers": 2}) as run:
        run.finish()
    table, progress = JournalReader(run.run_dir).workers(), run.snapshot.progress

    assert [each.state for each in table.threads] == ["finished", "finished"]
    assert sum(each.env_steps for each in table.threads) == progress.env_steps
    assert sum(each.episodes for each in table.threads) == progress.episodes
    assert sum(each.updates for each in table.threads) == progress.updates


def test_the_thread_that_failed_is_told_with_its_traceback(
    data_dir: Path, runtime_dir: Path
) -> None:
    """Who looks later sees which worker failed, and where in its environment."""
    environment = {"id": "Probe/Faulty-v0", "kwargs": {"fault": "raise", "after": 200}}
    spec = {"environment": environment, "workers": 2}
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        run.finish()
    table = JournalReader(run.run_dir).workers()
    failed = [each for each in table.threads if each.state == "failed"]

    assert failed
    assert "Traceback" in (failed[0].error or "")
    assert {each.state for each in table.threads} <= {"failed", "finished"}
