"""Kills servers and run processes at random moments under load, and counts what was lost by it.

Runs train, some steer them, some follow them. Nobody is told before a kill. What any of them was
promised is compared with the records afterwards.
"""

from __future__ import annotations

import itertools
import random
import socket
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import psutil

from faults.followers import Follower, digest
from faults.set_checker import SetCheck, check_set
from integration.live_server import LiveServer, eventually
from matinee.journal.reader import JournalReader

STEERERS = 4
STEER_EVERY_S = 0.03
QUIET_S = (0.2, 1.5)
"""Between two kills."""
RESTART_PATIENCE_S = 120.0
EVERYTHING = 1_000_000_000

Victim = Literal["server", "run"]


@dataclass(frozen=True)
class KillReport:
    """What was found after all kills.

    Attributes:
        kills: How many of each kind.
        commands: (run, value) of each change: promised by an answer, read from the ledgers.
        events: (run, number, digest): promised by the stream, read over REST.
        episodes: (run, number): promised by the stream, read from the records.
        repeated: Events that a follower got twice.
        gaps: Numbers that a follower missed.
        complaints: Whatever should not have been said.
        ready_s: From the start of a new server to its readiness.
        seen_s: From the death of a run process to `failed`.
        restarted: How often a killed run could go on; otherwise another run took its place.
    """

    kills: Mapping[Victim, int]
    commands: SetCheck
    events: SetCheck
    episodes: SetCheck
    repeated: int
    gaps: int
    complaints: tuple[str, ...]
    ready_s: tuple[float, ...]
    seen_s: tuple[float, ...]
    restarted: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, invented or left out."""
        sets = (self.commands, self.events, self.episodes)
        return all(each.holds for each in sets) and not (
            self.repeated or self.gaps or self.complaints
        )


class _Steerer(threading.Thread):
    """Changes one setting again and again, to a value that never comes twice."""

    def __init__(self, harness: KillHarness) -> None:
        super().__init__(name="steerer", daemon=True)
        self._harness = harness
        self.attempted: list[tuple[str, float]] = []
        self.acknowledged: list[tuple[str, float]] = []

    def run(self) -> None:
        harness = self._harness
        headers = {"Authorization": f"Bearer {harness.server.token}"}
        with httpx.Client(base_url=harness.address, headers=headers, timeout=30) as client:
            while not harness.stopped.wait(STEER_EVERY_S):
                run_id = harness.a_run()
                rate = 1e-3 + next(harness.numbers) * 1e-9
                self.attempted.append((run_id, rate))
                try:
                    answer = client.patch(
                        f"/api/v1/runs/{run_id}/hyperparameters", json={"learning_rate": rate}
                    )
                except httpx.HTTPError:
                    continue
                if answer.is_success:
                    self.acknowledged.append((run_id, rate))


@dataclass
class KillHarness:
    """One series of kills on one data folder. Lives from `open` to `report`.

    Attributes:
        server: Not started yet.
        spec: Of the runs.
        runs: How many train at once.
        chance: Decides when and whom.
    """

    server: LiveServer
    spec: Mapping[str, Any]
    runs: int
    chance: random.Random
    address: str = field(init=False)
    stopped: threading.Event = field(default_factory=threading.Event)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._targets: list[str] = []
        self._all_runs: list[str] = []
        self._steerers: list[_Steerer] = []
        self._followers: list[Follower] = []
        self._ready_s: list[float] = []
        self._seen_s: list[float] = []
        self._kills: dict[Victim, int] = {"server": 0, "run": 0}
        self._complaints: list[str] = []
        self._restarted = 0

    def open(self) -> None:
        """Start the server, the runs, and everybody who is busy with them."""
        port = _free_port()
        self.server.flags = (*self.server.flags, "--port", str(port))
        self.server.start()
        self.address = self.server.base_url
        # Until the server knows what is installed, it makes no run.
        self.server.client.get("/api/v1/environments", timeout=RESTART_PATIENCE_S)
        for _ in range(self.runs):
            self._add_run()
        self._steerers = [_Steerer(self) for _ in range(STEERERS)]
        for steerer in self._steerers:
            steerer.start()

    def kill(self, *, servers: int, runs: int) -> None:
        """Kill so many of each, in random order."""
        victims: list[Victim] = [*["server"] * servers, *["run"] * runs]  # type: ignore[list-item]
        self.chance.shuffle(victims)
        for victim in victims:
            time.sleep(self.chance.uniform(*QUIET_S))
            if victim == "server":
                self._kill_server()
            else:
                self._kill_run()
            self._kills[victim] += 1

    def report(self) -> KillReport:
        """Let everybody come to an end, stop the runs, and compare."""
        time.sleep(1.0)
        self.stopped.set()
        for steerer in self._steerers:
            steerer.join(60)
        for run_id in self._targets:
            self.server.command(run_id, "stop", wait=30)
            self.server.wait_for(run_id, "stopped")
        for follower in self._followers:
            last = self.server.run(follower.run_id)["last_seq"]
            eventually(
                lambda follower=follower, last=last: follower.cursor >= last,  # type: ignore[misc]
                what=f"event {last} at a follower, which is at {follower.cursor}",
                timeout_s=RESTART_PATIENCE_S,
            )
            follower.stop()
        for run_id in self._all_runs:
            self._check_record(run_id)
        return KillReport(
            kills=dict(self._kills),
            commands=check_set(
                attempted=[each for one in self._steerers for each in one.attempted],
                acknowledged=[each for one in self._steerers for each in one.acknowledged],
                read=[each for run_id in self._all_runs for each in self._ledger(run_id)],
            ),
            events=self._check_events(),
            episodes=self._check_episodes(),
            repeated=sum(each.repeated.total() for each in self._followers),
            gaps=sum(each.gaps for each in self._followers),
            complaints=tuple(
                self._complaints + [said for one in self._followers for said in one.complaints]
            ),
            ready_s=tuple(self._ready_s),
            seen_s=tuple(self._seen_s),
            restarted=self._restarted,
        )

    def close(self) -> None:
        """End everything, whatever has happened."""
        self.stopped.set()
        self.server.clean_up()

    def a_run(self) -> str:
        """One that trains, by chance."""
        return self.chance.choice(self._targets)

    # ---- killing -----------------------------------------------------------------------------

    def _kill_server(self) -> None:
        pids = {run_id: self.server.recorded_pid(run_id) for run_id in self._targets}
        self.server.kill()
        began_s = time.monotonic()
        self.server.start()
        eventually(
            lambda: self.server.client.get("/readyz").is_success,
            what="ready server",
            timeout_s=RESTART_PATIENCE_S,
        )
        self._ready_s.append(time.monotonic() - began_s)
        for run_id, pid in pids.items():
            if self.server.recorded_pid(run_id) != pid:
                self._complaints.append(f"{run_id} has another process than before")

    def _kill_run(self) -> None:
        run_id = self.a_run()
        self.server.wait_for(run_id, "running", timeout_s=RESTART_PATIENCE_S)
        psutil.Process(self.server.recorded_pid(run_id)).kill()
        killed_s = time.monotonic()
        self.server.wait_for(run_id, "failed", timeout_s=RESTART_PATIENCE_S)
        self._seen_s.append(time.monotonic() - killed_s)
        answer = self.server.client.post(f"/api/v1/runs/{run_id}/start", params={"wait": 30})
        if answer.is_success:
            self._restarted += 1
            self.server.wait_for(run_id, "running", timeout_s=RESTART_PATIENCE_S)
        else:
            self._add_run(in_place_of=run_id)

    def _add_run(self, *, in_place_of: str | None = None) -> None:
        run_id = str(self.server.create(self.spec, wait=30)["id"])
        self.server.wait_for(run_id, "running", timeout_s=RESTART_PATIENCE_S)
        self._all_runs.append(run_id)
        if in_place_of is None:
            self._targets.append(run_id)
        else:
            self._targets[self._targets.index(in_place_of)] = run_id
        address = self.address.replace("http", "ws", 1)
        self._followers.append(Follower(run_id, address, self.server.token).start())

    # ---- comparing ---------------------------------------------------------------------------

    def _reader(self, run_id: str) -> JournalReader:
        return JournalReader(self.server.data_dir / "runs" / run_id)

    def _ledger(self, run_id: str) -> list[tuple[str, float]]:
        return [
            (run_id, float(str(command.action.settings["learning_rate"])))
            for command in self._reader(run_id).commands(after=None, limit=EVERYTHING)
            if command.action.name == "set_hyperparameters"
        ]

    def _check_events(self) -> SetCheck:
        read = [
            (run_id, int(event["seq"]), digest(event))
            for run_id in self._all_runs
            for event in self.server.events(run_id)
        ]
        came = [
            (each.run_id, seq, of_event)
            for each in self._followers
            for seq, of_event in each.came.items()
        ]
        return check_set(attempted=read, acknowledged=came, read=read)

    def _check_episodes(self) -> SetCheck:
        promised = [
            (each.run_id, number)
            for each in self._followers
            for number in range(1, each.last_episode + 1)
        ]
        read = [
            (run_id, int(row[0]))
            for run_id in self._all_runs
            for rows in self._reader(run_id).episodes()
            for row in rows
        ]
        return check_set(attempted=promised, acknowledged=promised, read=read)

    def _check_record(self, run_id: str) -> None:
        path = self.server.data_dir / "runs" / run_id / "run.db"
        with closing(sqlite3.connect(path)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            self._complaints.append(f"{run_id}: {verdict}")
        numbers = [event["seq"] for event in self.server.events(run_id)]
        if numbers != list(range(1, len(numbers) + 1)):
            self._complaints.append(f"{run_id}: the events are not numbered 1, 2, 3 …")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
