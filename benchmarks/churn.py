"""Whether a server grows while runs and clients come and go.

    python -m benchmarks.churn [--minutes 60]

One run trains the whole time and one client follows it. Beside them, short runs are created,
steered, saved, ended in each of the ways there are, and deleted, and clients open streams,
curves and exports and leave, half of them without a word. Every ten seconds the server's process
is looked at; the slopes are those of lines through the samples, without the first fifth, in which
caches fill. Ends with 1 if a promise is broken: an answer of 5xx, an event that the
follower did not get, a zombie, a WAL of 64 MB, or more memory, files or threads than may be.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import psutil
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from benchmarks.growth import GROWTH_HEAD, growth_row, settled, slope_per_hour
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table
from benchmarks.served import Server, serving

LOOK_EVERY_S = 10.0
BETWEEN_RUNS_S = 4.0
BETWEEN_CLIENTS_S = 0.5
CLIENTS = 3
SHORT_RUN_S = 6.0
FOLLOWED_FOR_S = 3.0
RECEIVE_TIMEOUT_S = 1.0
WAIT_S = 20
RUNS_KEPT = 3
BYTES_PER_MB = 1e6
MAX_WAL_MB = 64.0
MAX_MEMORY_MB_PER_HOUR = 1.0
"""Of the line; a shorter measurement may grow by as much in all, which is its noise."""
MAX_MORE = 4
"""Files and threads: so many are in use for a moment while somebody is served."""

LONG: Mapping[str, Any] = {"preset": "cartpole-lesson", "name": "long"}
SHORT: Mapping[str, Any] = {
    "preset": "cartpole-lesson",
    "budget": {"seconds": SHORT_RUN_S, "env_steps": None, "target_return": None},
}


@dataclass(frozen=True)
class Sample:
    """The server's process at one moment.

    Attributes:
        seconds: Since the beginning.
        memory_mb: Resident.
        open_files: Descriptors.
        threads: Its own.
        children: Processes below it: runs, the spare one, players.
        zombies: Ended children that nobody has asked after.
        wal_mb: The largest write-ahead log below the data directory.
    """

    seconds: float
    memory_mb: float
    open_files: int
    threads: int
    children: int
    zombies: int
    wal_mb: float


UNITS: Mapping[str, str] = {
    "memory_mb": "resident memory, MB",
    "open_files": "open files",
    "threads": "threads",
    "children": "processes below it",
    "zombies": "zombies",
    "wal_mb": "largest WAL, MB",
}


@dataclass
class Tally:
    """What was done, and what went wrong.

    Attributes:
        done: How often, by name.
        broken: In words.
    """

    done: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def answer(self, what: str, answer: httpx.Response) -> httpx.Response:
        """Count an answer; one of 5xx breaks the promise."""
        self.done[what] += 1
        if answer.is_server_error:
            self.broken.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer


def look(process: psutil.Process, data_dir: Path, seconds: float) -> Sample:
    """At the server itself; its children are only counted."""
    children = process.children(recursive=True)
    zombies = 0
    for child in children:
        try:
            zombies += child.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            continue
    with process.oneshot():
        return Sample(
            seconds=seconds,
            memory_mb=process.memory_info().rss / BYTES_PER_MB,
            open_files=process.num_fds(),
            threads=process.num_threads(),
            children=len(children),
            zombies=zombies,
            wal_mb=largest_wal_bytes(data_dir) / BYTES_PER_MB,
        )


def largest_wal_bytes(data_dir: Path) -> int:
    """Of all write-ahead logs; runs are deleted while we look, their folders too."""
    largest = 0
    # Unlike `rglob` it passes over a folder that has gone.
    for folder, _, names in os.walk(data_dir):
        for name in names:
            if name.endswith("-wal"):
                with suppress(FileNotFoundError):
                    largest = max(largest, (Path(folder) / name).stat().st_size)
    return largest


class Churn:
    """Runs and clients that come and go beside a server, until `end` is set."""

    def __init__(self, server: Server, tally: Tally) -> None:
        self._server = server
        self._tally = tally
        self._random = np.random.default_rng(0)
        self._live: list[str] = []
        self.end = threading.Event()

    def runs(self) -> None:
        """Short runs, each through a life of its own; the newest few are kept."""
        kept: list[str] = []
        while not self.end.is_set():
            run_id = self._post("create", "/runs", SHORT)["id"]
            self._live = [run_id]
            self._patch(run_id)
            self._post("checkpoint", f"/runs/{run_id}/checkpoints", {"pinned": False})
            ending = str(self._random.choice(["stop", "abort", "pause", "alone"]))
            if ending == "pause":
                self._post("pause", f"/runs/{run_id}/pause", None)
                self._post("resume", f"/runs/{run_id}/resume", None)
            elif ending != "alone":
                self._post(ending, f"/runs/{run_id}/{ending}", None)
            kept.append(run_id)
            while len(kept) > RUNS_KEPT:
                self._delete(kept.pop(0))
            self.end.wait(BETWEEN_RUNS_S)

    def clients(self) -> None:
        """Streams, curves and exports, one after the other."""
        visits: list[Callable[[str], None]] = [
            self._stream,
            self._server_sent_events,
            self._curves,
            self._export,
        ]
        while not self.end.is_set():
            for run_id in self._live[-1:]:
                visits[self._random.integers(len(visits))](run_id)
            self.end.wait(BETWEEN_CLIENTS_S)

    def follow(self, run_id: str) -> None:
        """One client that stays: every event, each once, in order."""
        expected = 1
        with connect(
            self._server.stream_address(run_id), additional_headers=self._server.headers
        ) as socket:
            while not self.end.is_set():
                try:
                    frame = orjson.loads(socket.recv(timeout=RECEIVE_TIMEOUT_S))
                except TimeoutError:
                    continue
                for event in frame.get("events", ()):
                    if event["seq"] != expected:
                        self._tally.broken.append(f"event {expected} came as {event['seq']}")
                    expected = event["seq"] + 1
                    self._tally.done["events followed"] += 1

    def _post(self, what: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        answer = self._server.client.post(path, json=body, params={"wait": WAIT_S})
        self._tally.answer(what, answer)
        found: dict[str, Any] = answer.json()
        return found

    def _patch(self, run_id: str) -> None:
        answer = self._server.client.patch(
            f"/runs/{run_id}/hyperparameters",
            json={"learning_rate": self._random.uniform(1e-4, 1e-3)},
            params={"wait": WAIT_S},
        )
        self._tally.answer("tune", answer)

    def _delete(self, run_id: str) -> None:
        """When it has ended: until then it is refused, and asked again."""
        while not self.end.is_set():
            answer = self._server.client.delete(f"/runs/{run_id}")
            self._tally.answer("delete", answer)
            if not answer.is_error:
                return
            self.end.wait(BETWEEN_CLIENTS_S)

    def _stream(self, run_id: str) -> None:
        self._tally.done["stream"] += 1
        until_s = time.monotonic() + FOLLOWED_FOR_S
        with connect(
            self._server.stream_address(run_id), additional_headers=self._server.headers
        ) as socket:
            # Its run may end, or be deleted, meanwhile.
            with suppress(TimeoutError, ConnectionClosed):
                while time.monotonic() < until_s and not self.end.is_set():
                    socket.recv(timeout=RECEIVE_TIMEOUT_S)
            if self._random.random() < 0.5:
                # Without a closing handshake, as a laptop that is shut.
                socket.socket.close()

    def _server_sent_events(self, run_id: str) -> None:
        until_s = time.monotonic() + FOLLOWED_FOR_S
        with self._server.client.stream(
            "GET", "/stream", params={"run": run_id}, headers={"Accept": "text/event-stream"}
        ) as answer:
            self._tally.answer("server-sent events", answer)
            for _ in answer.iter_raw():
                if time.monotonic() > until_s or self.end.is_set():
                    break

    def _curves(self, run_id: str) -> None:
        answer = self._server.client.get(
            f"/runs/{run_id}/series", params={"metric": ["episode_return", "entropy"]}
        )
        self._tally.answer("curves", answer)

    def _export(self, run_id: str) -> None:
        answer = self._server.client.get(f"/runs/{run_id}/episodes.csv")
        self._tally.answer("export", answer)


def churned(server: Server, data_dir: Path, *, minutes: float) -> tuple[list[Sample], Tally]:
    """Look at the server while runs and clients come and go."""
    tally = Tally()
    churn = Churn(server, tally)
    answer = server.client.post("/runs", json=_unlimited(LONG), params={"wait": WAIT_S})
    run_id = str(answer.raise_for_status().json()["id"])
    process = psutil.Process(server.pid)
    samples: list[Sample] = []
    began_s = time.monotonic()
    with ThreadPoolExecutor(max_workers=CLIENTS + 2) as pool:
        work = [
            pool.submit(churn.follow, run_id),
            pool.submit(churn.runs),
            *(pool.submit(churn.clients) for _ in range(CLIENTS)),
        ]
        try:
            while (elapsed_s := time.monotonic() - began_s) < minutes * 60:
                samples.append(look(process, data_dir, elapsed_s))
                if any(each.done() for each in work):
                    break
                time.sleep(min(LOOK_EVERY_S, minutes * 60 / 10))
        finally:
            churn.end.set()
    for each in work:
        each.result()
    server.client.post(f"/runs/{run_id}/abort", params={"wait": WAIT_S})
    return samples, tally


def _unlimited(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {**spec, "budget": {"seconds": 86_400, "env_steps": None, "target_return": None}}


def judged(samples: Sequence[Sample], *, hours: float) -> list[str]:
    """What grew more than it may, in words."""
    steady = settled(samples)
    seconds = [each.seconds for each in steady]
    found = []
    growth = slope_per_hour(seconds, [each.memory_mb for each in steady])
    if growth * min(hours, 1.0) > MAX_MEMORY_MB_PER_HOUR:
        found.append(f"memory grew by {growth:.2f} MB an hour, more than {MAX_MEMORY_MB_PER_HOUR}")
    half = len(steady) // 2
    for name in ("open_files", "threads", "children"):
        values = [int(asdict(each)[name]) for each in steady]
        before, after = max(values[:half]), max(values[half:])
        if after > before + MAX_MORE:
            found.append(f"{UNITS[name]} rose from {before} to {after} at most")
    if steady[-1].zombies and steady[-2].zombies:
        found.append(f"{steady[-1].zombies} zombies stay")
    largest = max(each.wal_mb for each in samples)
    if largest >= MAX_WAL_MB:
        found.append(f"a WAL grew to {largest:.1f} MB, {MAX_WAL_MB:g} at most")
    return found


def report(samples: Sequence[Sample]) -> str:
    """A row for everything that might grow."""
    seconds = [each.seconds for each in samples]
    rows = [
        growth_row(words, seconds, [float(asdict(each)[name]) for each in samples])
        for name, words in UNITS.items()
    ]
    return table(GROWTH_HEAD, rows)


def main(words: Sequence[str] | None = None) -> int:
    """Churn, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args(words).minutes
    print(
        f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        with serving(data_dir) as server:
            samples, tally = churned(server, data_dir, minutes=minutes)
    print(f"{minutes:g} minutes: {', '.join(f'{n:,} {what}' for what, n in tally.done.items())}\n")
    print(report(samples))
    broken = [*tally.broken, *judged(samples, hours=minutes / 60)]
    print("\n".join(["", *broken]) if broken else "\nNothing is broken.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
