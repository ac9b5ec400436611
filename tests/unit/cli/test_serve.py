"""`matinee serve`: from flags to settings."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from matinee.bootstrap import serving
from matinee.cli.serve import serve
from matinee.errors import InvalidInputError
from matinee.settings import Settings

Served = list[tuple[Settings, dict[str, Any]]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """What the server would have been started with."""
    calls: Served = []

    def remember(settings: Settings, **options: Any) -> None:
        calls.append((settings, options))

    monkeypatch.setattr(serving, "run_server", remember)
    return calls


@pytest.fixture
def command() -> typer.Typer:
    """The command alone."""
    alone = typer.Typer()
    alone.command()(serve)
    return alone


def test_every_flag_reaches_the_server(
    served: Served, command: typer.Typer, tmp_path: Path
) -> None:
    """Each flag sets what it names."""
    flags = f"--host ::1 --port 0 --data-dir {tmp_path} --open --keep-runs --insecure"
    arguments = [*flags.split(), "--behind-proxy", "--log-file", str(tmp_path / "log")]
    arguments += ["--path-prefix", "/matinee"]
    arguments += ["--tls-certificate", str(tmp_path / "c"), "--tls-key", str(tmp_path / "k")]

    assert CliRunner().invoke(command, arguments).exit_code == 0

    settings, options = served[0]
    assert (settings.host, settings.port, settings.data_dir) == ("::1", 0, tmp_path)
    assert settings.keep_runs
    assert settings.insecure
    assert settings.behind_proxy
    assert settings.path_prefix == "/matinee"
    assert (settings.tls_certificate, settings.tls_key) == (tmp_path / "c", tmp_path / "k")
    assert options == {"open_page": True, "log_file": tmp_path / "log"}


def test_without_flags_the_server_keeps_to_this_machine(
    served: Served, command: typer.Typer
) -> None:
    """The defaults: loopback, port 8000, no browser, runs end with the server."""
    assert CliRunner().invoke(command, []).exit_code == 0

    settings, options = served[0]
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.keep_runs, settings.insecure, settings.behind_proxy) == (False, False, False)
    assert options == {"open_page": False, "log_file": None}


def test_flags_left_out_leave_the_variables_alone(served: Served, command: typer.Typer) -> None:
    """A variable holds unless its flag is given, in either direction."""
    runner = CliRunner(env={"MATINEE_KEEP_RUNS": "true", "MATINEE_PORT": "9000"})

    assert runner.invoke(command, []).exit_code == 0
    assert runner.invoke(command, ["--end-runs", "--port", "1"]).exit_code == 0

    assert [(s.keep_runs, s.port) for s, _ in served] == [(True, 9000), (False, 1)]


def test_a_wrong_port_is_named(served: Served, command: typer.Typer) -> None:
    """A port that does not exist is refused before anything is started."""
    error = CliRunner().invoke(command, ["--port", "65536"]).exception

    assert isinstance(error, InvalidInputError)
    assert [field.loc for field in error.fields] == [("port",)]
    assert served == []


def test_the_server_is_left_with_little_to_look_through(
    served: Served, command: typer.Typer, tmp_path: Path, memory_asked: list[str]
) -> None:
    """One heap before anything else; garbage is collected again once the server begins, but not
    among what imports have made.
    """
    result = CliRunner().invoke(command, ["--data-dir", str(tmp_path)])

    assert result.exit_code == 0
    assert len(served) == 1
    assert gc.isenabled()
    assert memory_asked == ["one heap", "imports set apart"]
