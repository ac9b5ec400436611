"""`matinee runs export`: exact tables of a run, with or without a server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from matinee.cli.options import DataDir
from matinee.cli.run_choice import RunId, find_run, run_folders
from matinee.errors import InvalidInputError

if TYPE_CHECKING:
    from matinee.runs.folders import RunFolders


class Table(StrEnum):
    """What can be exported."""

    EPISODES = "episodes"
    METRICS = "metrics"
    HISTOGRAMS = "histograms"


class Format(StrEnum):
    """As what."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def export(
    run: RunId,
    table: Annotated[Table, typer.Argument(help="Every finished episode, metric row, histogram.")],
    data_dir: DataDir = None,
    file_format: Annotated[Format, typer.Option("--format", "-f", help="Of the file.")] = (
        Format.CSV
    ),
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file. Default: standard output.", show_default=False
        ),
    ] = None,
) -> None:
    """Write everything that a run has recorded, exactly, also while it trains.

    Reads the data directory: no server is needed. Rows that the run went back behind are marked
    as abandoned.

        matinee runs export RUN episodes > episodes.csv
        matinee runs export RUN metrics --format parquet -o metrics.parquet
    """
    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    if output is None:
        asyncio.run(_write(_pieces(folders, run_id, table, file_format), sys.stdout.buffer))
        return
    try:
        with output.open("xb") as file:
            asyncio.run(_write(_pieces(folders, run_id, table, file_format), file))
    except FileExistsError as error:
        raise InvalidInputError(f"{output} is there already; name another with --output") from error
    except OSError as error:
        raise InvalidInputError(f"{output} can't be written: {error.strerror}") from error


def _pieces(
    folders: RunFolders, run_id: str, table: Table, file_format: Format
) -> AsyncIterator[bytes]:
    from matinee.processes.parquet_program import ParquetProgram
    from matinee.runs.exports import export_episodes, export_histograms, export_metrics

    if file_format is Format.PARQUET:
        return ParquetProgram().rows(folders.path(run_id), table.value)
    exporters = {
        Table.EPISODES: export_episodes,
        Table.METRICS: export_metrics,
        Table.HISTOGRAMS: export_histograms,
    }
    return exporters[table](
        folders.reader(run_id), "jsonl" if file_format is Format.JSONL else "csv"
    )


async def _write(pieces: AsyncIterator[bytes], file: BinaryIO) -> None:
    async for piece in pieces:
        file.write(piece)
    file.flush()
