"""`matinee schema export`: the contract on disk."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from matinee.cli.schema import schema_app

COMMITTED = Path(__file__).parents[3] / "frontend" / "openapi.json"


def test_the_export_is_what_the_page_was_built_for() -> None:
    """The committed contract is byte for byte what this server would export."""
    result = CliRunner().invoke(schema_app, ["export", "-"])

    assert result.exit_code == 0
    assert result.stdout == COMMITTED.read_text(encoding="utf-8"), "run: matinee schema export"


def test_the_export_goes_to_a_file(tmp_path: Path) -> None:
    """A path gets the same document, and a word on where it went."""
    path = tmp_path / "openapi.json"

    result = CliRunner().invoke(schema_app, ["export", str(path)])

    assert result.stdout == f"wrote {path}\n"
    assert "/api/v1/runs" in json.loads(path.read_text(encoding="utf-8"))["paths"]
