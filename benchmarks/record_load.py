"""Whether records keep up: eight writers, sixteen readers and backups at once, on one disk.

    python -m benchmarks.record_load [--minutes 10] [--writers 8] [--readers 16]

Each writer is a process with a record of its own, as runs have it: twenty commits a second with 40
metrics and 60 episodes each. Readers follow, chart and export, one thread copies every record by
SQLite's backup. A point is a metric or an episode. Ends with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.machine import describe_machine, describe_versions, load_per_core
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.metrics import METRICS, MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run_spec import parse_run_spec
from matinee.journal.follower import JournalFollower
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

COMMITS_PER_SECOND = 20.0
METRICS_EACH = 40
EPISODES_EACH = 60
PAGE_EVENTS = 200
BACKUP_PAGES = 500
BUSY_TIMEOUT_S = 5.0
START_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Episodes:
    """Finished episodes in columns."""

    worker: npt.NDArray[np.int64]
    env_step: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    returns: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Written:
    """What one writer did.

    Attributes:
        commits_ms: Time of each commit.
        points: Metrics and episodes.
        seconds: How long it took.
        error: Why it ended early, if it did.
    """

    commits_ms: list[float]
    points: int
    seconds: float
    error: str | None


def write(run_dir: Path, seconds: float, answers: Queue[Written]) -> None:
    """One writer, in a process of its own."""
    names = list(METRICS)[:METRICS_EACH]
    commits_ms: list[float] = []
    points, error = 0, None
    began_s = time.monotonic()
    try:
        with JournalWriter(run_dir) as writer:
            while (now_s := time.monotonic()) < began_s + seconds:
                step = len(commits_ms) * EPISODES_EACH * 10
                writer.append_metrics(dict.fromkeys(names, _summary(step)), _progress(step))
                writer.append_episodes(_episodes(step), updates=step)
                commit_s = time.perf_counter()
                writer.commit()
                commits_ms.append((time.perf_counter() - commit_s) * 1000)
                points += len(names) + EPISODES_EACH
                time.sleep(max(0.0, now_s + 1 / COMMITS_PER_SECOND - time.monotonic()))
    except Exception as failure:  # noqa: BLE001 - every failure is a finding
        error = repr(failure)
    answers.put(Written(commits_ms, points, time.monotonic() - began_s, error))


def _summary(step: int) -> MetricSummary:
    return MetricSummary(mean=step, min=step - 1, max=step + 1, last=step, count=3)


def _progress(step: int) -> Progress:
    return Progress(env_steps=step, seconds=step / 1000, updates=step)


def _episodes(step: int) -> Episodes:
    order = np.arange(EPISODES_EACH)
    return Episodes(
        worker=order % 4,
        env_step=step + 10 * order,
        seconds=(step + order) / 1000.0,
        returns=order.astype(np.float64),
        lengths=np.full(EPISODES_EACH, 10),
    )


class Readers:
    """Threads that read what is being written. Live from construction to `stop`."""

    def __init__(self, run_dirs: Sequence[Path], *, count: int, backups: Path) -> None:
        self.done: Counter[str] = Counter()
        self.errors: list[str] = []
        self._run_dirs = run_dirs
        self._backups = backups
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(random.Random(number),))  # noqa: S311 - no secret
            for number in range(count)
        ]
        self._threads.append(threading.Thread(target=self._back_up))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End them all."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self, chance: random.Random) -> None:
        cursors = dict.fromkeys(self._run_dirs, 0)
        followers = {run_dir: JournalFollower(run_dir) for run_dir in self._run_dirs}
        while not self._stopped.wait(chance.uniform(0.05, 0.2)):
            run_dir = chance.choice(self._run_dirs)
            try:
                page, _, _ = followers[run_dir].follow(after=cursors[run_dir], limit=PAGE_EVENTS)
                cursors[run_dir] = page.next
                self.done["pages"] += 1
                if chance.random() < 0.1:
                    next(JournalReader(run_dir).episodes(), None)
                    self.done["exports begun"] += 1
            except Exception as error:  # noqa: BLE001 - every failure is a finding
                self.errors.append(repr(error))
        for follower in followers.values():
            follower.close()

    def _back_up(self) -> None:
        while not self._stopped.wait(1.0):
            for run_dir in self._run_dirs:
                try:
                    with (
                        closing(
                            sqlite3.connect(
                                f"file:{run_db(run_dir)}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S
                            )
                        ) as source,
                        closing(sqlite3.connect(self._backups / f"{run_dir.name}.db")) as target,
                    ):
                        source.backup(target, pages=BACKUP_PAGES)
                    self.done["backups"] += 1
                except sqlite3.Error as error:
                    self.errors.append(repr(error))


def measured(folder: Path, arguments: argparse.Namespace) -> tuple[list[Written], Readers]:
    """Write and read for some minutes."""
    backups = folder / "backups"
    backups.mkdir()
    spec = parse_run_spec({"environment": {"id": "CartPole-v1"}, "seed": 1})
    run_dirs = []
    for _ in range(arguments.writers):
        run_dir = folder / new_ulid()
        run_dir.mkdir()
        JournalWriter.create(
            run_dir, run_id=run_dir.name, spec=spec, created_at=datetime.now(UTC)
        ).close()
        run_dirs.append(run_dir)
    context = multiprocessing.get_context("spawn")
    answers: Queue[Written] = context.Queue()
    seconds = arguments.minutes * 60
    writers = [
        context.Process(target=write, args=(run_dir, seconds, answers)) for run_dir in run_dirs
    ]
    for writer in writers:
        writer.start()
    readers = Readers(run_dirs, count=arguments.readers, backups=backups)
    written = [answers.get(timeout=seconds + START_PATIENCE_S) for _ in writers]
    readers.stop()
    for writer in writers:
        writer.join()
    for run_dir in run_dirs:
        with closing(sqlite3.connect(run_db(run_dir))) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            readers.errors.append(f"{run_dir.name}: {verdict}")
    return written, readers


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=16)
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        written, readers = measured(Path(folder), arguments)
    commits_ms = [each for one in written for each in one.commits_ms]
    errors = [*readers.errors, *(one.error for one in written if one.error is not None)]
    p50, p99 = np.percentile(commits_ms, (50, 99))
    rate = sum(one.points / one.seconds for one in written)
    done = ", ".join(f"{count:,} {what}" for what, count in sorted(readers.done.items()))
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    print(
        f"{len(written)} writers, {arguments.readers} readers, {arguments.minutes:g} minutes: "
        f"{len(errors)} errors, {rate:,.0f} points/s in; {len(commits_ms):,} commits, "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms; {done}."
    )
    for error in Counter(errors).most_common(5):
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
