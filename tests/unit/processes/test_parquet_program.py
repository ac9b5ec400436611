"""A child process writes, and the server passes it on."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest

from fakes.records import episodes, new_record
from matinee.errors import InvalidInputError, ProgramError
from matinee.processes.parquet_program import ParquetProgram

pytestmark = pytest.mark.anyio


async def test_a_whole_file_comes_through(tmp_path: Path) -> None:
    """A record's episodes, read back."""
    tables = pytest.importorskip("pyarrow.parquet")
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0, 2.5]), updates=1)
    parts = [part async for part in ParquetProgram().rows(tmp_path, "episodes")]
    assert tables.read_table(io.BytesIO(b"".join(parts)))["return"].to_pylist() == [1.0, 2.5]


async def test_a_record_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The error says what could not be made, and why."""
    pytest.importorskip("pyarrow.parquet")
    with pytest.raises(ProgramError, match=r"the Parquet file could not be made: .*no run\.db"):
        async for _ in ParquetProgram().rows(tmp_path, "episodes"):
            pass


async def test_what_is_not_installed_is_told_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says what to install, and what needs nothing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InvalidInputError, match=r"pip install 'matinee\[parquet\]'") as refused:
        ParquetProgram().rows(tmp_path, "episodes")
    assert refused.value.code == "parquet_unavailable"
