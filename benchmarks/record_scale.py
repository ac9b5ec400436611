"""What a record of up to ten million episodes costs: on disk, as a chart, and as an export.

    python -m benchmarks.record_scale [--episodes 10000 1000000] [--data-dir FOLDER]

The record is made by the real writer: 1,000 episodes and 40 metrics a commit. Then a real server
reads it, cold: in a process that has never seen it, with the file dropped from the page cache.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import psutil

from benchmarks.fresh_process import ROOT
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.metrics import EPISODE_METRICS, METRICS, MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.run_state import RunState
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter

# The server and the columns of episodes are those of the tests.
sys.path.insert(0, str(ROOT / "tests"))

from fakes.records import Episodes
from integration.live_server import LiveServer

COMMIT_EPISODES = 1_000
METRICS_OF_A_FLUSH = 40
POINTS = 2_000
RECORDED = [name for name in METRICS if name not in EPISODE_METRICS][:METRICS_OF_A_FLUSH]
CHARTS = ("episode_return", *RECORDED[:5])
CHUNK_BYTES = 1 << 20
JSONL_ROWS = 500_000
"""Enough to know the rate."""
MB = 1e6


@dataclass(frozen=True)
class Figures:
    """Of one record."""

    episodes: int
    written_s: float
    size_bytes: int
    return_s: float
    return_cpu_s: float
    page_s: float
    csv_rows_per_s: float
    csv_rows_per_cpu_s: float
    jsonl_rows_per_s: float
    rss_growth_bytes: int
    slowest_answer_s: float
    slowest_probe_s: float


@dataclass
class Exported:
    """How an export went.

    Attributes:
        rows_per_s: How fast it came.
        peak_bytes: The most memory of the server meanwhile.
        slowest_answer_s: Of somebody who asked for the list of runs meanwhile.
        slowest_probe_s: Of `/readyz` meanwhile, which commits to the catalogue: it has to wait for
            the disk.
    """

    rows_per_s: float = 0.0
    peak_bytes: int = 0
    slowest_answer_s: float = 0.0
    slowest_probe_s: float = 0.0


def make_record(run_dir: Path, *, run_id: str, episodes: int) -> float:
    """A finished run of so many episodes; returns the seconds that it took to write."""
    spec = parse_run_spec({"environment": {"id": "CartPole-v1"}, "seed": 1})
    generator = np.random.default_rng(1)
    started_s = time.monotonic()
    env_step = 0
    with JournalWriter.create(
        run_dir, run_id=run_id, spec=spec, created_at=datetime.now(UTC)
    ) as writer:
        for first in range(0, episodes, COMMIT_EPISODES):
            count = min(COMMIT_EPISODES, episodes - first)
            lengths = generator.integers(8, 500, count)
            steps = env_step + np.cumsum(lengths)
            env_step = int(steps[-1])
            writer.append_episodes(
                Episodes(
                    worker=generator.integers(0, 8, count),
                    env_step=steps,
                    seconds=steps / 100_000,
                    returns=lengths + generator.normal(size=count),
                    lengths=lengths,
                ),
                updates=env_step // 80,
            )
            values = generator.normal(size=(len(RECORDED), 2))
            metrics = {
                name: MetricSummary(
                    mean=mean, min=mean - abs(spread), max=mean + abs(spread), last=mean, count=625
                )
                for name, (mean, spread) in zip(RECORDED, values.tolist(), strict=True)
            }
            progress = Progress(
                env_steps=env_step,
                seconds=env_step / 100_000,
                updates=env_step // 80,
                episodes=first + count,
            )
            writer.append_metrics(metrics, progress)
            writer.set_snapshot(RunSnapshot(state=RunState.FINISHED, progress=progress))
            writer.commit()
    return time.monotonic() - started_s


def forget(path: Path) -> None:
    """Drop a file from the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def measure(data_dir: Path, episodes: int) -> Figures:
    """Make a record in a data directory of its own, serve it and read it."""
    run_id = new_ulid()
    run_dir = data_dir / "runs" / run_id
    written_s = make_record(run_dir, run_id=run_id, episodes=episodes)
    size = run_db(run_dir).stat().st_size
    with tempfile.TemporaryDirectory() as runtime:
        server = LiveServer(data_dir, Path(runtime)).start()
        try:
            process = psutil.Process(server.process.pid)
            runs = f"/api/v1/runs/{run_id}"
            # A first request of each kind, of nothing: what is imported for it is no reading.
            server.client.get(f"{runs}/series", params={"metric": "entropy", "to": -1})
            before = process.memory_info().rss
            forget(run_db(run_dir))
            busy_s = _busy_s(process)
            return_s = _time_series(server.client, runs, ["episode_return"])
            return_cpu_s = _busy_s(process) - busy_s
            forget(run_db(run_dir))
            page_s = _time_series(server.client, runs, CHARTS)
            forget(run_db(run_dir))
            peak = process.memory_info().rss
            busy_s = _busy_s(process)
            csv = _time_export(server, runs, "episodes.csv")
            csv_busy_s = _busy_s(process) - busy_s
            jsonl = _time_export(server, runs, "episodes.jsonl", most_rows=JSONL_ROWS)
        finally:
            server.clean_up()
    return Figures(
        episodes=episodes,
        written_s=written_s,
        size_bytes=size,
        return_s=return_s,
        return_cpu_s=return_cpu_s,
        page_s=page_s,
        csv_rows_per_s=csv.rows_per_s,
        csv_rows_per_cpu_s=episodes / csv_busy_s,
        jsonl_rows_per_s=jsonl.rows_per_s,
        rss_growth_bytes=max(peak, csv.peak_bytes, jsonl.peak_bytes) - before,
        slowest_answer_s=max(csv.slowest_answer_s, jsonl.slowest_answer_s),
        slowest_probe_s=max(csv.slowest_probe_s, jsonl.slowest_probe_s),
    )


def _busy_s(process: psutil.Process) -> float:
    """Seconds of CPU so far, which other programs change little."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _time_series(client: httpx.Client, runs: str, metrics: Sequence[str]) -> float:
    started_s = time.monotonic()
    answer = client.get(f"{runs}/series", params={"metric": list(metrics), "points": POINTS})
    elapsed_s = time.monotonic() - started_s
    answer.raise_for_status()
    return elapsed_s


def _time_export(
    server: LiveServer, runs: str, name: str, *, most_rows: float = math.inf
) -> Exported:
    """Take an export, and ask for other things meanwhile."""
    process = psutil.Process(server.process.pid)
    found = Exported()
    rows, due_s = 0, 0.0
    started_s = time.monotonic()
    other = httpx.Client(base_url=server.base_url, headers=server.client.headers)
    with other, server.client.stream("GET", f"{runs}/{name}") as answer:
        answer.raise_for_status()
        for part in answer.iter_raw(CHUNK_BYTES):
            rows += part.count(b"\n")
            if rows >= most_rows:
                break
            found.peak_bytes = max(found.peak_bytes, process.memory_info().rss)
            if time.monotonic() >= due_s:
                found.slowest_answer_s = max(
                    found.slowest_answer_s, _time_answer(other, "/api/v1/runs")
                )
                found.slowest_probe_s = max(found.slowest_probe_s, _time_answer(other, "/readyz"))
                due_s = time.monotonic() + 0.2
        found.rows_per_s = rows / (time.monotonic() - started_s)
    return found


def _time_answer(client: httpx.Client, path: str) -> float:
    started_s = time.monotonic()
    client.get(path).raise_for_status()
    return time.monotonic() - started_s


def report(figures: Sequence[Figures]) -> str:
    """A column for each length."""
    rows: dict[str, list[str]] = {
        "run.db, bytes an episode": [f"{f.size_bytes / f.episodes:.1f}" for f in figures],
        "run.db, MB": [f"{f.size_bytes / MB:,.1f}" for f in figures],
        "written, episodes/s": [f"{f.episodes / f.written_s:,.0f}" for f in figures],
        f"return in {POINTS:,} points, cold, ms": [f"{1e3 * f.return_s:.0f}" for f in figures],
        "the same, ms of CPU": [f"{1e3 * f.return_cpu_s:.0f}" for f in figures],
        f"{len(CHARTS)} charts in {POINTS:,} points, cold, ms": [
            f"{1e3 * f.page_s:.0f}" for f in figures
        ],
        "episodes.csv, rows/s": [f"{f.csv_rows_per_s:,.0f}" for f in figures],
        "episodes.csv, rows/s of CPU": [f"{f.csv_rows_per_cpu_s:,.0f}" for f in figures],
        "episodes.jsonl, rows/s": [f"{f.jsonl_rows_per_s:,.0f}" for f in figures],
        "server's memory, MB more at most": [f"{f.rss_growth_bytes / MB:.0f}" for f in figures],
        "slowest other answer during an export, ms": [
            f"{1e3 * f.slowest_answer_s:.0f}" for f in figures
        ],
        "slowest /readyz (a commit) during an export, ms": [
            f"{1e3 * f.slowest_probe_s:.0f}" for f in figures
        ],
    }
    head = "| | " + " | ".join(f"{f.episodes:,}" for f in figures) + " |"
    return table(head, [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each length in turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--episodes", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--data-dir", type=Path, help="Where the records are made; then removed.")
    options = parser.parse_args(arguments)
    load = f"load per core {load_per_core():.1f}"
    print(f"{describe_machine()}; {describe_versions()}; {load}\n")
    figures = []
    for episodes in options.episodes:
        with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
            figures.append(measure(Path(folder), episodes))
            print(report(figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
