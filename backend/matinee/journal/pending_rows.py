"""Rows of a run.db that wait for the next commit."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from matinee.contracts.run import RunSnapshot
from matinee.contracts.workers import WorkerTable
from matinee.journal.blocks import EpisodeBlock, MetricBlock
from matinee.journal.bulk_insert import insert_rows
from matinee.journal.checkpoint_rows import CheckpointEvent, keep_list
from matinee.journal.column_rows import ColumnRows
from matinee.journal.schema import WORKERS
from matinee.journal.snapshot_document import SnapshotDocument


@dataclass
class PendingRows:
    """Rows that wait for the next commit."""

    events: list[tuple[int, float, int, str, str]] = field(default_factory=list)
    episodes: list[ColumnRows] = field(default_factory=list)
    flushes: list[tuple[int, int, float, int, int]] = field(default_factory=list)
    metric_rows: list[tuple[str, int, float, float, float, float, int]] = field(
        default_factory=list
    )
    episode_blocks: list[EpisodeBlock] = field(default_factory=list)
    metric_blocks: list[tuple[str, MetricBlock]] = field(default_factory=list)
    histogram_labels: dict[str, str] = field(default_factory=dict)
    histogram_rows: list[tuple[str, int, int, int, str]] = field(default_factory=list)
    commands: dict[str, tuple[bool, str]] = field(default_factory=dict)
    checkpoints: list[CheckpointEvent] = field(default_factory=list)
    abandoned: list[tuple[object, ...]] = field(default_factory=list)
    snapshot: RunSnapshot | None = None
    workers: WorkerTable | None = None

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def write(
        self,
        connection: sqlite3.Connection,
        metric_ids: dict[str, int],
        snapshot_document: SnapshotDocument,
    ) -> None:
        """Put them all into the open transaction.

        Args:
            connection: Of the record's writer.
            metric_ids: By name; new ones are added.
            snapshot_document: Of the record's writer.
        """
        insert_rows(connection, "events", self.events)
        for rows in self.episodes:
            insert_rows(connection, "episodes", rows)
        insert_rows(connection, "episode_blocks", self.episode_blocks)
        insert_rows(connection, "flushes", self.flushes)
        if self.metric_rows:
            _name_metrics(connection, metric_ids, {row[0] for row in self.metric_rows})
            insert_rows(
                connection,
                "metric_rows",
                [(metric_ids[row[0]], *row[1:]) for row in self.metric_rows],
            )
            insert_rows(
                connection,
                "metric_blocks",
                [(metric_ids[name], *block) for name, block in self.metric_blocks],
            )
        if self.histogram_rows:
            self._write_histograms(connection)
        for command_id, row in self.commands.items():
            connection.execute(
                "INSERT INTO commands (id, is_open, document) VALUES (?, ?, ?) ON CONFLICT (id) "
                "DO UPDATE SET is_open = excluded.is_open, document = excluded.document",
                (command_id, *row),
            )
        for event in self.checkpoints:
            keep_list(connection, event)
        insert_rows(connection, "abandoned", self.abandoned)
        if self.snapshot is not None:
            document = snapshot_document.of(self.snapshot)
            connection.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?)", (document,))
        if self.workers is not None:
            connection.execute(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                (WORKERS, self.workers.model_dump_json()),
            )

    def _write_histograms(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO histograms (name, labels) VALUES (?, ?) ON CONFLICT (name) "
            "DO UPDATE SET labels = excluded.labels WHERE labels != excluded.labels",
            self.histogram_labels.items(),
        )
        connection.executemany(
            "INSERT INTO histogram_rows SELECT histogram, ?2, ?3, ?4, ?5 FROM histograms "
            "WHERE name = ?1",
            self.histogram_rows,
        )


def _name_metrics(
    connection: sqlite3.Connection, metric_ids: dict[str, int], names: set[str]
) -> None:
    for name in sorted(names):
        metric_ids.setdefault(name, len(metric_ids) + 1)
    # Also the known ones: the transaction that named them may have been rolled back.
    connection.executemany(
        "INSERT OR IGNORE INTO metrics VALUES (?, ?)",
        [(metric_ids[name], name) for name in names],
    )
