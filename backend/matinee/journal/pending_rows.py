"""Rows of a run.db that wait for the next commit."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from matinee.journal.blocks import EPISODE_BLOCK_ROW, METRIC_BLOCK_ROW, EpisodeBlock, MetricBlock
from matinee.journal.checkpoint_rows import CheckpointEvent, keep_list


@dataclass
class PendingRows:
    """Rows that wait for the next commit."""

    events: list[tuple[int, float, int, str, str]] = field(default_factory=list)
    episodes: list[tuple[int, int, int, float, int, float, int]] = field(default_factory=list)
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
    snapshot: str | None = None

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def write(self, connection: sqlite3.Connection, metric_ids: dict[str, int]) -> None:
        """Put them all into the open transaction.

        Args:
            connection: Of the record's writer.
            metric_ids: By name; new ones are added.
        """
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", self.events)
        connection.executemany("INSERT INTO episodes VALUES (?,?,?,?,?,?,?)", self.episodes)
        connection.executemany("INSERT INTO flushes VALUES (?, ?, ?, ?, ?)", self.flushes)
        _name_metrics(connection, metric_ids, {row[0] for row in self.metric_rows})
        connection.executemany(
            "INSERT INTO metric_rows VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(metric_ids[row[0]], *row[1:]) for row in self.metric_rows],
        )
        connection.executemany(EPISODE_BLOCK_ROW, self.episode_blocks)
        connection.executemany(
            METRIC_BLOCK_ROW,
            [(metric_ids[name], *block) for name, block in self.metric_blocks],
        )
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
        connection.executemany(
            "INSERT INTO commands (id, is_open, document) VALUES (?, ?, ?) ON CONFLICT (id) "
            "DO UPDATE SET is_open = excluded.is_open, document = excluded.document",
            [(command_id, *row) for command_id, row in self.commands.items()],
        )
        for event in self.checkpoints:
            keep_list(connection, event)
        connection.executemany(
            "INSERT INTO abandoned VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self.abandoned
        )
        if self.snapshot is not None:
            connection.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?)", (self.snapshot,))


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
