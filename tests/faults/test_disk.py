"""A disk that really is full: the run goes on, nothing is lost, and all recovers by itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from integration.live_server import LONG_RUN, LiveServer, eventually, is_run_process

DISK = "320m"
"""A server wants 256 MiB free."""
CHUNK_BYTES = 4 << 20
TRAINS_FOR_S = 0.5
"""Processor time with a full disk: several flushes, and checkpoints that fail."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Take all space that there is."""
    with path.open("wb") as file:
        size, step = 0, CHUNK_BYTES
        while step:
            try:
                os.posix_fallocate(file.fileno(), size, step)
                size += step
            except OSError:
                step //= 2


def processor_s(pid: int) -> float:
    """What a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@pytest.mark.timeout(300)
def test_a_run_outlives_a_full_disk(
    new_server: Callable[..., LiveServer], small_disk: Path
) -> None:
    """With no byte left the run trains on and the server says so; with space all is there.

    Record, log and checkpoints are on the full disk.
    """
    data_dir = small_disk / "data"
    data_dir.mkdir()
    server = new_server(data_dir).start()
    try:
        spec = {**LONG_RUN, "checkpoint": {"every_seconds": 1}}
        run_id = server.create(spec, wait=20)["id"]
        server.wait_for_steps(run_id, 500)
        pid = server.recorded_pid(run_id)
        assert server.client.get("/readyz").is_success

        fill(small_disk / "filler")
        used_s = processor_s(pid)
        eventually(
            lambda: not is_run_process(pid) or processor_s(pid) > used_s + TRAINS_FOR_S,
            what="training with a full disk",
        )
        assert is_run_process(pid), server.run(run_id)["reason"]
        answer = server.client.get("/readyz")
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        stands_at = server.run(run_id)["last_seq"]

        (small_disk / "filler").unlink()
        eventually(
            lambda: server.run(run_id)["last_seq"] > stands_at + 5, what="events after the trouble"
        )
        eventually(lambda: server.client.get("/readyz").is_success, what="ready server")
        assert server.command(run_id, "stop")["state"] == "applied"
        run = server.wait_for(run_id, "stopped")

        assert server.recorded_pid(run_id) == pid
        events = server.events(run_id)
        assert [event["seq"] for event in events] == list(range(1, run["last_seq"] + 1))
        complaints = [event["message"] for event in events if event["type"] == "log_written"]
        assert any("nothing is lost, retrying" in message for message in complaints)
        folder = data_dir / "runs" / run_id
        with closing(sqlite3.connect(folder / "run.db")) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            (episodes,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
        assert verdict == "ok"
        assert episodes == run["progress"]["episodes"]
        assert list(folder.rglob("*.tmp")) == []
        assert list(folder.rglob("manifest.json"))
    finally:
        server.clean_up()
