"""The data directory, examined and repaired."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakes.old_records import old_record
from fakes.records import NOW, SPEC, episodes
from matinee.contracts.events import CheckpointSaved, RunStateChanged
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.journal.schema import CHECKPOINTS, SCHEMA_VERSION, run_db
from matinee.journal.writer import JournalWriter
from matinee.runs import doctor as doctor_module
from matinee.runs.doctor import DESERTED, Diagnosis, Doctor
from matinee.runs.folders import RunDetails, RunFolders


@pytest.fixture
def run_id(tmp_path: Path) -> str:
    """A run with 40 episodes."""
    made = new_ulid()
    folders = RunFolders(tmp_path)
    folders.create(made, spec=SPEC, details=RunDetails(name="run"), created_at=NOW, start=None)
    with JournalWriter(folders.path(made)) as writer:
        writer.append_episodes(episodes([1.0] * 40), updates=1)
    return made


@pytest.fixture(autouse=True)
def roomy_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine's disk is like."""
    monkeypatch.setattr(doctor_module, "LITTLE_SPACE_BYTES", 0)


def unserved(data_dir: Path) -> Doctor:
    """Of a data directory that no server looks after."""
    return Doctor(data_dir, is_served=lambda: False)


def codes(found: list[Diagnosis]) -> list[str]:
    """Kinds of what was found."""
    return [diagnosis.finding.code for diagnosis in found]


def test_a_whole_data_directory_has_nothing(tmp_path: Path, run_id: str) -> None:
    """Nothing is said of a run that is as it should be, alone or among all."""
    assert list(unserved(tmp_path).examine()) == []
    assert list(unserved(tmp_path).examine(run_id)) == []


def test_a_damaged_record_is_made_anew(tmp_path: Path, run_id: str) -> None:
    """What is wrong with a record is told with its run, and repaired beside the old file."""
    run_dir = tmp_path / "runs" / run_id
    with closing(sqlite3.connect(run_db(run_dir))) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq = 1")
    doctor = unserved(tmp_path)
    (found,) = doctor.examine()
    assert (found.where, found.finding.code) == (run_id, "events_missing")

    done = doctor.repair(found)

    assert done is not None
    assert "run.db.damaged-" in done
    assert list(doctor.examine()) == []


def test_a_run_that_is_written_is_only_looked_at(tmp_path: Path, run_id: str) -> None:
    """Nothing is repaired under the hands of the process that writes it."""
    run_dir = tmp_path / "runs" / run_id
    with closing(sqlite3.connect(run_db(run_dir))) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq = 1")
    doctor = unserved(tmp_path)
    with JournalWriter(run_dir):
        (found,) = doctor.examine()
        assert not found.finding.repairable
        assert "a process is writing it" in found.finding.what
        assert doctor.repair(found) is None


def test_an_old_layout_is_brought_forward(tmp_path: Path) -> None:
    """A record of an older Matinee needs no new run to be migrated."""
    run_dir = old_record(tmp_path / "runs" / new_ulid(), 1)
    (run_dir / "details.json").write_text(RunDetails(name="old").model_dump_json())
    doctor = unserved(tmp_path)
    found = list(doctor.examine())
    # Its checkpoint's folder is not part of the fixture.
    assert codes(found) == ["old_layout", "checkpoint_damaged"]
    assert doctor.repair(found[0]) == f"brought to version {SCHEMA_VERSION}"
    assert codes(list(doctor.examine())) == ["checkpoint_damaged"]


def test_details_that_nobody_understands_are_made_anew(tmp_path: Path, run_id: str) -> None:
    """A run whose name was lost gets another."""
    (tmp_path / "runs" / run_id / "details.json").write_text("{")
    doctor = unserved(tmp_path)
    (found,) = doctor.examine()
    assert found.finding.code == "details_unreadable"
    assert doctor.repair(found)
    assert list(doctor.examine()) == []


@pytest.mark.parametrize(
    ("manifest", "words"), [(None, "No such file"), (b"{}", "can't be understood")]
)
def test_a_damaged_checkpoint_is_told(
    tmp_path: Path, run_id: str, manifest: bytes | None, words: str
) -> None:
    """What can't be gone on from is known before anybody tries."""
    run_dir = tmp_path / "runs" / run_id
    with JournalWriter(run_dir) as writer:
        writer.append(CheckpointSaved, env_step=1, checkpoint_id="c", cause="end", size_bytes=1)
    folder = run_dir / CHECKPOINTS / "c"
    folder.mkdir(parents=True)
    if manifest is not None:
        (folder / "manifest.json").write_bytes(manifest)
    (found,) = unserved(tmp_path).examine()
    assert found.finding.code == "checkpoint_damaged"
    assert words in found.finding.what


def test_a_damaged_catalogue_is_moved_away(tmp_path: Path) -> None:
    """It is only an index: the next server makes it again."""
    (tmp_path / "catalogue.db").write_bytes(b"no database " * 500)
    doctor = unserved(tmp_path)
    (found,) = doctor.examine()
    assert found.finding.code == "catalogue_damaged"
    assert doctor.repair(found)
    assert list(doctor.examine()) == []
    assert (tmp_path / "catalogue.db.damaged").exists()


def test_the_disk_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of another machine, or one that is nearly full, is told, and can't be repaired."""
    monkeypatch.setattr(doctor_module, "LITTLE_SPACE_BYTES", 1 << 60)
    monkeypatch.setattr(doctor_module, "network_filesystem", lambda _: "nfs4")
    doctor = unserved(tmp_path)
    found = list(doctor.examine())
    assert codes(found) == ["network_disk", "little_space"]
    assert [doctor.repair(each) for each in found] == [None, None]


def has_begun(run_dir: Path, state: RunState) -> None:
    """A run that its record calls active."""
    with JournalWriter(run_dir) as writer:
        writer.append(
            RunStateChanged, env_step=0, state=state, previous_state=RunState.STARTING, reason=None
        )
        snapshot, _ = JournalReader(run_dir).snapshot()
        writer.set_snapshot(snapshot.model_copy(update={"state": state}))


@pytest.mark.parametrize("state", [RunState.STARTING, RunState.RUNNING, RunState.PAUSED])
def test_a_deserted_run_is_interrupted(tmp_path: Path, run_id: str, state: RunState) -> None:
    """A run that nobody works at is told as such, and can be resumed after the repair."""
    run_dir = tmp_path / "runs" / run_id
    has_begun(run_dir, state)
    (found,) = unserved(tmp_path).examine()
    assert found.finding.code == DESERTED
    assert f"says {state.value}" in found.finding.what

    assert unserved(tmp_path).repair(found)

    snapshot, _ = JournalReader(run_dir).snapshot()
    assert snapshot.state is RunState.INTERRUPTED
    assert "matinee doctor" in (snapshot.reason or "")
    assert list(unserved(tmp_path).examine()) == []


def test_a_run_that_somebody_works_at_is_not_deserted(tmp_path: Path, run_id: str) -> None:
    """Neither one whose process holds the record, nor one that a server watches or may start."""
    run_dir = tmp_path / "runs" / run_id
    has_begun(run_dir, RunState.RUNNING)
    assert list(Doctor(tmp_path, is_served=lambda: True).examine()) == []
    with JournalWriter(run_dir):
        assert list(unserved(tmp_path).examine()) == []
    has_begun(run_dir, RunState.QUEUED)
    assert list(unserved(tmp_path).examine()) == []
