"""Run processes that are threads: real record, real control socket, no training.

Whoever writes a run.db and answers on the control socket is a run; these do, and a test says what
becomes of them.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fakes.records import progress
from matinee.contracts.commands import (
    Abort,
    Action,
    Command,
    CommandState,
    Interrupt,
    Pause,
    Resume,
    Stop,
)
from matinee.contracts.control import (
    AckFrame,
    Assignment,
    CommandFrame,
    CommittedFrame,
    HeartbeatFrame,
    HostedBy,
    Phase,
)
from matinee.contracts.events import LogWritten
from matinee.contracts.run_state import RunState
from matinee.errors import MatineeError
from matinee.journal.reader import JournalReader
from matinee.journal.writer import JournalWriter
from matinee.runs.ports import ProcessExit
from matinee.worker.control_channel import ControlChannel, Reply
from matinee.worker.record import RunRecord

PATIENCE_S = 30.0
_PIDS = itertools.count(10_000_000)


@dataclass
class Manners:
    """How a scripted run behaves; changed at any time."""

    listens: bool = True
    """Opens its control socket."""
    answers: bool = True
    """Acknowledges commands, and obeys them."""
    heeds_sigabrt: bool = True
    heeds_sigterm: bool = True
    is_busy: bool = False
    """Uses processor time from look to look."""
    hosted_by: HostedBy = "server"
    warm_up: threading.Event = field(default_factory=threading.Event)
    """Until it is set, the process has not got as far as its record."""

    def __post_init__(self) -> None:
        self.warm_up.set()


class ScriptedRun:
    """One run process; implements `matinee.runs.ports.RunProcess`."""

    def __init__(self, assignment: Assignment, manners: Manners) -> None:
        self.assignment = assignment
        self.manners = manners
        self.started_at = time.time()
        self._pid = next(_PIDS)
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._gone = threading.Event()
        self._exit: ProcessExit | None = None
        self.commands: list[CommandFrame] = []
        self._busy_s = 0.0
        self.loses_next_answer = False
        """Its connection breaks once, after it has taken a command."""
        self._channel = ControlChannel(
            Path(assignment.socket_path),
            run_id=assignment.run_id,
            hosted_by=manners.hosted_by,
            on_command=lambda frame, reply: self._jobs.put(lambda: self._take(frame, reply)),
        )
        self._thread = threading.Thread(target=self._live, name=f"scripted-{self._pid}")
        self._thread.start()

    # ---- the port --------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Process id."""
        return self._pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self._gone.is_set()

    def busy_s(self) -> float | None:
        """Processor time."""
        if self.manners.is_busy:
            self._busy_s += 0.01
        return self._busy_s

    def abort(self) -> None:
        """SIGABRT."""
        if self.manners.heeds_sigabrt:
            self._die(ProcessExit(return_code=None, signal_name="SIGABRT"))

    def terminate(self) -> None:
        """SIGTERM."""
        if not self.manners.heeds_sigterm:
            return
        if self.manners.warm_up.is_set():
            self._jobs.put(lambda: self._end(RunState.INTERRUPTED, "the run process got SIGTERM"))
        else:
            self._die(ProcessExit(return_code=None, signal_name="SIGTERM"))

    def kill(self) -> None:
        """SIGKILL."""
        self._die(ProcessExit(return_code=None, signal_name="SIGKILL"))

    async def wait(self, timeout_s: float) -> ProcessExit | None:
        """How it ended."""
        deadline_s = time.monotonic() + timeout_s
        while not self._gone.is_set():
            if time.monotonic() >= deadline_s:
                return None
            await asyncio.sleep(0.002)
        return self._exit

    # ---- what a test does ------------------------------------------------------------------------

    def advance(self, env_steps: int) -> None:
        """Train as far as this."""
        self._do(lambda: self._advance(env_steps))

    def say(self, message: str) -> None:
        """Write an event."""
        self._do(lambda: self._record.append(LogWritten, level="info", message=message))

    def finish(self) -> None:
        """End as finished."""
        self._do(lambda: self._end(RunState.FINISHED, "the budget is used up"))

    def crash(self, end: ProcessExit | None = None) -> None:
        """End without a word."""
        self._die(end or ProcessExit(return_code=None, signal_name="SIGSEGV"))

    def beat(self, work: int | None, phase: Phase = "working", trouble: str | None = None) -> None:
        """Tell the server how far it is."""
        self._channel.broadcast(
            HeartbeatFrame(
                pid=self._pid,
                env_steps=0,
                monotonic_s=0.0,
                work=work,
                phase=phase,
                trouble=trouble,
            )
        )

    def hang_up(self) -> None:
        """Close the control socket, and live on."""
        self._channel.close()

    def stumble(self) -> None:
        """Close the control socket, and listen again."""
        self._jobs.put(self._channel.close)
        self._jobs.put(self._channel.open)

    # ---- its life, in its own thread -------------------------------------------------------------

    def _live(self) -> None:
        self.manners.warm_up.wait(PATIENCE_S)
        if self._gone.is_set():
            return
        try:
            self._host()
        except MatineeError as error:
            (Path(self.assignment.run_dir) / "worker.log").write_text(repr(error))
            self._die(ProcessExit(return_code=1, signal_name=None))
        finally:
            self._channel.close()
            if hasattr(self, "_writer"):
                self._writer._connection.close()
                self._writer._ownership.release()

    def _host(self) -> None:
        run_dir = Path(self.assignment.run_dir)
        self._writer = JournalWriter(run_dir)
        self._record = RunRecord(
            self._writer, JournalReader(run_dir).snapshot()[0], run_id=self.assignment.run_id
        )
        self._writer.claim_process(
            pid=self._pid,
            process_started_at=self.started_at,
            socket_path=self.assignment.socket_path,
        )
        if self.manners.listens:
            self._channel.open()
        self._record.change_state(RunState.STARTING)
        self._record.change_state(RunState.RUNNING)
        if self.assignment.start_command_id is not None:
            start = JournalReader(run_dir).command(self.assignment.start_command_id)
            assert start is not None
            self._record.apply(start)
        self._commit()
        while not self._gone.is_set():
            try:
                job = self._jobs.get(timeout=0.01)
            except queue.Empty:
                continue
            job()
            if not self._gone.is_set():
                self._commit()

    def _do(self, job: Callable[[], None]) -> None:
        done = threading.Event()

        def act() -> None:
            job()
            if not self._gone.is_set():
                self._commit()
            done.set()

        self._jobs.put(act)
        assert done.wait(PATIENCE_S)

    def _commit(self) -> None:
        self._record.commit(lambda seq: self._channel.broadcast(CommittedFrame(seq=seq)))

    def _advance(self, env_steps: int) -> None:
        self._record.set_progress(progress(env_steps))
        self._writer.append_metrics({}, progress(env_steps))

    def _take(self, frame: CommandFrame, reply: Reply) -> None:
        is_known = frame.command_id in {each.command_id for each in self.commands}
        self.commands.append(frame)
        if not self.manners.answers:
            return
        if is_known:
            reply(AckFrame(command_id=frame.command_id, accepted=True))
            return
        command = Command(
            id=frame.command_id,
            run_id=self.assignment.run_id,
            actor=frame.actor,
            action=frame.action,
            state=CommandState.PENDING,
            created_at=datetime.now(UTC),
        )
        self._record.apply(self._record.accept(command))
        end = self._obey(frame.action)
        self._commit()
        if self.loses_next_answer:
            self.loses_next_answer = False
            self._channel.close()
            self._channel.open()
        reply(AckFrame(command_id=frame.command_id, accepted=True))
        if end is not None:
            self._end(*end)

    def _obey(self, action: Action) -> tuple[RunState, str] | None:
        match action:
            case Pause() if self._record.state is RunState.RUNNING:
                self._record.change_state(RunState.PAUSED)
            case Resume() if self._record.state is RunState.PAUSED:
                self._record.change_state(RunState.RUNNING)
            case Stop():
                return RunState.STOPPED, "stopped on request"
            case Abort():
                return RunState.ABORTED, "aborted on request"
            case Interrupt(reason=reason):
                return RunState.INTERRUPTED, reason
            case _:
                pass
        return None

    def _end(self, state: RunState, reason: str) -> None:
        if state in (RunState.FINISHED, RunState.STOPPED):
            self._record.change_state(RunState.STOPPING)
        self._record.change_state(state, reason)
        self._commit()
        self._channel.close()
        self._writer.close()
        self._die(ProcessExit(return_code=0, signal_name=None))

    def _die(self, end: ProcessExit) -> None:
        if self._gone.is_set():
            return
        self._exit = end
        self._gone.set()
        self.manners.warm_up.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(PATIENCE_S)


class ScriptedLauncher:
    """Implements `matinee.runs.ports.RunLauncher`."""

    def __init__(self) -> None:
        self.manners = Manners()
        """Of the next run."""
        self.refusal: OSError | None = None
        self.launched: list[ScriptedRun] = []

    async def open(self) -> None:
        """Nothing to warm."""

    async def launch(self, assignment: Assignment) -> ScriptedRun:
        """Start a thread."""
        if self.refusal is not None:
            raise self.refusal
        run = ScriptedRun(assignment, self.manners)
        self.launched.append(run)
        return run

    def adopt(self, *, pid: int, process_started_at: float) -> ScriptedRun | None:
        """One that was launched earlier, if it lives."""
        for run in self.launched:
            if (run.pid, run.started_at) == (pid, process_started_at) and run.is_alive():
                return run
        return None

    async def close(self) -> None:
        """Nothing to end; runs go on."""

    def end_all(self) -> None:
        """Whatever a test has left."""
        for run in self.launched:
            run.kill()
