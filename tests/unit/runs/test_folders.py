"""Where runs live on disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.records import NOW, SPEC
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import CommandState, Start
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import AppliedHyperparameter, RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import JournalError, NotFoundError
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import MAKING_TIMEOUT, RunDetails, RunFolders
from matinee.runs.steering import new_command


def make(folders: RunFolders, *, started: bool = False) -> str:
    """A run on disk."""
    run_id = new_ulid()
    command = new_command(run_id, Start(), new_ulid(), actor="token") if started else None
    folders.create(
        run_id, spec=SPEC, details=RunDetails(name="mine"), created_at=NOW, start=command
    )
    return run_id


def test_a_run_is_what_its_folder_says(data_dir: Path) -> None:
    """A run is assembled from its record and its details, and from nothing else."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    run = folders.assemble(run_id)

    assert (run.id, run.name, run.spec, run.created_at) == (run_id, "mine", SPEC, NOW)
    assert (run.state, run.last_seq, run.revision) == (RunState.CREATED, 1, 1)
    assert list(folders.run_ids()) == [run_id]
    assert folders.path(run_id).stat().st_mode & 0o077 == 0


def test_a_run_is_shown_in_its_present_mode(data_dir: Path) -> None:
    """Until it trains that is the spec's; afterwards what is applied, and the spec stays."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    assert folders.assemble(run_id).algorithm is SPEC.algorithm

    with JournalWriter(folders.path(run_id)) as writer:
        changed = AppliedHyperparameter(setting="ppo", value="ppo", since_env_step=10)
        writer.set_snapshot(
            RunSnapshot(state=RunState.RUNNING, hyperparameters={"algorithm": changed})
        )
        writer.commit()

    run = folders.assemble(run_id)
    assert run.algorithm is Algorithm.PPO
    assert run.spec.algorithm is SPEC.algorithm


def test_a_run_is_shown_with_its_present_thresholds(data_dir: Path) -> None:
    """Until somebody changes them they are the spec's, which stay there."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    assert folders.assemble(run_id).alert_thresholds == SPEC.alerts

    with JournalWriter(folders.path(run_id)) as writer:
        writer.set_snapshot(
            RunSnapshot(state=RunState.RUNNING, alert_thresholds={"policy_lag": 50.0})
        )
        writer.commit()

    run = folders.assemble(run_id)
    assert run.alert_thresholds == {"policy_lag": 50.0}
    assert run.spec.alerts == SPEC.alerts


def test_a_started_run_is_queued_with_its_command(data_dir: Path) -> None:
    """Made to start, a run is queued, and the ledger has the command as accepted."""
    folders = RunFolders(data_dir)
    run_id = make(folders, started=True)
    (start,) = folders.reader(run_id).open_commands()
    assert start.state is CommandState.ACCEPTED
    assert folders.assemble(run_id).state is RunState.QUEUED


def test_newest_runs_come_last(data_dir: Path) -> None:
    """Ids sort by time of creation."""
    folders = RunFolders(data_dir)
    assert list(folders.run_ids()) == []
    ids = [make(folders) for _ in range(3)]
    assert list(folders.run_ids()) == ids


@pytest.mark.parametrize(
    "name",
    ["..", "../runs", "", ".", "x", "01ARZ3NDEKTSV4RRFFQ69G5FA/", "01arz3ndektsv4rrffq69g5fav"],
)
def test_only_our_ids_name_folders(data_dir: Path, name: str) -> None:
    """No path, and nothing that is not an id of ours, leads anywhere."""
    folders = RunFolders(data_dir)
    make(folders)
    with pytest.raises(NotFoundError) as caught:
        folders.path(name)
    assert caught.value.code == "run_not_found"


def test_a_failed_making_leaves_nothing(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full half-way, no half run stays behind."""
    folders = RunFolders(data_dir)

    def refuse(_writer: JournalWriter) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(JournalWriter, "commit", refuse)
    with pytest.raises(OSError, match="no space"):
        make(folders)
    assert list(folders.root.iterdir()) == []


def test_details_are_replaced_whole(data_dir: Path) -> None:
    """What people edit is in a file of its own, complete at any time."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    folders.save_details(run_id, RunDetails(name="new", tags=["a"], revision=2))
    assert folders.details(run_id) == RunDetails(name="new", tags=["a"], revision=2)
    assert [path.name for path in folders.path(run_id).glob("details*")] == ["details.json"]


@pytest.mark.parametrize("content", ["", "[]", '{"name": 3}', '{"name": "x", "colour": "red"}'])
def test_damaged_details_are_that_runs_problem(data_dir: Path, content: str) -> None:
    """A details file that somebody broke is a JournalError that names it."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    (folders.path(run_id) / "details.json").write_text(content)
    with pytest.raises(JournalError, match=r"details\.json"):
        folders.assemble(run_id)


def test_a_deleted_run_is_gone(data_dir: Path) -> None:
    """Deleting removes the folder with everything in it."""
    folders = RunFolders(data_dir)
    run_id = make(folders)
    (folders.path(run_id) / "checkpoints" / "x").mkdir(parents=True)
    folders.delete(run_id)
    assert list(folders.root.iterdir()) == []
    with pytest.raises(NotFoundError):
        folders.delete(run_id)


def test_leftovers_of_a_crash_are_swept(data_dir: Path) -> None:
    """Half-made and half-deleted runs go at the next start; what is just being made stays."""
    folders = RunFolders(data_dir)
    folders.sweep()
    run_id = make(folders)
    old, young, deleted = (
        folders.root / f".{kind}-{new_ulid()}" for kind in ("new", "new", "deleted")
    )
    for folder in (old, young, deleted):
        folder.mkdir()
        (folder / "run.db").touch()
    long_ago = (datetime.now(UTC) - 2 * MAKING_TIMEOUT - timedelta(seconds=1)).timestamp()
    os.utime(old, (long_ago, long_ago))
    folders.sweep()
    assert sorted(folders.root.iterdir()) == sorted([young, folders.root / run_id])
