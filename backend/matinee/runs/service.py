"""What people can do with runs. The web, and nothing else, calls this; it knows no HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import orjson
import psutil

from matinee import __version__
from matinee.contracts.alerts import ALERT_RULES, AlertRuleList
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.algorithms import ALGORITHMS
from matinee.contracts.change_class import live_class_in
from matinee.contracts.combinations import RunLayout
from matinee.contracts.commands import (
    Action,
    Command,
    SetHyperparameters,
    Start,
)
from matinee.contracts.events import EventType
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import (
    AppliedHyperparameter,
    Hyperparameters,
    HyperparameterStatus,
    Run,
    RunPage,
    RunPatch,
)
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import ACTIVE_STATES
from matinee.contracts.schedules import schedule_values
from matinee.contracts.series import Series, SeriesAxis
from matinee.contracts.system import (
    CONTRACT_VERSION,
    AlgorithmList,
    EnvironmentList,
    PresetList,
    Readiness,
    ReadinessCheck,
    ServerFigures,
    SystemInfo,
    SystemLimits,
)
from matinee.cores import usable_cores
from matinee.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from matinee.journal.histograms import read_histograms
from matinee.journal.series import read_series
from matinee.runs.event_hub import EventHub
from matinee.runs.exports import (
    ExportFormat,
    export_episodes,
    export_histograms,
    export_metrics,
)
from matinee.runs.folders import RunFolders, present_algorithm
from matinee.runs.planning import plan_run
from matinee.runs.ports import Catalogue, EnvironmentRegistry, PresetShelf, RunQuery
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering, new_command
from matinee.runs.supervisor import Supervisor

MIN_FREE_DISK_BYTES = 256 * 1024 * 1024
EVENT_PAGE_LIMIT = 1_000
SERIES_POINTS_LIMIT = 10_000
WAIT_LIMIT_S = 30.0


@dataclass(frozen=True)
class ServerLimits:
    """What this server refuses to go beyond."""

    active_runs: int
    workers_per_run: int


class RunService:
    """The use cases. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        catalogue: Catalogue,
        hub: EventHub,
        supervisor: Supervisor,
        steering: Steering,
        registry: EnvironmentRegistry,
        presets: PresetShelf,
        limits: ServerLimits,
    ) -> None:
        self._folders = folders
        self._index = index
        self._catalogue = catalogue
        self._hub = hub
        self._supervisor = supervisor
        self._steering = steering
        self._registry = registry
        self._presets = presets
        self._limits = limits
        self._started_at = datetime.now(UTC)
        # Guards one edit of a run's details from reading its revision to writing the next.
        self._edit_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # Guards one Idempotency-Key from the claim to the made run.
        self._key_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create_run(
        self, request: RunRequest, *, actor: str, idempotency_key: str | None, wait_s: float
    ) -> Run:
        """Create a run, and start it unless told otherwise; a repeated key returns the first.

        Raises:
            InvalidInputError: the spec is wrong, or the key was used with another body.
            LimitExceededError: too many runs are active.
        """
        if idempotency_key is None:
            return await self._create(request, new_ulid(), actor=actor, wait_s=wait_s)
        lock = self._key_locks.setdefault(idempotency_key, asyncio.Lock())
        async with lock:
            return await self._create_once(request, idempotency_key, actor=actor, wait_s=wait_s)

    async def list_runs(self, query: RunQuery) -> RunPage:
        """A page of runs, newest first."""
        return await self._index.page(query)

    async def get_run(self, run_id: str) -> Run:
        """One run."""
        return await self._index.get(run_id)

    async def patch_run(
        self, run_id: str, patch: RunPatch, *, expected_revision: int | None
    ) -> Run:
        """Change what people may edit.

        Raises:
            PreconditionRequiredError: no revision was given.
            PreconditionFailedError: somebody changed it meanwhile.
        """
        lock = self._edit_locks.setdefault(run_id, asyncio.Lock())
        async with lock:
            run = await self._index.get(run_id)
            if expected_revision is None:
                raise PreconditionRequiredError(
                    f"send If-Match with the revision you saw; it is {run.revision} now"
                )
            if expected_revision != run.revision:
                raise PreconditionFailedError(
                    f"the run is at revision {run.revision}, not {expected_revision}: "
                    "look again, then change it"
                )
            details = await asyncio.to_thread(self._folders.details, run_id)
            changed = patch.model_dump(exclude_unset=True)
            if changed.get("name", "") is None:
                changed["name"] = details.name
            for field, empty in (("tags", []), ("notes", "")):
                if changed.get(field, empty) is None:
                    changed[field] = empty
            return await self._index.edit(
                run_id,
                details.model_copy(update={**changed, "revision": details.revision + 1}),
            )

    async def delete_run(self, run_id: str) -> None:
        """Remove an ended run and its folder.

        Raises:
            ConflictError: it is active.
        """
        lock = self._edit_locks.setdefault(run_id, asyncio.Lock())
        async with lock:
            run = await self._index.get(run_id)
            if run.state in ACTIVE_STATES:
                raise ConflictError(
                    f"the run is {run.state.value}; stop or abort it first", code="run_active"
                )
            await self._supervisor.gone(run_id)
            await self._index.remove(run_id)
            self._hub.forget(run_id)

    async def command(self, run_id: str, action: Action, *, actor: str, wait_s: float) -> Command:
        """Ask something of a run, and wait up to `wait_s` for what becomes of it."""
        return await self._steering.command(run_id, action, actor=actor, wait_s=wait_s)

    async def hyperparameters(self, run_id: str) -> Hyperparameters:
        """What was asked, what is in use, and since when."""
        run = await self._index.get(run_id)
        reader = self._folders.reader(run_id)
        snapshot, _ = await asyncio.to_thread(reader.snapshot)
        from_spec = run.spec.initial_settings()
        algorithm = present_algorithm(run.spec, snapshot)
        pending: dict[str, HyperparameterSetting] = {}
        for command in await asyncio.to_thread(reader.open_commands):
            if isinstance(command.action, SetHyperparameters):
                pending.update(command.action.settings)
        return Hyperparameters(
            revision=snapshot.hyperparameter_revision,
            env_step=snapshot.progress.env_steps,
            items=[
                _status(
                    HYPERPARAMETERS[name],
                    algorithm,
                    run.spec.layout,
                    applied=snapshot.hyperparameters.get(name),
                    from_spec=from_spec[name],
                    pending=pending.get(name),
                )
                for name in HYPERPARAMETERS
            ],
        )

    async def commands(self, run_id: str, *, after: str | None, limit: int) -> list[Command]:
        """The ledger after one command, oldest first."""
        return await asyncio.to_thread(
            self._folders.reader(run_id).commands, after=after, limit=limit
        )

    async def events(
        self, run_id: str, *, after: int, limit: int, types: tuple[EventType, ...]
    ) -> bytes:
        """An `EventPage`, already encoded as JSON."""
        reader = self._folders.reader(run_id)
        page = await asyncio.to_thread(reader.events, after=after, limit=limit, types=types)
        return b'{"events":[%b],"next":%d,"epoch":%b}' % (
            b",".join(page.events),
            page.next,
            orjson.dumps(run_id),
        )

    async def series(
        self,
        run_id: str,
        *,
        metrics: tuple[str, ...],
        axis: SeriesAxis,
        points: int,
        from_x: float | None,
        to_x: float | None,
        smoothing: float,
    ) -> Series:
        """Metrics over a run, small enough to draw."""
        return await asyncio.to_thread(
            read_series,
            self._folders.path(run_id),
            run_id=run_id,
            metrics=metrics,
            axis=axis,
            points=points,
            from_x=from_x,
            to_x=to_x,
            smoothing=smoothing,
        )

    async def histograms(
        self,
        run_id: str,
        *,
        names: tuple[str, ...],
        axis: SeriesAxis,
        points: int,
        from_x: float | None,
        to_x: float | None,
    ) -> HistogramSet:
        """Histograms over a run, added up to few enough to draw."""
        return await asyncio.to_thread(
            read_histograms,
            self._folders.path(run_id),
            run_id=run_id,
            names=names,
            axis=axis,
            points=points,
            from_x=from_x,
            to_x=to_x,
        )

    async def export_episodes(self, run_id: str, file_format: ExportFormat) -> AsyncIterator[bytes]:
        """Every finished episode, exact and complete."""
        return export_episodes(self._folders.reader(run_id), file_format)

    async def export_metrics(self, run_id: str, file_format: ExportFormat) -> AsyncIterator[bytes]:
        """Every metric summary, exact and complete."""
        return export_metrics(self._folders.reader(run_id), file_format)

    async def export_histograms(
        self, run_id: str, file_format: ExportFormat
    ) -> AsyncIterator[bytes]:
        """Every recorded histogram, exact and complete."""
        return export_histograms(self._folders.reader(run_id), file_format)

    async def system(self) -> SystemInfo:
        """What the server says about itself."""
        return SystemInfo(
            version=__version__,
            contract_version=CONTRACT_VERSION,
            started_at=self._started_at.isoformat(),
            cores=usable_cores(),
            memory_bytes=psutil.virtual_memory().total,
            data_dir=str(self._folders.root.parent),
            free_disk_bytes=self._free_disk_bytes(),
            active_runs=len(self._index.live),
            limits=SystemLimits(
                active_runs=self._limits.active_runs,
                workers_per_run=self._limits.workers_per_run,
                envs_per_worker=4096,
                event_page=EVENT_PAGE_LIMIT,
                series_points=SERIES_POINTS_LIMIT,
                wait_s=WAIT_LIMIT_S,
            ),
            interpreter=self._registry.interpreter,
        )

    async def environments(self) -> EnvironmentList:
        """Which environments exist here."""
        return EnvironmentList(items=list(await self._registry.environments()))

    async def algorithms(self) -> AlgorithmList:
        """Which training modes exist, with everything that can be tuned and watched."""
        return AlgorithmList(items=list(ALGORITHMS))

    async def alert_rules(self) -> AlertRuleList:
        """What every run is warned of, and at which thresholds."""
        return AlertRuleList(items=list(ALERT_RULES.values()))

    async def presets(self) -> PresetList:
        """Named starting points."""
        return PresetList(items=list(self._presets.all()))

    async def readiness(self) -> Readiness:
        """Whether the server can do its work, tried for real."""
        free = self._free_disk_bytes()
        writable = await asyncio.to_thread(self._catalogue.is_writable)
        checks = {
            "data_dir": ReadinessCheck(
                ok=writable,
                detail=f"{self._folders.root.parent} can{'' if writable else 'not'} be written",
            ),
            "disk": ReadinessCheck(
                ok=free >= MIN_FREE_DISK_BYTES,
                detail=f"{free:,} bytes free; at least {MIN_FREE_DISK_BYTES:,} are needed",
            ),
            "supervisor": ReadinessCheck(
                ok=self._supervisor.ticking,
                detail=f"{len(self._index.live)} active runs looked after",
            ),
        }
        return Readiness(ready=all(check.ok for check in checks.values()), checks=checks)

    async def figures(self) -> ServerFigures:
        """What `/metrics` reports."""
        ages_s = self._supervisor.heartbeat_ages_s().values()
        return ServerFigures(
            runs=await asyncio.to_thread(self._catalogue.count_runs),
            heartbeat_age_s=max(ages_s, default=None),
            events_published=self._hub.published_events,
            env_steps_per_second=sum(
                run.progress.steps_per_second for run in self._index.live.values()
            ),
            free_disk_bytes=self._free_disk_bytes(),
        )

    async def _create_once(
        self, request: RunRequest, key: str, *, actor: str, wait_s: float
    ) -> Run:
        fingerprint = hashlib.sha256(
            orjson.dumps(
                request.model_dump(mode="json", exclude_unset=True, by_alias=True),
                option=orjson.OPT_SORT_KEYS,
            )
        ).hexdigest()
        claim = await asyncio.to_thread(
            self._catalogue.claim_idempotency_key,
            key,
            fingerprint=fingerprint,
            run_id=new_ulid(),
            now=datetime.now(UTC),
        )
        if claim.fingerprint != fingerprint:
            raise InvalidInputError(
                "this Idempotency-Key was used with another body",
                code="idempotency_key_reused",
            )
        if not claim.is_new:
            # A crash may have come between the claim and the run: then it is made now.
            made = await self._find_made(claim.run_id)
            if made is not None:
                return made
        try:
            command = await self._make(request, claim.run_id, actor=actor)
        except BaseException:
            await asyncio.to_thread(self._catalogue.release_idempotency_key, key)
            raise
        return await self._begin(claim.run_id, command, actor=actor, wait_s=wait_s)

    async def _find_made(self, run_id: str) -> Run | None:
        try:
            return await self._index.get(run_id)
        except NotFoundError:
            pass
        try:
            return await self._index.refresh(run_id)
        except NotFoundError:
            return None

    async def _create(self, request: RunRequest, run_id: str, *, actor: str, wait_s: float) -> Run:
        command = await self._make(request, run_id, actor=actor)
        return await self._begin(run_id, command, actor=actor, wait_s=wait_s)

    async def _make(self, request: RunRequest, run_id: str, *, actor: str) -> Command | None:
        """Check the request and make the run's folder; returns the command to start it, if any."""
        spec, details = await plan_run(
            request,
            run_id=run_id,
            presets=self._presets,
            registry=self._registry,
            max_workers=self._limits.workers_per_run,
            cores=usable_cores(),
        )
        command = new_command(run_id, Start(), new_ulid(), actor=actor) if request.start else None
        with self._steering.admission(run_id) if command is not None else nullcontext():
            await asyncio.to_thread(
                self._folders.create,
                run_id,
                spec=spec,
                details=details,
                created_at=datetime.now(UTC),
                start=command,
            )
            await self._index.refresh(run_id)
        return command

    async def _begin(
        self, run_id: str, command: Command | None, *, actor: str, wait_s: float
    ) -> Run:
        if command is not None:
            await self._supervisor.launch(run_id, start_command_id=command.id, actor=actor)
            await self._steering.wait_for(run_id, command.id, timeout_s=wait_s)
        return await self._index.get(run_id)

    def _free_disk_bytes(self) -> int:
        return shutil.disk_usage(self._folders.root.parent).free


def _status(
    definition: HyperparameterDefinition,
    algorithm: Algorithm,
    layout: RunLayout,
    *,
    applied: AppliedHyperparameter | None,
    from_spec: HyperparameterSetting,
    pending: HyperparameterSetting | None,
) -> HyperparameterStatus:
    if applied is None:
        # Not started yet: the spec is what will be in use.
        value = (
            from_spec
            if isinstance(from_spec, bool | int | float | str)
            else schedule_values(from_spec)[0]
        )
        applied = AppliedHyperparameter(setting=from_spec, value=value, since_env_step=0)
    return HyperparameterStatus(
        name=definition.name,
        requested=applied.setting if pending is None else pending,
        applied=applied.setting,
        applied_value=applied.value,
        applied_at_env_step=applied.since_env_step,
        pending=pending is not None,
        applies=algorithm in definition.algorithms,
        live_class=live_class_in(definition, algorithm, layout),
        minimum=definition.minimum,
        maximum=definition.maximum,
        zero_allowed=definition.zero_label is not None,
        choices=list(definition.choices),
        scale=definition.scale,
        default=definition.default_for(algorithm),
    )
