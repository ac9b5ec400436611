"""The one writer of a run.db: rows are gathered in memory and committed together.

Used by one thread. A sequence number is given when an event is appended and becomes true with the
commit: if a commit fails, nothing of it is in the file, everything is still in memory, and the
next commit tries again.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import orjson

from matinee.contracts.commands import FINAL_COMMAND_STATES, Command
from matinee.contracts.events import (
    EpisodesFinished,
    Event,
    HistogramsCounted,
    MetricsSummarised,
    RunCreated,
)
from matinee.contracts.histograms import Histogram
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run import Parent, RunSnapshot
from matinee.contracts.run_parts import RecordSpec
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.run_state import RunState
from matinee.contracts.stretches import Stretch
from matinee.contracts.workers import WorkerTable
from matinee.errors import JournalError
from matinee.journal.blocks import (
    EpisodeBlocks,
    MetricBlocks,
)
from matinee.journal.checkpoint_rows import CheckpointEvent
from matinee.journal.column_rows import ColumnRows
from matinee.journal.migrations import drop_backups, migrate
from matinee.journal.ownership import Ownership
from matinee.journal.pending_rows import PendingRows
from matinee.journal.rewinds import abandoned_row, stretch_after
from matinee.journal.schema import (
    BUSY_TIMEOUT_MS,
    FIRST_EPISODE,
    PARENT,
    check_version,
    create_tables,
    run_db,
)
from matinee.journal.snapshot_document import SnapshotDocument
from matinee.journal.thinning import Thinning

OWNERSHIP_WAIT_S = 1.0
LOG_BYTES = 64 << 20


class FinishedEpisodes(Protocol):
    """Episodes in columns of equal length, in the order in which they ended. Shape: (N,) each."""

    @property
    def worker(self) -> npt.NDArray[np.int64]:
        """Which actor-learner."""

    @property
    def env_step(self) -> npt.NDArray[np.int64]:
        """Global env step at the end of the episode."""

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """Training seconds at the end of the episode."""

    @property
    def returns(self) -> npt.NDArray[np.float64]:
        """Sum of raw rewards."""

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps."""


class JournalWriter:
    """Writes one run's record. Lives from `create` or construction to `close`."""

    def __init__(self, run_dir: Path) -> None:
        """Become the writer of an existing record.

        Raises:
            JournalOwnedError: another process is.
            JournalError: the record is missing or of a newer version.
        """
        self.run_dir = run_dir
        if not run_db(run_dir).exists():
            raise JournalError(f"there is no run.db in {run_dir}")
        self._ownership = Ownership(run_dir, wait_s=OWNERSHIP_WAIT_S)
        try:
            self._connection = _connect(run_db(run_dir))
        except BaseException:
            self._ownership.release()
            raise
        try:
            check_version(self._connection, run_db(run_dir))
            migrate(self._connection, run_db(run_dir))
            self._seq = self._highest("events", "seq")
            self._episode = self._highest("episodes", "episode") or self._inherited_episodes()
            self._metric_ids: dict[str, int] = {
                str(name): int(metric)
                for metric, name in self._connection.execute("SELECT metric, name FROM metrics")
            }
            self._go_on_with_blocks()
            self._thinning = Thinning(self._retention())
        except BaseException:
            self._connection.close()
            self._ownership.release()
            raise
        self._pending = PendingRows()
        self._snapshot_document = SnapshotDocument()
        self._committed_seq = self._seq
        self._closed = False

    @classmethod
    def create(
        cls,
        run_dir: Path,
        *,
        run_id: str,
        spec: RunSpec,
        created_at: datetime,
        parent: Parent | None = None,
    ) -> JournalWriter:
        """Make the folder and an empty record whose first event is `run_created`.

        Args:
            run_dir: Its folder.
            run_id: A new ULID.
            spec: What to run; its seed is set.
            created_at: Now.
            parent: Where the run was forked, if it was: episodes are numbered from there on.

        Raises:
            JournalError: the folder has a record already.
        """
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = run_db(run_dir)
        if path.exists():
            raise JournalError(f"{run_dir} has a run.db already")
        connection = _connect(path)
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise JournalError(
                    f"{run_dir} is on a file system without shared memory, which SQLite's "
                    "write-ahead log needs; use a folder on a local disk"
                )
            create_tables(connection)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [
                    ("run_id", run_id),
                    ("epoch", run_id),
                    ("created_at", created_at.isoformat()),
                    ("spec", spec.model_dump_json(by_alias=True)),
                    *([] if parent is None else _origin(parent)),
                ],
            )
            connection.execute("COMMIT")
        finally:
            connection.close()
        writer = cls(run_dir)
        env_step = 0 if parent is None else parent.env_step
        writer.append(RunCreated, env_step=env_step, at=created_at, spec=spec, parent=parent)
        writer.set_snapshot(RunSnapshot(state=RunState.CREATED))
        return writer

    @property
    def committed_seq(self) -> int:
        """Sequence number of the newest event in the file."""
        return self._committed_seq

    @property
    def episodes(self) -> int:
        """Episodes recorded so far, the ones waiting for a commit included."""
        return self._episode

    def append(
        self, kind: type[Event], *, env_step: int, at: datetime | None = None, **fields: Any
    ) -> int:
        """Put an event at the end of the record; returns its sequence number.

        `EpisodesFinished`, `MetricsSummarised` and `HistogramsCounted` have methods of their own.
        """
        self._seq += 1
        event = kind(seq=self._seq, at=at or datetime.now(UTC), env_step=env_step, **fields)
        payload = event.model_dump_json(by_alias=True, exclude={"seq", "at", "env_step", "type"})
        self._pending.events.append(
            (self._seq, event.at.timestamp(), env_step, event.type, payload)
        )
        if isinstance(event, CheckpointEvent):
            self._pending.checkpoints.append(event)
        return self._seq

    def append_episodes(self, episodes: FinishedEpisodes, *, updates: int) -> None:
        """Record finished episodes, each as a row, and one event that names them.

        Raises:
            JournalError: a return is NaN or infinite, which neither SQL nor JSON can hold.
        """
        count = len(episodes.returns)
        if count == 0:
            return
        if not np.isfinite(episodes.returns).all():
            raise JournalError("an episode's return is NaN or infinite: its rewards must be finite")
        first = self._episode + 1
        self._episode += count
        updates_then = np.full(count, updates, np.int64)
        self._pending.episode_blocks.extend(
            self._episode_blocks.add(
                first,
                env_step=episodes.env_step,
                seconds=episodes.seconds,
                updates=updates_then,
                returns=episodes.returns,
                lengths=episodes.lengths,
            )
        )
        self._pending.episodes.append(
            ColumnRows(
                np.arange(first, first + count, dtype=np.int64),
                episodes.worker,
                episodes.env_step,
                episodes.seconds,
                updates_then,
                episodes.returns,
                episodes.lengths,
            )
        )
        payload = orjson.dumps({"first_episode": first, "last_episode": self._episode}).decode()
        self._append_raw(EpisodesFinished, int(episodes.env_step[-1]), payload)

    def append_metrics(self, metrics: Mapping[str, MetricSummary], progress: Progress) -> None:
        """Record what each metric did since the last flush.

        Raises:
            JournalError: a value is NaN or infinite; training must stop such a run before.
        """
        for name, summary in metrics.items():
            if not all(map(math.isfinite, (summary.mean, summary.min, summary.max, summary.last))):
                raise JournalError(f"metric {name} is not finite: {summary}")
        # The metrics themselves are rows: the event is put together from them.
        payload = orjson.dumps({"progress": progress.model_dump()}).decode()
        seq = self._append_raw(MetricsSummarised, progress.env_steps, payload)
        self._append_flush(seq, progress)
        self._pending.metric_rows.extend(
            (name, seq, s.mean, s.min, s.max, s.last, s.count) for name, s in metrics.items()
        )
        for name, summary in metrics.items():
            blocks = self._metric_blocks.setdefault(name, MetricBlocks()).add_summary(seq, summary)
            self._pending.metric_blocks.extend((name, block) for block in blocks)

    def append_histograms(
        self,
        histograms: Mapping[str, Histogram],
        progress: Progress,
        *,
        labels: Mapping[str, Sequence[str]],
    ) -> None:
        """Record what was counted since the last call, as rows, and one event for them all.

        Args:
            histograms: By name.
            progress: As of now.
            labels: Names of the bins of those whose bins stand for things, from bin 0 on.
        """
        if not histograms:
            return
        seq = self._append_raw(HistogramsCounted, progress.env_steps, "{}")
        self._append_flush(seq, progress)
        for name, histogram in histograms.items():
            counts = orjson.dumps([_short(count) for count in histogram.counts]).decode()
            self._pending.histogram_labels[name] = orjson.dumps(labels.get(name, ())).decode()
            self._pending.histogram_rows.append(
                (name, seq, histogram.exponent, histogram.first, counts)
            )

    def set_snapshot(self, snapshot: RunSnapshot) -> None:
        """The whole picture after everything appended so far."""
        self._pending.snapshot = snapshot

    def set_workers(self, table: WorkerTable) -> None:
        """What every thread does now, in place of what was told before."""
        self._pending.workers = table

    def save_command(self, command: Command) -> None:
        """Insert or replace one row of the ledger."""
        self._pending.commands[command.id] = (
            command.state not in FINAL_COMMAND_STATES,
            command.model_dump_json(by_alias=True),
        )

    def stretch_after(self, checkpoint_id: str | None) -> Stretch | None:
        """What is recorded after a checkpoint, up to now; commits what waits. None: nothing.

        Args:
            checkpoint_id: None: after the beginning.

        Raises:
            JournalError: the checkpoint is not in the record.
            sqlite3.Error: the commit failed.
        """
        self.commit()
        return stretch_after(self._connection, checkpoint_id)

    def abandon(self, stretch: Stretch, *, seq: int, checkpoint_id: str | None) -> None:
        """Mark what the run went back behind: the rows stay, charts and exports tell them apart.

        Args:
            stretch: As `stretch_after` gave it.
            seq: Of the event that tells of the rewind; both become true in one commit.
            checkpoint_id: Where the run went back to; None: to its beginning.
        """
        self._pending.abandoned.append(abandoned_row(stretch, seq, checkpoint_id))

    def claim_process(self, *, pid: int, process_started_at: float, socket_path: str) -> None:
        """Write down which process writes here, so that a restarted server can find it."""
        self._connection.execute(
            "INSERT OR REPLACE INTO process VALUES (1, ?, ?, ?)",
            (pid, process_started_at, socket_path),
        )

    def commit(self) -> int:
        """Make everything appended so far true; returns the newest sequence number.

        Raises:
            sqlite3.Error: nothing was written, and the next commit tries again.
        """
        pending = self._pending
        if not pending:
            return self._committed_seq
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            pending.write(connection, self._metric_ids, self._snapshot_document)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._pending = PendingRows()
        self._committed_seq = self._seq
        # What is committed is committed: on a full disk the old rows are dropped another time.
        with suppress(sqlite3.Error):
            self._thinning.thin_if_due(connection)
        return self._committed_seq

    def close(self) -> None:
        """Commit, fold the WAL back into the file and let go; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self.commit()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            drop_backups(run_db(self.run_dir))
        finally:
            self._connection.close()
            self._ownership.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append_raw(self, kind: type[Event], env_step: int, payload: str) -> int:
        self._seq += 1
        event_type = str(kind.model_fields["type"].default)
        self._pending.events.append((self._seq, time.time(), env_step, event_type, payload))
        return self._seq

    def _append_flush(self, seq: int, progress: Progress) -> None:
        self._pending.flushes.append(
            (seq, progress.env_steps, progress.seconds, progress.updates, progress.episodes)
        )

    def _go_on_with_blocks(self) -> None:
        # All or nothing, so that no level ever lacks a block before one that it has.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._episode_blocks = EpisodeBlocks.of(self._connection)
            self._metric_blocks = {
                name: MetricBlocks.of(self._connection, metric)
                for name, metric in self._metric_ids.items()
            }
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _inherited_episodes(self) -> int:
        row = self._connection.execute(
            "SELECT value FROM meta WHERE key = ?", (FIRST_EPISODE,)
        ).fetchone()
        return int(row[0]) - 1 if row else 0

    def _retention(self) -> RecordSpec:
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'spec'").fetchone()
        # Specs of older records say nothing of it, and a damaged one is its reader's problem.
        try:
            return RecordSpec.model_validate(
                orjson.loads(row[0] if row else "{}").get("record", {})
            )
        except (ValueError, AttributeError):
            return RecordSpec(keep_metric_rows=None)

    def _highest(self, table: str, column: str) -> int:
        (value,) = self._connection.execute(f"SELECT max({column}) FROM {table}").fetchone()
        return int(value or 0)


def _origin(parent: Parent) -> list[tuple[str, str]]:
    return [(PARENT, parent.model_dump_json()), (FIRST_EPISODE, str(parent.episodes + 1))]


def _short(count: float) -> float:
    """Counts exactly; norms of layers with as many digits as anybody looks at."""
    whole = round(count)
    return whole if whole == count else float(f"{count:.6g}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
    )
    # A committed row must survive a power cut; ten commits a second make this cheap.
    connection.execute("PRAGMA synchronous = FULL")
    # A long export or a big migration may let the log grow; it need not stay so.
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    return connection
