"""Commands from asking to outcome: who may ask what when, and waiting for what becomes of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import assert_never
from weakref import WeakValueDictionary

from matinee.contracts.alerts import check_thresholds
from matinee.contracts.combinations import check_change
from matinee.contracts.commands import (
    FINAL_COMMAND_STATES,
    Abort,
    Action,
    Command,
    CommandState,
    Fork,
    Interrupt,
    Pause,
    PinCheckpoint,
    Resume,
    Rewind,
    SaveCheckpoint,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import HYPERPARAMETERS, check_settings
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import ACTIVE_STATES, ENDED_STATES, STARTABLE_STATES, RunState
from matinee.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    PreconditionFailedError,
    RunUnreachableError,
)
from matinee.journal.reader import JournalReader
from matinee.journal.writer import JournalWriter
from matinee.runs.admission import Admission
from matinee.runs.deaths import end_unstarted
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunFolders, queue_start
from matinee.runs.going_on import budget_to_go_on
from matinee.runs.live_run import Sentence
from matinee.runs.planning import check_worker_limit
from matinee.runs.run_index import RunIndex
from matinee.runs.supervisor import Supervisor


class Steering:
    """Turns what people ask into what runs do. Used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        hub: EventHub,
        supervisor: Supervisor,
        admission: Admission,
        max_workers: int,
    ) -> None:
        self._folders = folders
        self._index = index
        self._hub = hub
        self._supervisor = supervisor
        self._admission = admission
        self._max_workers = max_workers
        # Guards the step from "has no process" to what comes next, per run: a start or an end.
        self._start_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def command(self, run_id: str, action: Action, *, actor: str, wait_s: float) -> Command:
        """Ask something of a run; waits up to `wait_s` for it to be applied or rejected.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: the run's state does not allow it.
            InvalidInputError, PreconditionFailedError: hyperparameters or thresholds are refused.
            RunUnreachableError: the run process does not answer.
        """
        run = await self._index.get(run_id)
        is_waiting = self._admission.awaits_process(run_id)
        self._check_state(run, action, is_waiting=is_waiting)
        command_id = new_ulid()
        match action:
            case Start():
                return await self._start(run, action, command_id, actor=actor, wait_s=wait_s)
            case Resume() if run.state in ENDED_STATES:
                start = Start(checkpoint_id=action.checkpoint_id, budget=action.budget)
                return await self._start(run, start, command_id, actor=actor, wait_s=wait_s)
            case Stop() | Abort() if run.state is RunState.CREATED or is_waiting:
                return await self._end_unstarted(
                    run, action, command_id, actor=actor, wait_s=wait_s
                )
            case Stop() | Abort() if run.state in ENDED_STATES:
                return _already_done(run, action, command_id, actor=actor)
            case SetHyperparameters():
                await self._check_change(run, action)
            case SetAlertThresholds():
                _check_thresholds(action)
            case (
                Pause()
                | Resume()
                | Stop()
                | Abort()
                | Step()
                | Interrupt()
                | SaveCheckpoint()
                | PinCheckpoint()
                | Rewind()
                | Fork()
            ):
                pass
            case _:
                assert_never(action)
        try:
            ack = await self._supervisor.send(run_id, action, actor=actor, command_id=command_id)
        except RunUnreachableError:
            return await self._unanswered(run, action, command_id, actor=actor)
        if ack.accepted:
            await self.wait_for(run_id, command_id, timeout_s=wait_s)
        return await self._recorded(run_id, command_id)

    async def wait_for(self, run_id: str, command_id: str, *, timeout_s: float) -> None:
        """Wait until a command is applied or rejected, at most `timeout_s`.

        If it is, what it has done shows in the index when this returns.
        """
        if timeout_s <= 0:
            return
        reader = self._folders.reader(run_id)
        deadline_s = asyncio.get_running_loop().time() + timeout_s
        while True:
            news = self._supervisor.news(run_id)
            command = await asyncio.to_thread(reader.command, command_id)
            if command is not None and command.state in FINAL_COMMAND_STATES:
                await self._supervisor.look(run_id)
                return
            remaining_s = deadline_s - asyncio.get_running_loop().time()
            if remaining_s <= 0:
                return
            await asyncio.wait({news}, timeout=remaining_s)

    async def _start(
        self, run: Run, action: Start, command_id: str, *, actor: str, wait_s: float
    ) -> Command:
        lock = self._start_locks.setdefault(run.id, asyncio.Lock())
        async with lock:
            run = await self._index.get(run.id)
            if run.state in ACTIVE_STATES:
                return _already_done(run, action, command_id, actor=actor)
            self._check_state(run, action)
            budget = budget_to_go_on(run, action.budget)
            action = action.model_copy(update={"budget": budget})
            # The process that was interrupted may need a moment to leave.
            await self._supervisor.gone(run.id)
            self._admission.check_room()
            command = new_command(run.id, action, command_id, actor=actor)
            await asyncio.to_thread(self._queue, run.id, command)
            await self._hub.pull(run.id)
            await self._index.refresh(run.id)
            await self._admission.enter(run.id, share=run.group, command_id=command_id, actor=actor)
        await self.wait_for(run.id, command_id, timeout_s=wait_s)
        return await self._recorded(run.id, command_id)

    async def _unanswered(
        self, run: Run, action: Action, command_id: str, *, actor: str
    ) -> Command:
        """The process gave no answer: because the run has just ended, or because it hangs.

        Raises:
            ConflictError: the run has ended, and the action needs a living one.
            RunUnreachableError: it hangs, or is still starting; only an abort helps then.
        """
        command = await asyncio.to_thread(self._folders.reader(run.id).command, command_id)
        if command is not None:
            return command
        if isinstance(action, Abort):
            command = new_command(run.id, action, command_id, actor=actor)
            reason = "aborted on request; its process did not answer and was killed"
            with suppress(RunUnreachableError):
                await self._supervisor.kill(run.id, Sentence(RunState.ABORTED, reason, command))
        run = await self._supervisor.look(run.id)
        if run.state not in ENDED_STATES:
            raise RunUnreachableError(
                "the run process does not answer (yet); if it never does: abort kills it"
            )
        if not isinstance(action, Stop | Abort):
            raise ConflictError(_refusal(run, action), code="wrong_state")
        command = await asyncio.to_thread(self._folders.reader(run.id).command, command_id)
        return command or _already_done(run, action, command_id, actor=actor)

    async def _end_unstarted(
        self, run: Run, action: Stop | Abort, command_id: str, *, actor: str, wait_s: float
    ) -> Command:
        lock = self._start_locks.setdefault(run.id, asyncio.Lock())
        async with lock:
            run = await self._index.get(run.id)
            if run.state is RunState.CREATED or self._admission.withdraw(run.id):
                state = RunState.STOPPED if isinstance(action, Stop) else RunState.ABORTED
                command = new_command(run.id, action, command_id, actor=actor)
                await asyncio.to_thread(
                    end_unstarted, self._folders.path(run.id), command, state=state
                )
                await self._hub.pull(run.id)
                await self._index.refresh(run.id)
                return await self._recorded(run.id, command_id)
        # Somebody has started or ended it meanwhile.
        return await self.command(run.id, action, actor=actor, wait_s=wait_s)

    async def _check_change(self, run: Run, action: SetHyperparameters) -> None:
        check_settings(action.settings)
        fixed = [
            name
            for name in action.settings
            if HYPERPARAMETERS[name].live_class is LiveClass.NEW_RUN
        ]
        if fixed:
            raise InvalidInputError(
                "some hyperparameters can't change while a run trains",
                fields=[FieldError((name,), "this needs a new run: fork it") for name in fixed],
                code="invalid_hyperparameters",
            )
        check_worker_limit(action.settings.get("workers"), self._max_workers)
        reader = self._folders.reader(run.id)
        snapshot, _ = await asyncio.to_thread(reader.snapshot)
        settings = run.spec.initial_settings()
        settings.update({name: h.setting for name, h in snapshot.hyperparameters.items()})
        for command in await asyncio.to_thread(reader.open_commands):
            if isinstance(command.action, SetHyperparameters):
                settings.update(command.action.settings)
        check_change(run.spec.layout, settings, action.settings)
        if action.expected_revision not in (None, snapshot.hyperparameter_revision):
            raise PreconditionFailedError(
                f"the hyperparameters are at revision {snapshot.hyperparameter_revision}, "
                f"not {action.expected_revision}: look again, then decide"
            )

    async def _recorded(self, run_id: str, command_id: str) -> Command:
        command = await asyncio.to_thread(self._folders.reader(run_id).command, command_id)
        if command is None:
            raise RunUnreachableError("the run process lost the command")
        return command

    def _queue(self, run_id: str, command: Command) -> None:
        run_dir = self._folders.path(run_id)
        with JournalWriter(run_dir) as writer:
            snapshot, _ = JournalReader(run_dir).snapshot()
            queue_start(writer, snapshot, command)

    def _check_state(self, run: Run, action: Action, *, is_waiting: bool = False) -> None:
        state = run.state
        match action:
            case Start():
                allowed = state in STARTABLE_STATES or state in ACTIVE_STATES
            case Stop() | Abort():
                allowed = True
            case Resume():
                allowed = state in ACTIVE_STATES or state in STARTABLE_STATES - {RunState.CREATED}
                allowed = allowed and not is_waiting
            case (
                Pause()
                | Step()
                | SetHyperparameters()
                | SetAlertThresholds()
                | Interrupt()
                | SaveCheckpoint()
                | PinCheckpoint()
                | Rewind()
            ):
                allowed = state in ACTIVE_STATES and not is_waiting
            case Fork():
                # It is no request to a run, but what the ledger of a new one begins with.
                allowed = False
            case _:
                assert_never(action)
        if not allowed:
            raise ConflictError(_refusal(run, action), code="wrong_state")


def new_command(run_id: str, action: Action, command_id: str, *, actor: str) -> Command:
    """A command as it was asked, before anything has come of it."""
    return Command(
        id=command_id,
        run_id=run_id,
        actor=actor,
        action=action,
        state=CommandState.PENDING,
        created_at=datetime.now(UTC),
    )


def _check_thresholds(action: SetAlertThresholds) -> None:
    errors = check_thresholds(action.thresholds)
    if errors:
        raise InvalidInputError(
            "some thresholds are not allowed", fields=errors, code="invalid_alerts"
        )


def _refusal(run: Run, action: Action) -> str:
    hint = "; start it first" if run.state is RunState.CREATED else ""
    if run.queue_position is not None:
        hint = f" and waits for a place (number {run.queue_position}); it can be stopped or aborted"
    return f"can't {action.name.replace('_', ' ')}: the run is {run.state.value}{hint}"


def _already_done(run: Run, action: Action, command_id: str, *, actor: str) -> Command:
    """The answer to asking for what is so already: nothing happens, nothing is recorded."""
    return new_command(run.id, action, command_id, actor=actor).model_copy(
        update={
            "state": CommandState.APPLIED,
            "finished_at": datetime.now(UTC),
            "applied_at_env_step": run.progress.env_steps,
        }
    )
