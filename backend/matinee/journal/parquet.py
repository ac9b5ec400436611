"""Writes all rows of a record to standard output as Parquet.

    python -m matinee.journal.parquet RUN_DIR episodes|metrics|histograms

A program of its own: pyarrow is an extra of 50 MB, and encoding would hold up the server.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from matinee.journal.row_chunks import (
    EPISODE_COLUMNS,
    HISTOGRAM_COLUMNS,
    METRIC_COLUMNS,
    Chunk,
    episode_chunks,
    histogram_chunks,
    metric_chunks,
)

TABLES: dict[str, tuple[Callable[[Path], Iterator[Chunk]], tuple[str, ...]]] = {
    "episodes": (episode_chunks, EPISODE_COLUMNS),
    "metrics": (metric_chunks, METRIC_COLUMNS),
    "histograms": (histogram_chunks, HISTOGRAM_COLUMNS),
}
GROUP_ROWS = 100_000
"""Rows that are encoded together: some 10 MB in memory."""

_REALS = frozenset({"seconds", "return", "mean", "min", "max", "last"})
_TEXTS = frozenset({"metric", "histogram"})


class _Pipe:
    """What pyarrow asks of a file, of something that only goes forward."""

    closed = False

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._position = 0

    def write(self, content: bytes) -> int:
        self._sink.write(content)
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        self._sink.flush()


def write_parquet(run_dir: Path, table: str, sink: BinaryIO) -> None:
    """Every row that there is now, oldest first.

    Raises:
        JournalError: there is no such record.
        ImportError: pyarrow is not installed.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    chunks, columns = TABLES[table]
    schema = pa.schema([(column, _type(pa, column)) for column in columns])
    with ParquetWriter(_Pipe(sink), schema, compression="zstd") as writer:
        for rows in _grouped(chunks(run_dir)):
            arrays = [
                pa.array(_values(column, values), type=_type(pa, column))
                for column, values in zip(columns, zip(*rows, strict=True), strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    sink.flush()


def _grouped(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    rows: Chunk = []
    for chunk in chunks:
        rows += chunk
        if len(rows) >= GROUP_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _type(pa: Any, column: str) -> Any:
    if column in _REALS:
        return pa.float64()
    if column in _TEXTS:
        return pa.string()
    if column == "abandoned":
        return pa.bool_()
    return pa.list_(pa.float64()) if column == "counts" else pa.int64()


def _values(column: str, values: tuple[Any, ...]) -> list[Any]:
    if column == "abandoned":
        return list(map(bool, values))
    return list(map(orjson.loads, values)) if column == "counts" else list(values)


if __name__ == "__main__":
    write_parquet(Path(sys.argv[1]), sys.argv[2], sys.stdout.buffer)
