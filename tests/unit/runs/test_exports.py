"""Exact exports."""

from __future__ import annotations

import csv
import gc
import io
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import orjson
import psutil
import pytest

from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.events import CheckpointSaved, LogWritten
from matinee.contracts.histograms import Histogram
from matinee.errors import InvalidInputError
from matinee.journal.reader import JournalReader
from matinee.journal.row_chunks import EPISODE_COLUMNS, HISTOGRAM_COLUMNS, METRIC_COLUMNS
from matinee.runs.exports import (
    check_names,
    export_episodes,
    export_histograms,
    export_metrics,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def reader(tmp_path: Path) -> JournalReader:
    """A record with three episodes, two flushes, and histograms twice."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0, 2.5, 1 / 3]), updates=7)
        writer.append_metrics({"entropy": summary(0.5, low=0.1)}, progress(10))
        writer.append_metrics({"entropy": summary(0.4), "value_loss": summary(3)}, progress(20))
        counted = {"actions": Histogram(0, 0, (3, 4)), "layer_weight_norm": Histogram(0, 0, (0.5,))}
        writer.append_histograms(counted, progress(20), labels={})
        writer.append_histograms({"actions": Histogram(0, 1, (1,))}, progress(30), labels={})
    return JournalReader(tmp_path)


async def text(parts: AsyncIterator[bytes]) -> str:
    """The whole file."""
    return b"".join([part async for part in parts]).decode()


async def test_episodes_as_csv(reader: JournalReader) -> None:
    """A header and a line for each episode, with every digit."""
    rows = list(csv.reader(io.StringIO(await text(export_episodes(reader, "csv")))))
    assert rows[0] == list(EPISODE_COLUMNS)
    assert [float(row[5]) for row in rows[1:]] == [1.0, 2.5, 1 / 3]


async def test_episodes_as_json_lines(reader: JournalReader) -> None:
    """One object a line, with the same names and the same digits."""
    lines = (await text(export_episodes(reader, "jsonl"))).splitlines()
    rows = [orjson.loads(line) for line in lines]
    assert [tuple(row) for row in rows] == [EPISODE_COLUMNS] * 3
    assert [row["return"] for row in rows] == [1.0, 2.5, 1 / 3]


async def test_metrics_in_both_forms(reader: JournalReader) -> None:
    """Metrics come one row a flush and metric, and both forms hold the same."""
    rows = [
        orjson.loads(line) for line in (await text(export_metrics(reader, "jsonl"))).splitlines()
    ]
    table = list(csv.reader(io.StringIO(await text(export_metrics(reader, "csv")))))
    assert table[0] == list(METRIC_COLUMNS)
    assert [(row["env_step"], row["metric"], row["min"]) for row in rows] == [
        (10, "entropy", 0.1),
        (20, "entropy", 0.4),
        (20, "value_loss", 3.0),
    ]
    assert [[str(value) for value in row.values()][:-1] for row in rows] == [
        row[:-1] for row in table[1:]
    ]
    assert [row["abandoned"] for row in rows] == [False] * 3


async def test_histograms_in_both_forms(reader: JournalReader) -> None:
    """One row a histogram, its counts as a list; a CSV cell holds the list as JSON."""
    lines = (await text(export_histograms(reader, "jsonl"))).splitlines()
    table = list(csv.reader(io.StringIO(await text(export_histograms(reader, "csv")))))

    assert [orjson.loads(line) for line in lines] == [
        dict(zip(HISTOGRAM_COLUMNS, row, strict=True))
        for row in [
            (5, "actions", 20, 0.2, 2, 0, 0, 0, [3, 4], False),
            (5, "layer_weight_norm", 20, 0.2, 2, 0, 0, 0, [0.5], False),
            (6, "actions", 30, 0.3, 3, 0, 0, 1, [1], False),
        ]
    ]
    assert table[0] == list(HISTOGRAM_COLUMNS)
    assert table[1] == ["5", "actions", "20", "0.2", "2", "0", "0", "0", "[3,4]", "0"]


async def test_abandoned_rows_are_told_apart(tmp_path: Path) -> None:
    """What a rewind went back behind is exported like the rest, and marked."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0] * 2), updates=1)
        writer.append(
            CheckpointSaved, env_step=20, checkpoint_id="c", cause="command", size_bytes=1
        )
        writer.append_episodes(episodes([2.0] * 3, first_step=30), updates=2)
        writer.append_metrics({"entropy": summary(1.0)}, progress(50))
        stretch = writer.stretch_after("c")
        assert stretch is not None
        seq = writer.append(LogWritten, env_step=50, level="info", message="rewound")
        writer.abandon(stretch, seq=seq, checkpoint_id="c")
        writer.append_episodes(episodes([3.0], first_step=60), updates=3)
        writer.append_metrics({"entropy": summary(2.0)}, progress(60))
    reader = JournalReader(tmp_path)

    table = list(csv.reader(io.StringIO(await text(export_episodes(reader, "csv")))))
    assert [row[-1] for row in table[1:]] == ["0", "0", "1", "1", "1", "0"]
    lines = (await text(export_metrics(reader, "jsonl"))).splitlines()
    assert [orjson.loads(line)["abandoned"] for line in lines] == [True, False]


def open_under(folder: Path) -> list[str]:
    """Files of this folder that this process holds open; what other tests hold is not counted."""
    paths = [each.path for each in psutil.Process().open_files()]
    return [path for path in paths if Path(path).is_relative_to(folder)]


async def test_the_record_is_closed_after_a_listener_that_left(tmp_path: Path) -> None:
    """Who stops listening early leaves no open file and no thread at work behind."""
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes([1.0] * 30_000), updates=1)
    parts = export_episodes(JournalReader(tmp_path), "csv")
    assert isinstance(parts, AsyncGenerator)

    assert await anext(parts) == (",".join(EPISODE_COLUMNS) + "\r\n").encode()
    await anext(parts)
    assert open_under(tmp_path)
    await parts.aclose()
    gc.collect()

    assert open_under(tmp_path) == []


async def test_an_empty_run(tmp_path: Path) -> None:
    """A run without rows exports a header, or nothing."""
    new_record(tmp_path).close()
    reader = JournalReader(tmp_path)
    assert await text(export_episodes(reader, "csv")) == ",".join(EPISODE_COLUMNS) + "\r\n"
    assert await text(export_metrics(reader, "jsonl")) == ""
    assert await text(export_histograms(reader, "jsonl")) == ""


async def test_one_metric_alone(reader: JournalReader) -> None:
    """The export of one metric has exactly its lines of the whole export."""
    whole = (await text(export_metrics(reader, "csv"))).splitlines()
    one = (await text(export_metrics(reader, "csv", ("entropy",)))).splitlines()
    assert one == [whole[0], *(line for line in whole if ",entropy," in line)]
    assert len(one) == 3


async def test_histograms_by_name_and_by_number(tmp_path: Path) -> None:
    """The name of a histogram has all its numbers in it, a numbered name only itself."""
    with new_record(tmp_path) as writer:
        counted = {name: Histogram(0, 0, (1,)) for name in ("actions.1", "actions.2", "advantage")}
        writer.append_histograms(counted, progress(10), labels={})
    reader = JournalReader(tmp_path)

    async def named(*names: str) -> list[str]:
        lines = (await text(export_histograms(reader, "jsonl", names))).splitlines()
        return [orjson.loads(line)["histogram"] for line in lines]

    assert await named("actions") == ["actions.1", "actions.2"]
    assert await named("actions.2") == ["actions.2"]
    assert await named() == ["actions.1", "actions.2", "advantage"]


def test_names_that_no_catalogue_has() -> None:
    """An unknown name is refused with its place in the query; a numbered one is known."""
    check_names("metric", ("entropy",))
    check_names("histogram", ("actions.2",))
    with pytest.raises(InvalidInputError, match="unknown metric 'entropi'") as refused:
        check_names("metric", ("entropy", "entropi"))
    assert [field.loc for field in refused.value.fields] == [("query", "metric")]
