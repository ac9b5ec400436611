"""`matinee token`: what scripts authenticate with."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from matinee.cli.token import token
from matinee.settings import Settings, access_token


@pytest.fixture
def command() -> typer.Typer:
    """The command alone."""
    alone = typer.Typer()
    alone.command()(token)
    return alone


def test_the_token_is_printed_alone_and_kept(command: typer.Typer, tmp_path: Path) -> None:
    """It prints nothing but the token that a server on this data folder uses, made if need be and
    readable by its owner alone.
    """
    data_dir = tmp_path / "data"

    first, second = (
        CliRunner().invoke(command, ["--data-dir", str(data_dir)]).stdout for _ in range(2)
    )

    assert first == second == access_token(Settings(data_dir=data_dir)) + "\n"
    assert stat.S_IMODE((data_dir / "token").stat().st_mode) == 0o600


def test_the_variable_wins(command: typer.Typer, tmp_path: Path) -> None:
    """MATINEE_TOKEN is printed where it is set, for the server uses it too."""
    runner = CliRunner(env={"MATINEE_TOKEN": "v" * 32})

    assert runner.invoke(command, ["--data-dir", str(tmp_path)]).stdout == "v" * 32 + "\n"
