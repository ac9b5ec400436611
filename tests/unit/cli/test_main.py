"""The entry point: version, help, and how errors are told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from matinee import __version__
from matinee.cli import main
from matinee.cli.main import app, typer_app
from matinee.errors import FieldError, InvalidInputError, MatineeError


def failing(error: MatineeError) -> typer.Typer:
    """A program that does nothing but raise."""
    program = typer.Typer()

    def command() -> None:
        raise error

    program.command()(command)
    return program


def exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """Run the program in this process."""
    monkeypatch.setattr(sys, "argv", ["matinee", *arguments])
    with pytest.raises(SystemExit) as ended:
        app()
    return ended.value.code


def test_the_version_is_printed() -> None:
    """`--version` prints the package's version and does nothing else."""
    result = CliRunner().invoke(typer_app, ["--version"])

    assert (result.exit_code, result.output) == (0, f"matinee {__version__}\n")


def test_every_command_is_there() -> None:
    """The help lists every command."""
    output = CliRunner().invoke(typer_app, ["--help"]).output

    assert [
        c for c in ("serve", "train", "runs", "token", "schema") if f" {c} " not in output
    ] == []


def test_wrong_input_is_told_field_by_field(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input ends with exit code 2 and a line for every wrong field, without a traceback."""
    error = InvalidInputError("it is wrong", fields=[FieldError(("a", 0), "only 1 is allowed")])
    monkeypatch.setattr(main, "typer_app", failing(error))

    assert exit_code(monkeypatch) == 2
    assert capsys.readouterr().err == "matinee: it is wrong\n  a.0: only 1 is allowed\n"


def test_other_errors_are_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else Matinee raises on purpose ends with exit code 1 and its message alone."""
    monkeypatch.setattr(main, "typer_app", failing(MatineeError("it went wrong")))

    assert exit_code(monkeypatch) == 1
    assert capsys.readouterr().err == "matinee: it went wrong\n"


def test_a_data_folder_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file in place of the data folder is bad input, with advice, not a traceback."""
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    assert exit_code(monkeypatch, "token", "--data-dir", str(in_the_way)) == 2
    assert "--data-dir" in capsys.readouterr().err
