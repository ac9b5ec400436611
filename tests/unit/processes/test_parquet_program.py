"""A child process writes, and the server passes it on."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil
import pytest

from fakes.records import episodes, new_record
from matinee.errors import InvalidInputError, JournalError
from matinee.processes.parquet_program import ParquetProgram, piped

pytestmark = pytest.mark.anyio


def program(text: str) -> list[str]:
    """A Python program."""
    return [sys.executable, "-c", text]


async def test_all_that_is_written_is_given() -> None:
    """However large it is, in order."""
    parts = [part async for part in piped(program("print('x' * 1_000_000)"))]
    assert b"".join(parts) == b"x" * 1_000_000 + b"\n"


async def test_a_failure_is_told_with_its_last_words() -> None:
    """A file that was cut short is not taken for a whole one."""
    with pytest.raises(JournalError, match="ValueError: no such thing"):
        async for _ in piped(program("raise ValueError('no such thing')")):
            pass


async def test_the_program_ends_with_its_listener() -> None:
    """Who leaves early leaves no process behind."""
    text = "import os, time\nos.write(1, b'go\\n')\ntime.sleep(600)"
    parts = piped(program(text))
    assert isinstance(parts, AsyncGenerator)
    before = set(psutil.Process().children())
    assert await anext(parts) == b"go\n"
    (child,) = set(psutil.Process().children()) - before
    await parts.aclose()
    assert not child.is_running()


async def test_a_whole_file_comes_through(tmp_path: Path) -> None:
    """A record's episodes, read back."""
    tables = pytest.importorskip("pyarrow.parquet")
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0, 2.5]), updates=1)
    parts = [part async for part in ParquetProgram().rows(tmp_path, "episodes")]
    assert tables.read_table(io.BytesIO(b"".join(parts)))["return"].to_pylist() == [1.0, 2.5]


async def test_what_is_not_installed_is_told_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says what to install, and what needs nothing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InvalidInputError, match=r"pip install 'matinee\[parquet\]'") as refused:
        ParquetProgram().rows(tmp_path, "episodes")
    assert refused.value.code == "parquet_unavailable"
