"""`matinee runs export`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.records import NOW, SPEC, episodes
from matinee.cli import exports
from matinee.cli.runs import runs_app
from matinee.errors import InvalidInputError
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

RUN = "01AAAAAAAAAAAAAAAAAAAAAAA1"


@pytest.fixture
def recorded(data_dir: Path) -> Path:
    """A data folder with a run of two episodes."""
    folder = RunFolders(data_dir).create(
        RUN, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None
    )
    with JournalWriter(folder) as writer:
        writer.append_episodes(episodes([1.0, 2.5]), updates=3)
    return data_dir


def invoke(data_dir: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(runs_app, ["export", *arguments, "--data-dir", str(data_dir)])


def test_a_table_goes_to_standard_output(recorded: Path) -> None:
    """As CSV, or as what was asked for."""
    as_csv = invoke(recorded, RUN, "episodes")
    as_json = invoke(recorded, RUN, "episodes", "--format", "jsonl")

    assert as_csv.exit_code == as_json.exit_code == 0
    header, *rows = as_csv.stdout.split()
    assert header.startswith("episode,")
    assert [row.split(",")[0] for row in rows] == ["1", "2"]
    assert [json.loads(line)["return"] for line in as_json.stdout.splitlines()] == [1.0, 2.5]


@pytest.mark.parametrize("table", list(exports.Table))
def test_every_table_in_every_format_goes_to_a_file(
    recorded: Path, tmp_path: Path, table: exports.Table
) -> None:
    """Which is not written over."""
    for form in exports.Format:
        path = tmp_path / f"x.{form.value}"
        arguments = (RUN, table.value, "-f", form.value, "-o", str(path))
        assert invoke(recorded, *arguments).exit_code == 0
        assert path.exists()
        if form is exports.Format.PARQUET:
            assert path.read_bytes()[:4] == b"PAR1"
        again = invoke(recorded, *arguments)
        assert isinstance(again.exception, InvalidInputError)
        assert "there already" in str(again.exception)
