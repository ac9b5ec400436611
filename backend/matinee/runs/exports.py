"""Exact exports, streamed in chunks while the run goes on."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Literal

import orjson

from matinee.journal.reader import JournalReader

ExportFormat = Literal["jsonl", "csv"]

EPISODE_COLUMNS = ("episode", "worker", "env_step", "seconds", "updates", "return", "length")
METRIC_COLUMNS = (
    "seq",
    "metric",
    "env_step",
    "seconds",
    "updates",
    "episodes",
    "mean",
    "min",
    "max",
    "last",
    "count",
)
HISTOGRAM_COLUMNS = (
    "seq",
    "histogram",
    "env_step",
    "seconds",
    "updates",
    "episodes",
    "exponent",
    "first",
    "counts",
)


def export_episodes(reader: JournalReader, file_format: ExportFormat) -> AsyncIterator[bytes]:
    """Every finished episode, oldest first."""
    return _in_threads(_encoded(reader.episodes(), EPISODE_COLUMNS, file_format))


def export_metrics(reader: JournalReader, file_format: ExportFormat) -> AsyncIterator[bytes]:
    """Every metric summary, one row per metric and flush, oldest first."""
    return _in_threads(_encoded(reader.metric_rows(), METRIC_COLUMNS, file_format))


def export_histograms(reader: JournalReader, file_format: ExportFormat) -> AsyncIterator[bytes]:
    """Every recorded histogram, oldest first; in CSV its counts are one cell with a JSON list."""
    if file_format == "csv":
        return _in_threads(_encoded(reader.histogram_rows(), HISTOGRAM_COLUMNS, "csv"))
    chunks = (
        [(*row[:-1], orjson.Fragment(str(row[-1]))) for row in rows]
        for rows in reader.histogram_rows()
    )
    return _in_threads(_encoded(chunks, HISTOGRAM_COLUMNS, "jsonl"))


def _encoded(
    chunks: Iterator[Sequence[tuple[object, ...]]],
    columns: tuple[str, ...],
    file_format: ExportFormat,
) -> Iterator[bytes]:
    if file_format == "jsonl":
        for rows in chunks:
            yield b"".join(
                orjson.dumps(dict(zip(columns, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)
                for row in rows
            )
        return
    yield _csv([columns])
    for rows in chunks:
        yield _csv(rows)


def _csv(rows: Sequence[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk
