"""`matinee backup` and `matinee restore`: what they say, and what they end with."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.data_dirs import furnish_data_dir
from matinee.cli import backup as backup_command
from matinee.cli.backup import backup, restore
from matinee.errors import BackupError, ConflictError
from matinee.journal.schema import run_db
from matinee.runs.folders import RunFolders


def call(*arguments: str) -> Result:
    """`matinee backup …` or `matinee restore …`."""
    app = typer.Typer()
    app.command()(backup)
    app.command()(restore)
    return CliRunner().invoke(app, list(arguments))


def test_there_and_back(tmp_path: Path) -> None:
    """Both say what was copied; the runs are there again."""
    run_id = furnish_data_dir(tmp_path / "data")
    made = call("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "data"), "--verify")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(f"{tmp_path / 'b'}: 1 run, 1 checkpoint, 0.")
    assert made.stdout.endswith(" MB, every byte read back\n")

    looked = call("restore", str(tmp_path / "b"), "--only-verify")
    assert looked.stdout.startswith(f"{tmp_path / 'b'} is whole: 1 run, 1 checkpoint, ")

    back = call("restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"))
    assert back.exit_code == 0
    assert f"{tmp_path / 'new'}: 1 run, 1 checkpoint, " in back.stdout
    assert RunFolders(tmp_path / "new").assemble(run_id).name == "first"


def test_what_is_missing_is_told_and_ends_with_1(tmp_path: Path) -> None:
    """A job of cron hears of it; what could be copied is there all the same."""
    run_id = furnish_data_dir(tmp_path / "data")
    run_db(tmp_path / "data" / "runs" / run_id).write_bytes(b"no database" * 1000)

    made = call("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "data"))

    assert made.exit_code == 1
    assert f"missing: runs/{run_id}: " in made.stderr
    assert call("restore", str(tmp_path / "b"), "--only-verify").exit_code == 0


def test_refusals_are_errors_for_people(tmp_path: Path) -> None:
    """What exists stays, what is no backup is said to be none, what is damaged is not restored."""
    furnish_data_dir(tmp_path / "data")
    (tmp_path / "b").mkdir()
    refused = call("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "data"))
    assert isinstance(refused.exception, ConflictError)
    unknown = call("restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"))
    assert isinstance(unknown.exception, BackupError)


def test_long_work_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no terminal, as a line now and then, on the side."""
    monkeypatch.setattr(backup_command, "_TELL_EVERY_S", 0.0)
    furnish_data_dir(tmp_path / "data")
    made = call("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "data"))
    assert "copying: 0 of 0 MB" in made.stderr
    assert made.stdout.count("\n") == 1
