"""What the routes call: ports that `bootstrap` fills, and how a route gets at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from matinee.contracts.alerts import AlertRuleList
from matinee.contracts.checkpoints import CheckpointList, CheckpointSettings
from matinee.contracts.commands import Action, Command
from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EvaluationReport,
    EvaluationRequest,
)
from matinee.contracts.events import EventType
from matinee.contracts.forks import ForkRequest
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.hyperparameters import LiveSetting
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.log_page import LogPage
from matinee.contracts.recordings import Recording, RecordingList, RecordingRequest
from matinee.contracts.run import Hyperparameters, Run, RunPage, RunPatch
from matinee.contracts.run_spec import RunRequest
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
from matinee.runs.downloads import Download
from matinee.runs.ports import RunQuery
from matinee.runs.shows import PublicShow
from matinee.web.access_bell import AccessBell
from matinee.web.audit import AuditTrail
from matinee.web.credentials import (
    AccessToken,
    LoginCodes,
    Principal,
    SessionStore,
    TokenStore,
)
from matinee.web.forwarded import ProxyAddresses
from matinee.web.hosts import HostPolicy
from matinee.web.login_limit import LoginLimit
from matinee.web.stream_places import StreamLimits, StreamPlaces
from matinee.web.telemetry import WebTelemetry
from matinee.web.token_uses import TokenUses

ExportFormat = Literal["jsonl", "csv", "parquet"]
PAGE_DIR = Path(__file__).parent / "page"
"""Where the build hook puts the page; in a checkout it may be missing."""


class RunUseCases(Protocol):
    """Everything that people can do with runs; `matinee.runs.service.RunService` does it."""

    async def create_run(
        self, request: RunRequest, *, actor: str, idempotency_key: str | None, wait_s: float
    ) -> Run:
        """Create a run, and start it unless told otherwise."""

    async def list_runs(self, query: RunQuery) -> RunPage:
        """A page of runs, newest first."""

    async def get_run(self, run_id: str) -> Run:
        """One run."""

    async def patch_run(
        self, run_id: str, patch: RunPatch, *, expected_revision: int | None
    ) -> Run:
        """Change what people may edit; None raises `PreconditionRequiredError`."""

    async def delete_run(self, run_id: str) -> None:
        """Remove an ended run and its folder."""

    async def command(self, run_id: str, action: Action, *, actor: str, wait_s: float) -> Command:
        """Ask something of a run, and wait up to `wait_s` for what becomes of it."""

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

    async def hyperparameters(self, run_id: str) -> Hyperparameters:
        """What was asked, what is in use, since when."""

    async def workers(self, run_id: str) -> WorkerTable:
        """What every thread that trains does now, or did last."""

    async def log(
        self, run_id: str, *, after: int | None, before: int | None, limit: int
    ) -> LogPage:
        """What its process has printed: after a place, or before one, or the newest."""

    async def whole_log(self, run_id: str) -> AsyncIterator[bytes]:
        """All of it; raises `NotFoundError` before the first byte."""

    async def commands(self, run_id: str, *, after: str | None, limit: int) -> list[Command]:
        """The ledger after one command id, oldest first."""

    async def export_ledger(self, run_id: str) -> LedgerFile:
        """The whole ledger, and what replays it."""

    async def events(
        self, run_id: str, *, after: int, limit: int, types: tuple[EventType, ...]
    ) -> bytes:
        """An `EventPage`, already encoded as JSON."""

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
        """Metrics over a run, downsampled."""

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
        """Histograms over a run, neighbours added up."""

    async def export_episodes(self, run_id: str, file_format: ExportFormat) -> AsyncIterator[bytes]:
        """Every finished episode; raises `NotFoundError` before the first byte."""

    async def export_metrics(
        self, run_id: str, file_format: ExportFormat, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Every metric row; raises `NotFoundError` before the first byte."""

    async def export_histograms(
        self, run_id: str, file_format: ExportFormat, names: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Every recorded histogram; raises `NotFoundError` before the first byte."""

    async def system(self) -> SystemInfo:
        """What the server says about itself."""

    async def storage(self) -> StorageInfo:
        """What the records take, counted now."""

    async def environments(self) -> EnvironmentList:
        """Which environments exist here."""

    async def algorithms(self) -> AlgorithmList:
        """Which training modes exist."""

    async def alert_rules(self) -> AlertRuleList:
        """What every run is warned of."""

    async def presets(self) -> PresetList:
        """Named starting points."""

    async def readiness(self) -> Readiness:
        """Whether the server can do its work."""

    async def figures(self) -> ServerFigures:
        """What `/metrics` reports."""


class CheckpointUseCases(Protocol):
    """What people can do with checkpoints; `runs.checkpointing.Checkpointing` does it."""

    async def list_checkpoints(self, run_id: str) -> CheckpointList:
        """Those that are on disk, newest first."""

    async def settings(self, run_id: str, checkpoint_id: str) -> CheckpointSettings:
        """By which settings the run trained at one."""

    async def save(self, run_id: str, *, pinned: bool, actor: str, wait_s: float) -> Command:
        """Save one now."""

    async def pin(
        self, run_id: str, checkpoint_id: str, *, pinned: bool, actor: str, wait_s: float
    ) -> Command:
        """Keep one whatever comes, or no longer."""

    async def rewind(
        self, run_id: str, checkpoint_id: str, *, actor: str, wait_s: float
    ) -> Command:
        """Go back to one, in place; a run that has ended starts from there."""

    async def download(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        """One as a file, unless whoever asks knows its digest; refused before the first byte."""

    async def policy_model(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        """The policy of one as an ONNX model; as `download`."""

    async def fork(
        self,
        run_id: str,
        request: ForkRequest,
        *,
        actor: str,
        idempotency_key: str | None,
        wait_s: float,
    ) -> Run:
        """Make a run that begins at one, and start it."""


class PlayingUseCases(Protocol):
    """Episodes that are played on request; `runs.playing.Playing` does it."""

    async def evaluate(self, run_id: str, request: EvaluationRequest) -> EvaluationReport:
        """Play test episodes."""

    async def play_episode(self, run_id: str, request: EpisodeRequest) -> EpisodeReport:
        """Play one episode and tell every step."""

    async def record(self, run_id: str, request: RecordingRequest) -> Recording:
        """Play one episode, film it and keep the film."""

    async def recordings(self, run_id: str) -> RecordingList:
        """The films of a run, newest first."""

    async def recording_file(self, run_id: str, recording_id: str) -> Path:
        """Where a film is."""

    async def delete_recording(self, run_id: str, recording_id: str) -> None:
        """Take a film away."""


class WatchingUseCases(Protocol):
    """People watch a policy play; `runs.watching.Watching` does it."""

    def watch(
        self, run_id: str, checkpoint_id: str | None
    ) -> AbstractAsyncContextManager[PublicShow]:
        """The show of a policy, for as long as the context lasts; None: of the newest."""


class EventFeed(Protocol):
    """New events of every run, encoded once for all listeners."""

    async def next_frame(self, run_id: str, cursor: int) -> tuple[str, int]:
        """Wait for events after `cursor`: one encoded `EventsFrame`, and the cursor after it.

        Raises:
            NotFoundError: if the run does not exist, or is deleted meanwhile.
        """


@dataclass(frozen=True)
class WebDependencies:
    """All that the web layer needs; lives as long as the server."""

    runs: RunUseCases
    checkpoints: CheckpointUseCases
    playing: PlayingUseCases
    watching: WatchingUseCases
    feed: EventFeed
    sessions: SessionStore
    tokens: TokenStore
    audit: AuditTrail
    login_codes: LoginCodes
    token: AccessToken
    hosts: HostPolicy
    clock: Callable[[], datetime]
    page_dir: Path = PAGE_DIR
    path_prefix: str = ""
    """Where a proxy shows this server: `/matinee`, or nothing for the root."""
    proxies: ProxyAddresses = ()
    """From which addresses a proxy connects, whose word on its clients is taken."""
    epoch: str = field(default_factory=new_ulid)
    """Of this server process, so that a page notices a restart."""
    login_limit: LoginLimit = field(default_factory=LoginLimit)
    stream_places: StreamPlaces = field(default_factory=lambda: StreamPlaces(StreamLimits()))
    telemetry: WebTelemetry = field(default_factory=WebTelemetry)
    access_bell: AccessBell = field(default_factory=AccessBell)
    token_uses: TokenUses = field(default_factory=TokenUses)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server begins to shut down: streams end with 1012, so that it need not wait."""

    def login_path(self, code: str) -> str:
        """What follows the origin in a link that logs somebody in."""
        return f"{self.path_prefix}/login?code={code}"


def _from_state(connection: HTTPConnection) -> WebDependencies:
    dependencies = connection.app.state.dependencies
    assert isinstance(dependencies, WebDependencies)
    return dependencies


def _principal(connection: HTTPConnection) -> Principal:
    principal = connection.scope["matinee.principal"]
    assert isinstance(principal, Principal)
    return principal


Dependencies = Annotated[WebDependencies, Depends(_from_state)]
CurrentPrincipal = Annotated[Principal, Depends(_principal)]
