"""The churn: what it does to a real server, and what it calls growth."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.churn import Sample, churned, judged, largest_wal_bytes, look
from benchmarks.served import serving

FLAT = Sample(
    seconds=0.0, memory_mb=100.0, open_files=40, threads=11, children=3, zombies=0, wal_mb=4.0
)


def hour(**growth_per_hour: float) -> list[Sample]:
    """Samples of an hour in which only so much grows, evenly."""
    samples = []
    for share in (index / 59 for index in range(60)):
        grown = {
            name: type(before)(before + by * share)
            for name, by in growth_per_hour.items()
            for before in (getattr(FLAT, name),)
        }
        samples.append(replace(FLAT, seconds=3600 * share, **grown))
    return samples


def test_runs_and_clients_come_and_go_and_nothing_breaks(tmp_path: Path) -> None:
    """A real server outlives some seconds of it without a 5xx, a lost event or a zombie."""
    with serving(tmp_path / "data") as server:
        samples, tally = churned(server, tmp_path / "data", minutes=0.15)

    assert tally.broken == []
    assert {"create", "tune", "events followed"} <= tally.done.keys()
    assert samples[-1].zombies == 0
    assert samples[0].children > 0


@pytest.mark.parametrize(
    ("growth", "told"),
    [
        ({}, []),
        ({"memory_mb": 0.9}, []),
        ({"memory_mb": 2.0}, ["memory grew by 2.00 MB an hour, more than 1.0"]),
        ({"open_files": 20}, ["open files rose from 51 to 60 at most"]),
        ({"threads": 4}, []),
        ({"zombies": 2}, ["2 zombies stay"]),
        ({"wal_mb": 60.0}, ["a WAL grew to 64.0 MB, 64 at most"]),
    ],
)
def test_growth_is_told(growth: dict[str, float], told: list[str]) -> None:
    """What grows more than its bound is named with its figures; what stays below is not."""
    assert judged(hour(**growth), hours=1.0) == told


def test_the_largest_log_counts(tmp_path: Path) -> None:
    """Of several write-ahead logs, the largest is told; of none, 0."""
    assert largest_wal_bytes(tmp_path) == 0
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.db-wal").write_bytes(b"x" * 10)
    (tmp_path / "server.db-wal").write_bytes(b"x" * 7)
    assert largest_wal_bytes(tmp_path) == 10


def test_a_process_is_looked_at() -> None:
    """Its own memory, files and threads are told, in the units of their names."""
    seen = look(psutil.Process(os.getpid()), Path("/nonexistent"), 5.0)
    assert seen.seconds == 5.0
    assert 1 < seen.memory_mb < 100_000
    assert seen.open_files > 0
    assert seen.threads > 0
