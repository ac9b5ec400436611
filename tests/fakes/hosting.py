"""A run hosted by a thread of the test: real trainer, real record, real control socket."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from fakes.control_peer import ControlPeer
from fakes.records import NOW
from fakes.training import small_spec
from matinee.contracts.commands import FINAL_COMMAND_STATES, Action, Command, Start
from matinee.contracts.control import AckFrame
from matinee.contracts.events import EventType
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.progress import Progress
from matinee.contracts.run import RunSnapshot
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.journal.schema import run_db
from matinee.journal.writer import JournalWriter
from matinee.runs.deaths import record_death
from matinee.runs.folders import RunDetails, RunFolders, queue_start
from matinee.runs.steering import new_command
from matinee.worker.commands import Request
from matinee.worker.host import RunHost

PATIENCE_S = 60.0

ENDLESS: dict[str, Any] = {
    "budget": {"env_steps": None},
    "hyperparameters": {"rollout_length": 4, "target_steps_per_second": 400.0},
}
"""Trains until it is told to stop, slowly."""


def queued_run(data_dir: Path, spec: RunSpec, *, created_at: datetime = NOW) -> tuple[Path, str]:
    """A run that waits for a process: its folder, and the command that starts it."""
    run_id = new_ulid()
    command = new_command(run_id, Start(), new_ulid(), actor="token")
    folder = RunFolders(data_dir).create(
        run_id, spec=spec, details=RunDetails(name="x"), created_at=created_at, start=command
    )
    return folder, command.id


def start_again(run_dir: Path, action: Start | None = None) -> str:
    """Queue a run that has ended anew, as the server does; the id of the command."""
    command = new_command(run_dir.name, action or Start(), new_ulid(), actor="token")
    with JournalWriter(run_dir) as writer:
        queue_start(writer, JournalReader(run_dir).snapshot()[0], command)
    return command.id


def lost(run: Hosted, data_dir: Path) -> Path:
    """A run as it would be if its process had been killed just now: the folder of a copy."""
    folder = data_dir / "runs" / new_ulid()
    shutil.copytree(run.run_dir, folder, ignore=shutil.ignore_patterns("*.db*", "owner.lock"))
    with (
        closing(sqlite3.connect(run_db(run.run_dir))) as source,
        closing(sqlite3.connect(run_db(folder))) as copy,
    ):
        source.backup(copy)
    record_death(folder, state=RunState.FAILED, reason="it was killed")
    return folder


class Hosted:
    """One hosted run. Lives from construction, which starts it, to its end."""

    def __init__(
        self, run_dir: Path, command_id: str, *, runtime_dir: Path, **options: Any
    ) -> None:
        self.run_dir = run_dir
        self.socket_path = runtime_dir / f"{run_dir.name}.sock"
        self.seen: list[tuple[RunState, Progress]] = []
        self.host = RunHost(
            run_dir,
            run_id=run_dir.name,
            socket_path=self.socket_path,
            start_command_id=command_id,
            on_progress=lambda state, progress, _metrics: self.seen.append((state, progress)),
            **options,
        )
        self.state: RunState | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hosted")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.state = self.host.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    @property
    def snapshot(self) -> RunSnapshot:
        """The record's newest picture."""
        return JournalReader(self.run_dir).snapshot()[0]

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert self._thread.is_alive(), f"it ended: {self.error or self.snapshot}"
            assert time.monotonic() < deadline_s, f"it never became so: {self.snapshot}"
            time.sleep(0.005)

    def wait_for_state(self, state: RunState) -> None:
        """Wait until the record says so."""
        self.wait_until(lambda: self.snapshot.state is state)

    def wait_for_steps(self, more_than: int) -> None:
        """Wait for training to go on."""
        self.wait_until(lambda: self.snapshot.progress.env_steps > more_than)

    def ask(self, action: Action, *, actor: str = "token") -> AckFrame:
        """Send a command over the socket."""
        with ControlPeer(self.socket_path) as peer:
            return peer.ask(action, actor=actor)

    def do(self, action: Action, *, actor: str = "token") -> Command:
        """The same, and wait for what becomes of it."""
        command_id = self.ask(action, actor=actor).command_id
        reader = JournalReader(self.run_dir)

        def outcome() -> Command | None:
            command = reader.command(command_id)
            return command if command and command.state in FINAL_COMMAND_STATES else None

        self.wait_until(outcome)
        command = outcome()
        assert command is not None
        return command

    def request(self, action: Action, *, actor: str = "token") -> None:
        """Ask without waiting, also before anybody listens on the socket."""
        self.host.request(Request(new_ulid(), actor, action))

    def finish(self) -> RunState:
        """Wait for the end."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "it does not end"
        if self.error is not None:
            raise self.error
        assert self.state is not None
        return self.state

    def events(self, *types: EventType) -> list[dict[str, Any]]:
        """All events so far, or those of some types.

        What was not asked for is not read: of a run that ends thousands of episodes a second beside
        the test, all events can't be read as fast as they come.
        """
        events: list[dict[str, Any]] = []
        cursor = 0
        reader = JournalReader(self.run_dir)
        while (page := reader.events(after=cursor, limit=1000, types=types)).events:
            events += map(orjson.loads, page.events)
            cursor = page.next
        return events

    def states(self) -> list[str]:
        """The states that it went through."""
        return [event["state"] for event in self.events("run_state_changed")]


@contextmanager
def hosted(
    data_dir: Path, environment_id: str, *, runtime_dir: Path, spec: Any = None, **options: Any
) -> Iterator[Hosted]:
    """A run that has begun; ended at the end, if it has not by itself."""
    run_dir, command_id = queued_run(data_dir, small_spec(environment_id, **(spec or {})))
    with hosting(run_dir, command_id, runtime_dir=runtime_dir, **options) as run:
        yield run


@contextmanager
def hosting(
    run_dir: Path, command_id: str, *, runtime_dir: Path, **options: Any
) -> Iterator[Hosted]:
    """The same for a run that exists."""
    from matinee.contracts.commands import Abort

    run = Hosted(run_dir, command_id, runtime_dir=runtime_dir, **options)
    try:
        yield run
    finally:
        run.request(Abort(), actor="test")
        run._thread.join(PATIENCE_S)
