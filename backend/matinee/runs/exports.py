"""Exact exports, streamed in chunks while the run goes on."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Literal

import orjson

from matinee.contracts.histograms import HISTOGRAMS
from matinee.contracts.metrics import METRICS
from matinee.errors import FieldError, InvalidInputError
from matinee.journal.reader import JournalReader
from matinee.journal.row_chunks import EPISODE_COLUMNS, HISTOGRAM_COLUMNS, METRIC_COLUMNS, Chunk

_KNOWN = {"metric": METRICS, "histogram": HISTOGRAMS}

ExportFormat = Literal["jsonl", "csv", "parquet"]
TextFormat = Literal["jsonl", "csv"]


def check_names(kind: Literal["metric", "histogram"], names: tuple[str, ...]) -> None:
    """Refuse what no catalogue has; `actions.2` is one of `actions`.

    Raises:
        InvalidInputError: a name is unknown.
    """
    known = _KNOWN[kind]
    unknown = [name for name in names if name.split(".", 1)[0] not in known]
    if unknown:
        raise InvalidInputError(
            f"unknown {kind} {unknown[0]!r}",
            fields=[
                FieldError(("query", kind), f"{name!r} is unknown; known: {', '.join(known)}")
                for name in unknown
            ],
        )


def export_episodes(reader: JournalReader, file_format: TextFormat) -> AsyncIterator[bytes]:
    """Every finished episode, oldest first."""
    return _encoded(reader.episodes(), EPISODE_COLUMNS, file_format, as_csv=_csv_of_numbers)


def export_metrics(
    reader: JournalReader, file_format: TextFormat, names: tuple[str, ...] = ()
) -> AsyncIterator[bytes]:
    """Every metric summary, one row per metric and flush, oldest first; of some metrics only."""
    rows = reader.metric_rows(names)
    return _encoded(rows, METRIC_COLUMNS, file_format, as_csv=_csv_of_numbers)


def export_histograms(
    reader: JournalReader, file_format: TextFormat, names: tuple[str, ...] = ()
) -> AsyncIterator[bytes]:
    """Every recorded histogram, oldest first; in CSV its counts are one cell with a JSON list."""
    return _encoded(reader.histogram_rows(names), HISTOGRAM_COLUMNS, file_format, as_csv=_csv)


def _encoded(
    chunks: Iterator[Chunk],
    columns: tuple[str, ...],
    file_format: TextFormat,
    *,
    as_csv: Callable[[Chunk], bytes],
) -> AsyncIterator[bytes]:
    if file_format == "jsonl":
        return one_ahead(map(partial(_json_lines, columns), chunks), head=b"")
    return one_ahead(map(as_csv, chunks), head=_csv([columns]))


def _json_lines(columns: tuple[str, ...], rows: Chunk) -> bytes:
    lines = []
    for row in rows:
        record = dict(zip(columns, row, strict=True))
        record["abandoned"] = bool(record["abandoned"])
        if "counts" in record:
            record["counts"] = orjson.Fragment(record["counts"])
        lines.append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(lines)


def _csv_of_numbers(rows: Chunk) -> bytes:
    """Lines of numbers and plain names, several times faster than `csv` writes them.

    orjson's digits are as exact as Python's. Nothing in such rows has a bracket or a quote.
    """
    return orjson.dumps(rows)[2:-2].replace(b"],[", b"\r\n").replace(b'"', b"") + b"\r\n"


def _csv(rows: Chunk) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def one_ahead(chunks: Iterator[bytes], *, head: bytes = b"") -> AsyncIterator[bytes]:
    """Made in threads, the next one while one is sent."""

    async def make() -> bytes | None:
        return await asyncio.to_thread(next, chunks, None)

    coming = asyncio.create_task(make())
    try:
        if head:
            yield head
        while (chunk := await coming) is not None:
            coming = asyncio.create_task(make())
            yield chunk
    finally:
        # Who listened may have left: a thread can't be interrupted, and must end before the record
        # is closed.
        await asyncio.gather(coming, return_exceptions=True)
