"""`matinee runs` on a data folder that no server looks after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fakes.records import NOW, SPEC
from fakes.run_use_cases import make_run
from matinee.cli.runs import runs_app
from matinee.contracts.alert_rule import AlertSeverity
from matinee.contracts.alerts import RaisedAlert
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.progress import Progress
from matinee.contracts.run import Run, RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, InvalidInputError, NotFoundError
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

OLDER = "01AAAAAAAAAAAAAAAAAAAAAAA1"
NEWER = "01BBBBBBBBBBBBBBBBBBBBBBB1"


def invoke(data_dir: Path, *arguments: str, columns: int = 60) -> Result:
    """Run a command of `matinee runs`."""
    runner = CliRunner(env={"COLUMNS": str(columns)})
    return runner.invoke(runs_app, [*arguments, "--data-dir", str(data_dir)])


def add_run(data_dir: Path, run_id: str, *, name: str = "x", **snapshot: Any) -> None:
    """A run on disk in some state."""
    folder = RunFolders(data_dir).create(
        run_id, spec=SPEC, details=RunDetails(name=name), created_at=NOW, start=None
    )
    with JournalWriter(folder) as writer:
        writer.set_snapshot(RunSnapshot(**{"state": RunState.FINISHED, **snapshot}))


def test_no_runs_is_no_error(data_dir: Path) -> None:
    """An empty data folder is told in words, with what to try."""
    result = invoke(data_dir, "list")

    assert result.exit_code == 0
    assert "matinee train" in result.output


def test_the_list_is_newest_first_and_cuts_no_id(data_dir: Path) -> None:
    """However narrow the terminal, every id, state and figure is whole, and names are literal."""
    figures = Progress(env_steps=123_456_789, mean_return_100=-87.25, seconds=12_345.6)
    add_run(data_dir, OLDER, name="a[/b] " + 100 * "long ", progress=figures)
    add_run(data_dir, NEWER, state=RunState.INTERRUPTED)

    output = invoke(data_dir, "list", columns=20).output

    assert output.index(NEWER) < output.index(OLDER)
    for text in ("interrupted", "a[/b]", "123,456,789", "-87.2", "12345.6"):
        assert text in output


def test_the_list_is_as_long_as_asked(data_dir: Path) -> None:
    """`--limit` keeps the newest."""
    add_run(data_dir, OLDER)
    add_run(data_dir, NEWER)

    output = invoke(data_dir, "list", "--limit", "1").output

    assert NEWER in output
    assert OLDER not in output


def test_the_list_as_json_has_a_run_a_line(data_dir: Path) -> None:
    """`--json` prints the API's document of each run, one a line."""
    add_run(data_dir, OLDER, name="one")
    add_run(data_dir, NEWER, name="two")

    lines = invoke(data_dir, "list", "--json").output.splitlines()

    assert [Run.model_validate_json(line).name for line in lines] == ["two", "one"]
    assert json.loads(lines[0]).keys() == json.loads(make_run().model_dump_json()).keys()


def test_a_damaged_record_does_not_hide_the_others(data_dir: Path) -> None:
    """A run that can't be read is left out with a word on stderr."""
    add_run(data_dir, OLDER)
    add_run(data_dir, NEWER)
    (data_dir / "runs" / OLDER / "details.json").write_text("{")

    result = invoke(data_dir, "list")

    assert result.exit_code == 0
    assert NEWER in result.stdout
    assert OLDER not in result.stdout
    assert f"{OLDER} left out" in result.stderr


@pytest.mark.parametrize("text", ["01AAA", "01aaa", "AA1", OLDER])
def test_a_run_is_found_by_a_piece_of_its_id(data_dir: Path, text: str) -> None:
    """Enough of the beginning or end of an id, in any case, names the run."""
    add_run(data_dir, OLDER)
    add_run(data_dir, NEWER)

    result = invoke(data_dir, "show", text)

    assert Run.model_validate_json(result.stdout).id == OLDER


def test_a_run_is_shown_with_what_it_was_warned_of(data_dir: Path) -> None:
    """`show` prints raised alerts with their figures, and the run's own thresholds."""
    alert = RaisedAlert(
        name="policy_lag",
        severity=AlertSeverity.WARNING,
        message="90 updates, above 50 for 3 s",
        raised_at=NOW,
        since_env_step=7,
    )
    add_run(data_dir, OLDER, alerts=[alert], alert_thresholds={"policy_lag": 50.0})

    shown = json.loads(invoke(data_dir, "show", OLDER).stdout)

    assert [(each["name"], each["message"]) for each in shown["alerts"]] == [
        ("policy_lag", "90 updates, above 50 for 3 s")
    ]
    assert shown["alert_thresholds"] == {"policy_lag": 50.0}


@pytest.mark.parametrize("command", ["show", "stop"])
def test_a_piece_that_fits_several_runs_is_refused(data_dir: Path, command: str) -> None:
    """An ambiguous id names the runs that it fits, and nothing is done."""
    add_run(data_dir, OLDER)
    add_run(data_dir, NEWER)

    error = invoke(data_dir, command, "01").exception

    assert isinstance(error, InvalidInputError)
    assert OLDER in str(error)
    assert NEWER in str(error)


@pytest.mark.parametrize("command", ["show", "stop"])
def test_an_unknown_run_is_refused(data_dir: Path, command: str) -> None:
    """An unknown id says where was looked and how to see what there is."""
    error = invoke(data_dir, command, "zzz").exception

    assert isinstance(error, NotFoundError)
    assert str(data_dir) in str(error)
    assert "matinee runs list" in str(error)


def test_a_run_that_has_ended_can_not_be_stopped(data_dir: Path) -> None:
    """The refusal says how it ended."""
    add_run(data_dir, OLDER, name="mine")

    error = invoke(data_dir, "stop", OLDER).exception

    assert isinstance(error, ConflictError)
    assert str(error) == "mine is finished already"


def test_a_run_without_a_process_can_not_be_stopped(data_dir: Path) -> None:
    """A queued run that no process has taken yet says so."""
    add_run(data_dir, OLDER, state=RunState.QUEUED)

    error = invoke(data_dir, "stop", OLDER).exception

    assert isinstance(error, ConflictError)
    assert "no process" in str(error)


def test_a_run_whose_process_is_gone_can_not_be_stopped(data_dir: Path) -> None:
    """Where the process has left without a word, the way out is named: start a server."""
    add_run(data_dir, OLDER, state=RunState.RUNNING)
    with JournalWriter(data_dir / "runs" / OLDER) as writer:
        writer.claim_process(
            pid=1, process_started_at=0.0, socket_path=str(data_dir / "nobody.sock")
        )

    error = invoke(data_dir, "stop", OLDER).exception

    assert isinstance(error, ConflictError)
    assert "start a server" in str(error)


def test_a_ledger_is_printed_as_a_replay_takes_it(data_dir: Path) -> None:
    """One JSON document: the spec, the plan, every command."""
    add_run(data_dir, OLDER, progress=Progress(env_steps=77))

    result = invoke(data_dir, "ledger", OLDER[:4])

    file = LedgerFile.model_validate_json(result.output)
    assert (file.run_id, file.spec, file.until_env_step) == (OLDER, SPEC, 77)
