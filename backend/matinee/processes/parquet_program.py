"""Parquet exports, made by a child process and passed on as it writes them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

from matinee.errors import InvalidInputError
from matinee.processes.program_output import output_of


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
        return output_of(
            [sys.executable, "-m", "matinee.journal.parquet", str(run_dir), table],
            what="the Parquet file",
        )
