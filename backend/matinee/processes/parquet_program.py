"""Parquet exports, made by a child process and passed on as it writes them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

from matinee.errors import InvalidInputError, JournalError
from matinee.processes.launcher import SECRET_VARIABLES

CHUNK_BYTES = 256 * 1024


class ParquetProgram:
    """Implements `matinee.runs.ports.TableFiles`."""

    def rows(
        self, run_dir: Path, table: Literal["episodes", "metrics", "histograms"]
    ) -> AsyncIterator[bytes]:
        """A whole Parquet file, in parts.

        Raises:
            InvalidInputError: pyarrow is not installed.
        """
        if importlib.util.find_spec("pyarrow") is None:
            raise InvalidInputError(
                "Parquet needs pyarrow, which is not installed here: "
                "pip install 'matinee[parquet]'; CSV and JSON lines need nothing",
                code="parquet_unavailable",
            )
        return piped([sys.executable, "-m", "matinee.journal.parquet", str(run_dir), table])


async def piped(command: Sequence[str]) -> AsyncIterator[bytes]:
    """What a program writes. It is killed when nobody wants more of it.

    Raises:
        JournalError: it failed; what it had written before is given.
    """
    environment = {name: text for name, text in os.environ.items() if name not in SECRET_VARIABLES}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read())
    try:
        while part := await process.stdout.read(CHUNK_BYTES):
            yield part
        if await process.wait() != 0:
            text = (await complaints).decode(errors="replace").strip()
            raise JournalError(f"{command[2]} failed: {text.rpartition(chr(10))[2]}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await asyncio.gather(complaints, return_exceptions=True)
