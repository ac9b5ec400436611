"""`matinee doctor`: what it says, and what it ends with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.records import NOW, SPEC
from matinee.cli.doctor import doctor
from matinee.contracts.identifiers import new_ulid
from matinee.journal.schema import run_db
from matinee.runs import doctor as doctor_module
from matinee.runs.folders import RunDetails, RunFolders


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that lacks an event."""
    monkeypatch.setattr(doctor_module, "LITTLE_SPACE_BYTES", 0)
    run_id = new_ulid()
    folders = RunFolders(tmp_path)
    folders.create(run_id, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None)
    with closing(sqlite3.connect(run_db(folders.path(run_id)))) as connection, connection:
        connection.execute("INSERT INTO events VALUES (3, 1.0, 0, 'log_written', '{}')")
    return run_id


def examine(data_dir: Path, *flags: str) -> Result:
    """Call it."""
    alone = typer.Typer()
    alone.command()(doctor)
    return CliRunner().invoke(alone, ["--data-dir", str(data_dir), *flags])


def test_findings_are_told_and_end_with_1(tmp_path: Path, damaged: str) -> None:
    """A script can tell from the exit code that something is wrong; nothing is changed."""
    result = examine(tmp_path)
    assert result.exit_code == 1
    assert f"{damaged}: 1 of 3 events are missing (--repair can mend this)" in result.stdout
    assert examine(tmp_path, damaged).stdout == result.stdout


def test_a_repair_ends_with_0(tmp_path: Path, damaged: str) -> None:
    """What was repaired is no finding any more."""
    result = examine(tmp_path, "--repair")
    assert result.exit_code == 0
    assert "repaired: made anew" in result.stdout
    assert examine(tmp_path).stdout == "all is well\n"
    assert damaged in result.stdout


def test_findings_as_json(tmp_path: Path, damaged: str) -> None:
    """One document a line, for scripts."""
    (line,) = examine(tmp_path, "--json").stdout.splitlines()
    assert json.loads(line) == {
        "where": damaged,
        "code": "events_missing",
        "what": "1 of 3 events are missing",
        "repairable": True,
        "repaired": None,
    }


def test_a_data_directory_that_is_not_there_is_well(tmp_path: Path) -> None:
    """Where nothing is, nothing is wrong, and nothing is made."""
    assert examine(tmp_path / "none").exit_code == 0
    assert not (tmp_path / "none").exists()


def test_damaged_tokens_are_told_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has access can't be made anew from anything else, so not even a repair touches it."""
    monkeypatch.setattr(doctor_module, "LITTLE_SPACE_BYTES", 0)
    (tmp_path / "tokens.json").write_text("{")

    result = examine(tmp_path, "--repair")

    assert result.exit_code == 1
    assert "tokens.json is damaged" in result.stdout
    assert (tmp_path / "tokens.json").read_text() == "{"
