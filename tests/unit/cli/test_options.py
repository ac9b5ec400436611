"""Options that commands share mean the same everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from matinee.cli.options import DataDir
from matinee.settings import read_settings


@pytest.fixture
def echo() -> typer.Typer:
    """A command that prints the data folder that it would use."""
    probe = typer.Typer()

    def command(data_dir: DataDir = None) -> None:
        typer.echo(read_settings(data_dir=data_dir).data_dir)

    probe.command()(command)
    return probe


def test_the_data_folder_flag_wins_over_the_variable(echo: typer.Typer, tmp_path: Path) -> None:
    """`--data-dir` names the data folder; left out, MATINEE_DATA_DIR does."""
    runner = CliRunner(env={"MATINEE_DATA_DIR": str(tmp_path / "variable")})

    assert runner.invoke(echo, []).output.strip() == str(tmp_path / "variable")
    flagged = runner.invoke(echo, ["--data-dir", str(tmp_path / "flag")])
    assert flagged.output.strip() == str(tmp_path / "flag")
