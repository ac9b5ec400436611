"""`RunUseCases` and `EventFeed` in memory: runs that change only when a test says so."""

# ruff: noqa: D102 - the port says what each method does

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import orjson

from matinee.contracts.alerts import AlertRuleList
from matinee.contracts.commands import Action, Command, CommandState, SetHyperparameters
from matinee.contracts.environments import EnvironmentDescription
from matinee.contracts.events import EventType
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.hyperparameters import HYPERPARAMETERS, LiveSetting
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.log_page import LogPage
from matinee.contracts.progress import Progress
from matinee.contracts.run import (
    Hyperparameters,
    HyperparameterStatus,
    Run,
    RunPage,
    RunPatch,
)
from matinee.contracts.run_spec import EnvironmentSpec, RunRequest, RunSpec, parse_run_spec
from matinee.contracts.run_state import RunState
from matinee.contracts.series import Series, SeriesAxis
from matinee.contracts.system import (
    AlgorithmList,
    EnvironmentList,
    PresetList,
    Readiness,
    ReadinessCheck,
    ServerFigures,
    StorageInfo,
    SystemInfo,
    SystemLimits,
)
from matinee.contracts.workers import WorkerTable
from matinee.errors import (
    MatineeError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from matinee.runs.live_settings import in_numbers
from matinee.runs.ports import RunQuery

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_run(run_id: str | None = None, *, created_at: datetime = NOW, **changes: object) -> Run:
    """A run of CartPole that has just been created."""
    spec = RunSpec(environment=EnvironmentSpec(id="CartPole-v1"))
    run = Run(
        id=run_id or new_ulid(),
        name="first try",
        group=None,
        tags=[],
        notes="",
        algorithm=spec.algorithm,
        environment=spec.environment,
        seed=1,
        spec=spec,
        state=RunState.RUNNING,
        reason=None,
        created_at=created_at,
        started_at=None,
        ended_at=None,
        steered=False,
        revision=1,
        progress=Progress(),
        last_seq=0,
    )
    return run.model_copy(update=changes)


def log_event(seq: int, message: str = "hello") -> dict[str, object]:
    """An event as run.db stores it."""
    return {
        "seq": seq,
        "at": NOW.isoformat(),
        "env_step": 10 * seq,
        "type": "log_written",
        "level": "info",
        "message": message,
    }


class FakeRuns:
    """Remembers what it was asked; `refusal` makes every call raise."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.recorded: dict[str, list[dict[str, object]]] = {}
        self.ledger: list[Command] = []
        self.calls: list[tuple[str, object]] = []
        self.outcome = CommandState.APPLIED
        self.refusal: Exception | None = None
        self.ready = True
        self.workers_told = WorkerTable()
        self.log_told = LogPage(start=0, end=0, size=0, text="")
        self.changed = asyncio.Event()

    def add(self, run: Run) -> Run:
        """Let there be a run."""
        self.runs[run.id] = run
        self.recorded.setdefault(run.id, [])
        return run

    def record(self, run_id: str, *events: dict[str, object]) -> None:
        """Let things happen to a run; call it on the event loop."""
        self.recorded[run_id].extend(events)
        self.changed.set()
        self.changed = asyncio.Event()

    def _enter(self, name: str, argument: object = None) -> None:
        self.calls.append((name, argument))
        if self.refusal is not None:
            raise self.refusal

    def _find(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise NotFoundError(f"there is no run {run_id}", code="run_not_found")
        return self.runs[run_id]

    async def create_run(
        self, request: RunRequest, *, actor: str, idempotency_key: str | None, wait_s: float
    ) -> Run:
        self._enter("create_run", (actor, idempotency_key, wait_s))
        spec = parse_run_spec(request.as_overrides())
        return self.add(make_run(name=spec.name or "unnamed"))

    async def list_runs(self, query: RunQuery) -> RunPage:
        self._enter("list_runs", query)
        return RunPage(items=list(self.runs.values())[: query.limit])

    async def get_run(self, run_id: str) -> Run:
        self._enter("get_run", run_id)
        return self._find(run_id)

    async def patch_run(
        self, run_id: str, patch: RunPatch, *, expected_revision: int | None
    ) -> Run:
        self._enter("patch_run", (patch, expected_revision))
        run = self._find(run_id)
        if expected_revision is None:
            raise PreconditionRequiredError("send If-Match")
        if expected_revision != run.revision:
            raise PreconditionFailedError(f"the revision is {run.revision}")
        update = {**patch.model_dump(exclude_unset=True), "revision": run.revision + 1}
        return self.add(run.model_copy(update=update))

    async def delete_run(self, run_id: str) -> None:
        self._enter("delete_run", run_id)
        self._find(run_id)
        del self.runs[run_id]

    async def command(self, run_id: str, action: Action, *, actor: str, wait_s: float) -> Command:
        self._enter("command", (action, actor, wait_s))
        self._find(run_id)
        command = Command(
            id=new_ulid(),
            run_id=run_id,
            actor=actor,
            action=action,
            state=self.outcome,
            created_at=NOW,
        )
        self.ledger.append(command)
        return command

    async def change_hyperparameters(
        self,
        run_id: str,
        settings: Mapping[str, LiveSetting],
        *,
        expected_revision: int | None,
        actor: str,
        wait_s: float,
    ) -> Command:
        now = await self.hyperparameters(run_id)
        action = SetHyperparameters(
            settings=in_numbers(settings, now), expected_revision=expected_revision
        )
        return await self.command(run_id, action, actor=actor, wait_s=wait_s)

    async def workers(self, run_id: str) -> WorkerTable:
        self._enter("workers", run_id)
        self._find(run_id)
        return self.workers_told

    async def log(
        self, run_id: str, *, after: int | None, before: int | None, limit: int
    ) -> LogPage:
        self._enter("log", (after, before, limit))
        self._find(run_id)
        return self.log_told

    async def whole_log(self, run_id: str) -> AsyncIterator[bytes]:
        self._enter("whole_log", run_id)
        self._find(run_id)
        return _pieces(self.log_told.text.encode())

    async def hyperparameters(self, run_id: str) -> Hyperparameters:
        self._enter("hyperparameters", run_id)
        self._find(run_id)
        items = [
            HyperparameterStatus(
                name=definition.name,
                requested=definition.default,
                applied=definition.default,
                applied_value=definition.default,
                applied_at_env_step=0,
                pending=False,
                applies=True,
                live_class=definition.live_class,
                minimum=definition.minimum,
                maximum=definition.maximum,
                zero_allowed=definition.zero_label is not None,
                choices=list(definition.choices),
                scale=definition.scale,
                default=definition.default,
            )
            for definition in HYPERPARAMETERS.values()
        ]
        return Hyperparameters(revision=3, env_step=100, items=items)

    async def commands(self, run_id: str, *, after: str | None, limit: int) -> list[Command]:
        self._enter("commands", (after, limit))
        self._find(run_id)
        newer = [c for c in self.ledger if after is None or c.id > after]
        return newer[:limit]

    async def export_ledger(self, run_id: str) -> LedgerFile:
        self._enter("export_ledger", run_id)
        return LedgerFile(
            run_id=run_id,
            exported_at=NOW,
            spec=self._find(run_id).spec,
            until_env_step=None,
            plan=[],
            commands=self.ledger,
            not_replayed=[],
        )

    async def events(
        self, run_id: str, *, after: int, limit: int, types: tuple[EventType, ...]
    ) -> bytes:
        self._enter("events", (after, limit, types))
        self._find(run_id)
        found = [event for event in self.recorded[run_id] if _seq(event) > after][:limit]
        shown = [event for event in found if not types or event["type"] in types]
        following = _seq(found[-1]) if found else after
        return orjson.dumps({"events": shown, "next": following, "epoch": run_id})

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
        self._enter("series", (metrics, axis, points, from_x, to_x, smoothing))
        self._find(run_id)
        return Series(run_id=run_id, x=axis, smoothing=smoothing, next=0, metrics={})

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
        self._enter("histograms", (names, axis, points, from_x, to_x))
        self._find(run_id)
        return HistogramSet(run_id=run_id, x=axis, next=0, histograms={})

    async def export_episodes(self, run_id: str, file_format: str) -> AsyncIterator[bytes]:
        self._enter("export_episodes", file_format)
        self._find(run_id)
        return _pieces(b"episode\n", b"1\n")

    async def export_metrics(
        self, run_id: str, file_format: str, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        self._enter("export_metrics", (file_format, *names) if names else file_format)
        self._find(run_id)
        return _pieces(b"metric\n", b"loss\n")

    async def export_histograms(
        self, run_id: str, file_format: str, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        self._enter("export_histograms", (file_format, *names) if names else file_format)
        self._find(run_id)
        return _pieces(b"histogram\n", b"actions\n")

    async def system(self) -> SystemInfo:
        self._enter("system")
        return SystemInfo(
            version="0",
            contract_version="1.0",
            started_at=NOW.isoformat(),
            cores=2,
            memory_bytes=1,
            data_dir="/nowhere",
            free_disk_bytes=1,
            active_runs=0,
            limits=SystemLimits(
                active_runs=1,
                workers_per_run=1,
                envs_per_worker=1,
                event_page=1000,
                series_points=10_000,
                wait_s=30,
            ),
            interpreter=None,
        )

    async def storage(self) -> StorageInfo:
        self._enter("storage")
        return StorageInfo(runs=2, record_bytes=3, free_disk_bytes=4, total_disk_bytes=5)

    async def environments(self) -> EnvironmentList:
        self._enter("environments")
        return EnvironmentList(
            items=[
                EnvironmentDescription(
                    id="CartPole-v1", installed=True, trainable=True, vectorized=True
                )
            ]
        )

    async def alert_rules(self) -> AlertRuleList:
        self._enter("alert_rules")
        return AlertRuleList(items=[])

    async def algorithms(self) -> AlgorithmList:
        self._enter("algorithms")
        return AlgorithmList(items=[])

    async def presets(self) -> PresetList:
        self._enter("presets")
        return PresetList(items=[])

    async def readiness(self) -> Readiness:
        self._enter("readiness")
        check = ReadinessCheck(ok=self.ready, detail="as the test says")
        return Readiness(ready=self.ready, checks={"disk": check})

    async def figures(self) -> ServerFigures:
        self._enter("figures")
        return ServerFigures(
            runs={RunState.RUNNING: len(self.runs)},
            heartbeat_age_s=0.5,
            events_published=7,
            env_steps_per_second=1000.0,
            free_disk_bytes=10,
        )


class FakeFeed:
    """Serves what `FakeRuns` recorded, and waits for more."""

    def __init__(self, runs: FakeRuns) -> None:
        self._runs = runs
        self.refusal: MatineeError | None = None

    async def next_frame(self, run_id: str, cursor: int) -> tuple[str, int]:
        while True:
            if self.refusal is not None:
                raise self.refusal
            changed = self._runs.changed
            if run_id not in self._runs.recorded:
                raise NotFoundError(f"there is no run {run_id}", code="run_not_found")
            events = [e for e in self._runs.recorded[run_id] if _seq(e) > cursor]
            if events:
                following = _seq(events[-1])
                frame = {"type": "events", "run_id": run_id, "events": events, "next": following}
                return orjson.dumps(frame).decode(), following
            await changed.wait()


def _seq(event: dict[str, object]) -> int:
    seq = event["seq"]
    assert isinstance(seq, int)
    return seq


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
