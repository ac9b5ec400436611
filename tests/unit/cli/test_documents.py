"""Files that are given to a command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from matinee.cli import documents
from matinee.cli.documents import read_document
from matinee.errors import InvalidInputError


def test_a_file_or_the_standard_input_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As text; `-` is the standard input."""
    (tmp_path / "spec.json").write_text('{"ä": 1}', encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("{}"))

    assert read_document(tmp_path / "spec.json") == '{"ä": 1}'
    assert read_document(Path("-")) == "{}"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file that is missing, a folder, or binary, by its name."""
    (tmp_path / "weights").write_bytes(b"\x80\x04\x95")

    for name, words in (("none", "No such file"), ("weights", "not JSON"), (".", "directory")):
        with pytest.raises(InvalidInputError, match=words):
            read_document(tmp_path / name)


def test_what_is_too_large_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of any size takes no more memory than the largest that makes sense."""
    monkeypatch.setattr(documents, "MAX_CHARACTERS", 1000)
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(5 * 2**30)
    monkeypatch.setattr("sys.stdin", io.StringIO("x" * 1001))

    for path in (tmp_path / "huge.json", Path("-")):
        with pytest.raises(InvalidInputError, match="too large; allowed: up to 1,000"):
            read_document(path)
