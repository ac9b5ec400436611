"""Makes a run that begins where another one stood, and leaves that one as it is.

The fork gets a copy of the checkpoint, not a link to it: whatever happens to a file of one of the
two, on disk or by hand, does not happen to the other. Every byte is read for its checksum anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.change_class import changes_between
from matinee.contracts.checkpoints import STATE_FILE, CheckpointDocument
from matinee.contracts.combinations import check_change
from matinee.contracts.commands import (
    Command,
    CommandState,
    Fork,
    HyperparameterChange,
    SaveCheckpoint,
    Start,
)
from matinee.contracts.events import CheckpointSaved, CommandAccepted, CommandApplied
from matinee.contracts.forks import ForkRequest
from matinee.contracts.hyperparameters import (
    HYPERPARAMETERS,
    HyperparameterSetting,
    check_settings,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.progress import Progress
from matinee.contracts.run import AppliedHyperparameter, Parent, Run, RunSnapshot
from matinee.contracts.run_spec import RunSpec, parse_run_spec
from matinee.contracts.run_state import ENDED_STATES, RunState
from matinee.contracts.schedules import schedule_values
from matinee.errors import ConflictError, FieldError, InvalidInputError, RunUnreachableError
from matinee.journal.checkpoint_folders import write_folder
from matinee.journal.schema import CHECKPOINTS
from matinee.journal.writer import JournalWriter
from matinee.runs.admission import Admission
from matinee.runs.checkpoint_reading import (
    WholeCheckpoint,
    parse_document,
    read_newest,
    read_whole,
    settings_in,
)
from matinee.runs.creation import RunMaker
from matinee.runs.folders import RunDetails, RunFolders
from matinee.runs.going_on import budget_to_go_on
from matinee.runs.planning import check_spec
from matinee.runs.ports import EnvironmentRegistry, ServerLimits
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering, new_command

SAVE_TIMEOUT_S = 20.0
"""A checkpoint takes milliseconds, and a moment more where the process is busy."""
NAME_LENGTH = 120

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Standpoint:
    """How far a run had come, and by which settings.

    Attributes:
        progress: Its counters.
        settings: Every hyperparameter.
        since_env_step: Since when each of them was in use.
        revision: Of the hyperparameters.
    """

    progress: Progress
    settings: Mapping[str, HyperparameterSetting]
    since_env_step: Mapping[str, int]
    revision: int


@dataclass(frozen=True)
class Plan:
    """What the fork will be, checked.

    Attributes:
        spec: By which it trains.
        settings: Every hyperparameter at its beginning.
        changes: What of them differs from the parent.
    """

    spec: RunSpec
    settings: dict[str, HyperparameterSetting]
    changes: dict[str, HyperparameterChange]


class Forking:
    """Forks runs. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        admission: Admission,
        steering: Steering,
        maker: RunMaker,
        registry: EnvironmentRegistry,
        limits: ServerLimits,
    ) -> None:
        self._folders = folders
        self._index = index
        self._admission = admission
        self._steering = steering
        self._maker = maker
        self._registry = registry
        self._limits = limits

    async def fork(
        self,
        run_id: str,
        request: ForkRequest,
        *,
        actor: str,
        idempotency_key: str | None,
        wait_s: float,
    ) -> Run:
        """Make the fork and start it; a repeated key returns the first.

        Raises:
            NotFoundError: there is no such run, or it has no such checkpoint.
            ConflictError: the checkpoint is not whole, or there is none.
            InvalidInputError: settings or resources are refused, or nothing is left of the budget.
            LimitExceededError: too many runs wait already.
            RunUnreachableError: the run's process does not save a checkpoint now.
        """

        async def make(fork_id: str) -> Command:
            return await self._make(run_id, request, fork_id, actor=actor)

        body = request.model_dump(mode="json", exclude_unset=True, by_alias=True)
        return await self._maker.make_once(
            {"fork_of": run_id, **body},
            make,
            actor=actor,
            idempotency_key=idempotency_key,
            wait_s=wait_s,
        )

    async def _make(
        self, run_id: str, request: ForkRequest, fork_id: str, *, actor: str
    ) -> Command:
        """Check everything, and make the fork's folder; returns the command to start it."""
        self._admission.check_room()
        run = await self._index.get(run_id)
        checkpoint = await self._checkpoint(run, request, actor=actor)
        document = _document_of(checkpoint)
        standpoint = _standpoint_of(document, run)
        plan = await self._plan(run, standpoint, request)
        fork = Fork(
            run_id=run.id,
            checkpoint_id=checkpoint.entry.id,
            settings={name: change.after for name, change in plan.changes.items()},
        )
        birth = new_command(fork_id, fork, new_ulid(), actor=actor)
        start = new_command(fork_id, Start(), new_ulid(), actor=actor)
        parent = Parent(
            run_id=run.id,
            checkpoint_id=checkpoint.entry.id,
            env_step=document.env_steps,
            episodes=document.episodes,
        )

        def furnish(writer: JournalWriter) -> RunSnapshot:
            return _furnish(writer, checkpoint, standpoint, plan, birth)

        name = request.name or f"{run.name[: NAME_LENGTH - 10]} fork {fork_id[-4:].lower()}"
        await asyncio.to_thread(
            self._folders.create,
            fork_id,
            spec=plan.spec,
            details=RunDetails(name=name, group=run.group, tags=run.tags),
            created_at=datetime.now(UTC),
            start=start,
            parent=parent,
            furnish=furnish,
        )
        await self._index.refresh(fork_id)
        return start

    async def _checkpoint(self, run: Run, request: ForkRequest, *, actor: str) -> WholeCheckpoint:
        """The one that was named, one that is saved now, or the newest."""
        run_dir = self._folders.path(run.id)
        chosen = request.checkpoint_id
        if chosen is None and run.state in (RunState.RUNNING, RunState.PAUSED):
            # Whatever would be refused is refused before the parent is asked for anything.
            await self._plan(run, await self._standpoint_now(run), request)
            chosen = await self._save_now(run, actor=actor)
        if chosen is None:
            return await asyncio.to_thread(read_newest, run_dir)
        return await asyncio.to_thread(read_whole, run_dir, chosen)

    async def _standpoint_now(self, run: Run) -> Standpoint:
        snapshot, _ = await asyncio.to_thread(self._folders.reader(run.id).snapshot)
        applied = snapshot.hyperparameters
        return Standpoint(
            progress=snapshot.progress,
            settings=run.spec.initial_settings() | {n: h.setting for n, h in applied.items()},
            since_env_step={n: h.since_env_step for n, h in applied.items()},
            revision=snapshot.hyperparameter_revision,
        )

    async def _save_now(self, run: Run, *, actor: str) -> str | None:
        """Its id; None if the run has ended meanwhile, which has saved one, too."""
        action = SaveCheckpoint(pinned=False)
        try:
            command = await self._steering.command(
                run.id, action, actor=actor, wait_s=SAVE_TIMEOUT_S
            )
        except ConflictError:
            if (await self._index.get(run.id)).state in ENDED_STATES:
                return None
            raise
        if command.state is CommandState.REJECTED:
            raise ConflictError(
                f"no checkpoint could be saved to fork from: {command.error}",
                code="checkpoint_not_saved",
            )
        if command.state is not CommandState.APPLIED:
            raise RunUnreachableError(
                f"the run process has saved no checkpoint within {SAVE_TIMEOUT_S:g} s; try again, "
                "or name an older one"
            )
        return command.checkpoint_id

    async def _plan(self, run: Run, standpoint: Standpoint, request: ForkRequest) -> Plan:
        """What the fork will be, as far as it can be known before it is made.

        Raises:
            InvalidInputError: naming every wrong field of the request and what is allowed.
        """
        at = run.model_copy(update={"progress": standpoint.progress})
        budget = budget_to_go_on(at, request.budget) or run.budget or run.spec.budget
        settings = {**standpoint.settings, **request.hyperparameters}
        with _named_as_in(_as_setting):
            check_settings(request.hyperparameters)
            check_change(run.spec.layout, standpoint.settings, request.hyperparameters)
        with _named_as_in(_as_part_of_spec):
            spec = _spec_of(run, settings, standpoint, budget=budget.model_dump(mode="json"))
            await check_spec(
                spec,
                registry=self._registry,
                limits=self._limits,
                machine_bytes=psutil.virtual_memory().total,
            )
        changes = changes_between(
            standpoint.settings, settings, spec.layout, env_step=standpoint.progress.env_steps
        )
        return Plan(spec, settings, changes)


def _spec_of(
    run: Run,
    settings: Mapping[str, HyperparameterSetting],
    standpoint: Standpoint,
    *,
    budget: dict[str, Any],
) -> RunSpec:
    """The parent's spec with what has become of it until there, and what shall differ.

    Raises:
        InvalidInputError: it is not allowed.
    """
    algorithm = Algorithm(str(settings["algorithm"]))
    workers = _first_value(settings["workers"])
    own = {
        "algorithm": algorithm.value,
        "workers": workers,
        "envs_per_worker": _first_value(settings["envs_per_worker"]),
        # Workers that have left may have left a process without work.
        "processes": min(run.spec.processes, workers),
        "budget": budget,
        "alerts": dict(run.alert_thresholds),
    }
    base = run.spec.model_dump(mode="json", by_alias=True, exclude={"plan", "hyperparameters"})
    bare = run.spec.model_copy(update={"algorithm": algorithm, "hyperparameters": {}})
    defaults = bare.initial_settings()
    differing = {
        name: setting
        for name, setting in settings.items()
        if not HYPERPARAMETERS[name].spec_field
        and (setting != defaults[name] or name in run.spec.hyperparameters)
    }
    plan = [
        change.model_dump(mode="json", by_alias=True)
        for change in run.spec.plan
        if change.env_step >= standpoint.progress.env_steps
    ]
    return parse_run_spec({**base, **own, "hyperparameters": differing, "plan": plan})


def _first_value(setting: HyperparameterSetting) -> int:
    assert not isinstance(setting, str), "it is a number"
    return int(setting if isinstance(setting, int | float) else schedule_values(setting)[0])


@contextmanager
def _named_as_in(place: Callable[[Place], Place]) -> Iterator[None]:
    """Let what is refused in here name its fields as the request has them."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(
            str(error),
            fields=[FieldError(place(field.loc), field.message) for field in error.fields],
            code=error.code,
        ) from error


def _as_setting(loc: Place) -> Place:
    return ("hyperparameters", *loc)


def _as_part_of_spec(loc: Place) -> Place:
    """A request has all hyperparameters in one place; a spec has some of them elsewhere."""
    return _as_setting(loc) if loc and loc[0] in HYPERPARAMETERS else loc


def _document_of(checkpoint: WholeCheckpoint) -> CheckpointDocument:
    return parse_document(checkpoint.entry.id, checkpoint.contents.get(STATE_FILE, b""))


def _standpoint_of(document: CheckpointDocument, run: Run) -> Standpoint:
    recent = document.recent_returns
    frames_per_step = (run.progress.frames or 0) // max(run.progress.env_steps, 1)
    return Standpoint(
        progress=Progress(
            env_steps=document.env_steps,
            frames=document.env_steps * frames_per_step or None,
            episodes=document.episodes,
            updates=document.updates,
            seconds=document.seconds,
            mean_return_100=sum(recent) / len(recent) if recent else None,
            best_mean_return_100=document.best_mean_return_100,
            solved_at=document.solved_at,
        ),
        settings=settings_in(document, run.spec),
        since_env_step=document.hyperparameters_since_env_step,
        revision=document.hyperparameter_revision,
    )


def _furnish(
    writer: JournalWriter,
    checkpoint: WholeCheckpoint,
    standpoint: Standpoint,
    plan: Plan,
    birth: Command,
) -> RunSnapshot:
    """Put the checkpoint and what is known of it into a new record."""
    checkpoint_id = new_ulid()
    env_step = standpoint.progress.env_steps
    manifest = checkpoint.manifest.model_copy(
        update={"cause": "fork", "created_at": datetime.now(UTC)}
    )
    write_folder(writer.run_dir / CHECKPOINTS / checkpoint_id, checkpoint.contents, manifest)
    revision = standpoint.revision + bool(plan.changes)
    writer.append(
        CommandAccepted,
        env_step=env_step,
        command_id=birth.id,
        actor=birth.actor,
        action=birth.action,
    )
    # Where its charts begin, on every axis.
    writer.append_metrics({}, standpoint.progress)
    writer.append(
        CheckpointSaved,
        env_step=env_step,
        checkpoint_id=checkpoint_id,
        cause=manifest.cause,
        size_bytes=manifest.size_bytes,
        command_id=birth.id,
        episodes=manifest.episodes,
        seconds=manifest.seconds,
        mean_return_100=manifest.mean_return_100,
        full_window=manifest.full_window,
    )
    writer.append(
        CommandApplied,
        env_step=env_step,
        command_id=birth.id,
        actor=birth.actor,
        name=birth.action.name,
        revision=revision,
        checkpoint_id=checkpoint_id,
    )
    writer.save_command(
        birth.model_copy(
            update={
                "state": CommandState.APPLIED,
                "finished_at": datetime.now(UTC),
                "applied_at_env_step": env_step,
                "revision": revision,
                "changes": plan.changes,
                "checkpoint_id": checkpoint_id,
            }
        )
    )
    snapshot = RunSnapshot(
        state=RunState.CREATED,
        progress=standpoint.progress,
        hyperparameter_revision=revision,
        hyperparameters={
            name: AppliedHyperparameter(
                setting=setting,
                value=setting
                if isinstance(setting, bool | int | float | str)
                else schedule_values(setting)[0],
                since_env_step=env_step
                if name in plan.changes
                else standpoint.since_env_step.get(name, env_step),
            )
            for name, setting in plan.settings.items()
        },
    )
    writer.set_snapshot(snapshot)
    return snapshot
