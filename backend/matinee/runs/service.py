"""What people can do with runs. The web, and nothing else, calls this; it knows no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from weakref import WeakValueDictionary

import orjson

from matinee.contracts.alerts import ALERT_RULES, AlertRuleList
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.algorithms import ALGORITHMS
from matinee.contracts.change_class import live_class_in
from matinee.contracts.combinations import RunLayout
from matinee.contracts.commands import (
    Action,
    Command,
    SetHyperparameters,
)
from matinee.contracts.environment_parameters import is_used, range_in
from matinee.contracts.events import EventType
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting, LiveSetting
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.log_page import LogPage
from matinee.contracts.run import (
    AppliedHyperparameter,
    Hyperparameters,
    HyperparameterStatus,
    Run,
    RunPage,
    RunPatch,
)
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import ACTIVE_STATES, ENDED_STATES, TRAINING_STATES
from matinee.contracts.schedules import schedule_values
from matinee.contracts.series import Series, SeriesAxis
from matinee.contracts.system import (
    AlgorithmList,
    EnvironmentList,
    PresetList,
    Readiness,
    ServerFigures,
    StorageInfo,
    SystemInfo,
)
from matinee.contracts.workers import WorkerTable
from matinee.errors import (
    ConflictError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from matinee.journal.histograms import read_histograms
from matinee.journal.run_log import RunLog
from matinee.journal.series import read_series
from matinee.runs.creation import RunMaker
from matinee.runs.event_hub import EventHub
from matinee.runs.exports import (
    ExportFormat,
    check_names,
    export_episodes,
    export_histograms,
    export_metrics,
    one_ahead,
)
from matinee.runs.folders import RunFolders, present_algorithm
from matinee.runs.health import Health
from matinee.runs.ledger import export_ledger
from matinee.runs.live_settings import in_numbers
from matinee.runs.ports import EnvironmentRegistry, PresetShelf, RunQuery, TableFiles
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering
from matinee.runs.supervisor import Supervisor
from matinee.runs.watching import Watching


class RunService:
    """The use cases. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        hub: EventHub,
        supervisor: Supervisor,
        steering: Steering,
        registry: EnvironmentRegistry,
        presets: PresetShelf,
        tables: TableFiles,
        maker: RunMaker,
        health: Health,
        watching: Watching,
    ) -> None:
        self._folders = folders
        self._index = index
        self._hub = hub
        self._supervisor = supervisor
        self._steering = steering
        self._registry = registry
        self._presets = presets
        self._tables = tables
        self._maker = maker
        self._health = health
        self._watching = watching
        # Guards one edit of a run's details from reading its revision to writing the next.
        self._edit_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create_run(
        self, request: RunRequest, *, actor: str, idempotency_key: str | None, wait_s: float
    ) -> Run:
        """Create a run, and start it unless told otherwise; a repeated key returns the first.

        Raises:
            InvalidInputError: the spec is wrong, or the key was used with another body.
            LimitExceededError: too many runs are active.
        """
        return await self._maker.create(
            request, actor=actor, idempotency_key=idempotency_key, wait_s=wait_s
        )

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
            self._watching.forget(run_id)

    async def command(self, run_id: str, action: Action, *, actor: str, wait_s: float) -> Command:
        """Ask something of a run, and wait up to `wait_s` for what becomes of it."""
        return await self._steering.command(run_id, action, actor=actor, wait_s=wait_s)

    async def change_hyperparameters(
        self,
        run_id: str,
        settings: Mapping[str, LiveSetting],
        *,
        expected_revision: int | None,
        actor: str,
        wait_s: float,
    ) -> Command:
        """Change some of a live run's hyperparameters, and wait up to `wait_s` for it."""
        now = await self.hyperparameters(run_id)
        action = SetHyperparameters(
            settings=in_numbers(settings, now), expected_revision=expected_revision
        )
        return await self.command(run_id, action, actor=actor, wait_s=wait_s)

    async def hyperparameters(self, run_id: str) -> Hyperparameters:
        """What was asked, what is in use, and since when."""
        run = await self._index.get(run_id)
        reader = self._folders.reader(run_id)
        snapshot, _ = await asyncio.to_thread(reader.snapshot)
        from_spec = run.spec.initial_settings()
        algorithm = present_algorithm(run.spec, snapshot)
        environment = self._registry.known(run.spec.environment.id)
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
                    continuous_actions=environment is not None and environment.continuous_actions,
                    applied=snapshot.hyperparameters.get(name),
                    from_spec=from_spec[name],
                    pending=pending.get(name),
                )
                for name in HYPERPARAMETERS
            ],
        )

    async def workers(self, run_id: str) -> WorkerTable:
        """What every thread that trains does now, or did last."""
        run = await self._index.get(run_id)
        table = await asyncio.to_thread(self._folders.reader(run_id).workers)
        return table if run.state in TRAINING_STATES else table.after_the_end()

    async def log(
        self, run_id: str, *, after: int | None, before: int | None, limit: int
    ) -> LogPage:
        """What the run's process has printed: after a place, or before one, or the newest."""
        log = await self._log(run_id)
        if after is not None:
            return await asyncio.to_thread(log.after, after, limit=limit)
        return await asyncio.to_thread(log.before, before, limit=limit)

    async def whole_log(self, run_id: str) -> AsyncIterator[bytes]:
        """All that the run's process has printed up to now."""
        log = await self._log(run_id)
        return one_ahead(await asyncio.to_thread(log.whole))

    async def _log(self, run_id: str) -> RunLog:
        run = await self._index.get(run_id)
        return RunLog(self._folders.path(run_id), is_over=run.state in ENDED_STATES)

    async def commands(self, run_id: str, *, after: str | None, limit: int) -> list[Command]:
        """The ledger after one command, oldest first."""
        return await asyncio.to_thread(
            self._folders.reader(run_id).commands, after=after, limit=limit
        )

    async def export_ledger(self, run_id: str) -> LedgerFile:
        """The whole ledger, and what replays it."""
        return await asyncio.to_thread(export_ledger, self._folders.reader(run_id))

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
        if file_format == "parquet":
            return self._tables.rows(self._folders.path(run_id), "episodes")
        return export_episodes(self._folders.reader(run_id), file_format)

    async def export_metrics(
        self, run_id: str, file_format: ExportFormat, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Every metric summary, exact and complete; as text also of some metrics alone."""
        check_names("metric", names)
        if file_format == "parquet":
            return self._tables.rows(self._folders.path(run_id), "metrics")
        return export_metrics(self._folders.reader(run_id), file_format, names)

    async def export_histograms(
        self, run_id: str, file_format: ExportFormat, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Every recorded histogram, exact and complete; as text also of some alone."""
        check_names("histogram", names)
        if file_format == "parquet":
            return self._tables.rows(self._folders.path(run_id), "histograms")
        return export_histograms(self._folders.reader(run_id), file_format, names)

    async def system(self) -> SystemInfo:
        """What the server says about itself."""
        return self._health.system()

    async def storage(self) -> StorageInfo:
        """What the records take, counted now."""
        return await self._health.storage()

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
        return await self._health.readiness()

    async def figures(self) -> ServerFigures:
        """What `/metrics` reports."""
        return await self._health.figures()


def _status(
    definition: HyperparameterDefinition,
    algorithm: Algorithm,
    layout: RunLayout,
    *,
    continuous_actions: bool,
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
    own = range_in(definition, layout.environment)
    default = (
        definition.default_for(algorithm, continuous_actions=continuous_actions)
        if own is None
        else own.default
    )
    return HyperparameterStatus(
        name=definition.name,
        requested=applied.setting if pending is None else pending,
        applied=applied.setting,
        applied_value=applied.value,
        applied_at_env_step=applied.since_env_step,
        pending=pending is not None,
        applies=is_used(definition, algorithm, layout.environment),
        live_class=live_class_in(definition, algorithm, layout),
        minimum=definition.minimum if own is None else own.minimum,
        maximum=definition.maximum if own is None else own.maximum,
        zero_allowed=definition.zero_label is not None,
        choices=list(definition.choices),
        scale=definition.scale,
        default=default,
    )
