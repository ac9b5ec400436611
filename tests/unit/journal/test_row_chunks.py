"""Every row of a record, in chunks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.old_records import OLD_EPISODES, OLD_FLUSHES, OLD_VERSIONS, old_record
from fakes.records import episodes, new_record, progress, summary
from matinee.contracts.events import LogWritten
from matinee.journal import row_chunks
from matinee.journal.reader import JournalReader
from matinee.journal.row_chunks import EPISODE_COLUMNS, METRIC_COLUMNS


def test_exports_hold_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are complete and in order, across as many chunks as it takes."""
    monkeypatch.setattr(row_chunks, "CHUNK_EPISODES", 7)
    returns = [float(n) for n in range(50)]
    with new_record(tmp_path) as writer:
        writer.append_episodes(episodes(returns), updates=1)
        for step in range(1_100):
            writer.append_metrics(
                {"entropy": summary(float(step)), "value_loss": summary(-float(step))},
                progress(step),
            )
    reader = JournalReader(tmp_path)
    exported = [row for chunk in reader.episodes() for row in chunk]
    assert [row[0] for row in exported] == list(range(1, 51))
    assert [row[5] for row in exported] == returns

    metrics = [row for chunk in reader.metric_rows() for row in chunk]
    assert len(metrics) == 2_200
    assert [row[6] for row in metrics if row[1] == "entropy"] == [float(n) for n in range(1_100)]
    assert [row[0] for row in metrics] == sorted(row[0] for row in metrics)


def test_an_export_does_not_stand_in_the_writers_way(tmp_path: Path) -> None:
    """An export that is half read keeps no lock: the writer commits and closes meanwhile."""
    writer = new_record(tmp_path)
    writer.append_episodes(episodes([1.0] * 20_000), updates=1)
    writer.commit()
    chunks = JournalReader(tmp_path).episodes()
    first: list[Any] = next(chunks)
    writer.append(LogWritten, env_step=1, level="info", message="meanwhile")
    writer.close()

    assert len(first) + sum(map(len, chunks)) == 20_000


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_record_is_exported_as_it_is(tmp_path: Path, old: int) -> None:
    """Records of older layouts have the same columns; nothing of them is abandoned."""
    reader = JournalReader(old_record(tmp_path, old))
    finished = [row for chunk in reader.episodes() for row in chunk]
    metrics = [row for chunk in reader.metric_rows() for row in chunk]

    assert (len(finished), len(metrics)) == (OLD_EPISODES, 2 * OLD_FLUSHES)
    assert {len(row) for row in finished} == {len(EPISODE_COLUMNS)}
    assert {len(row) for row in metrics} == {len(METRIC_COLUMNS)}
    assert not any(row[-1] for row in (*finished, *metrics))
