"""Puts the server together from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI

from matinee.bootstrap.presets import BuiltInPresets
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.processes.launcher import ProcessLauncher
from matinee.processes.onnx_program import OnnxProgram
from matinee.processes.parquet_program import ParquetProgram
from matinee.processes.player_program import PlayerProgram
from matinee.runs.admission import Admission
from matinee.runs.checkpointing import Checkpointing
from matinee.runs.creation import RunMaker
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunFolders
from matinee.runs.forking import Forking
from matinee.runs.health import Health
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.playing import Playing
from matinee.runs.recovery import FolderWatch
from matinee.runs.run_index import RunIndex
from matinee.runs.service import RunService
from matinee.runs.steering import Steering
from matinee.runs.supervisor import Supervisor
from matinee.runs.watching import Watching
from matinee.settings import Settings, access_token, prepare_data_dir, socket_dir
from matinee.storage.audit_file import AuditFile
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile
from matinee.web.app import create_app
from matinee.web.credentials import OWN_GRANT, AccessToken, LoginCodes
from matinee.web.dependencies import WebDependencies
from matinee.web.hosts import HostPolicy
from matinee.web.stream_places import StreamLimits, StreamPlaces
from matinee.web.telemetry import WebTelemetry


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Server:
    """A server, put together but not yet listening."""

    app: FastAPI
    dependencies: WebDependencies
    hurry: Callable[[], None]
    """Makes the end of the lifespan quick: runs that have not ended by then are killed."""

    def new_login_path(self) -> str:
        """A path that logs one browser in, once."""
        return self.dependencies.login_path(self.dependencies.login_codes.create(OWN_GRANT))


def build_server(settings: Settings) -> Server:
    """Everything that a server needs; its lifespan starts and ends the moving parts.

    Raises:
        InvalidInputError: a setting is wrong.
        TokenFileError: the named tokens can't be read.
    """
    settings.check_exposure()
    settings.check_tls()
    data_dir = settings.data_dir
    prepare_data_dir(data_dir)
    tokens = TokenFile(data_dir)
    folders = RunFolders(data_dir)
    telemetry = WebTelemetry()
    catalogue = SqliteCatalogue(data_dir / "catalogue.db", observe_commit=telemetry.observe_commit)
    index = RunIndex(folders, catalogue)
    hub = EventHub(folders)
    launcher = ProcessLauncher(spare_log=data_dir / "spare.log")
    registry = EnvironmentProbe(cache_dir=data_dir / "cache")
    supervisor = Supervisor(
        folders=folders,
        index=index,
        hub=hub,
        launcher=launcher,
        runtime_dir=socket_dir(data_dir),
        orphan_grace_s=settings.orphan_grace_s,
        hang_after_s=settings.hang_after_s,
    )
    admission = Admission(
        supervisor=supervisor,
        index=index,
        max_active_runs=settings.max_active_runs,
        max_queued_runs=settings.max_queued_runs,
    )
    steering = Steering(
        folders=folders,
        index=index,
        hub=hub,
        supervisor=supervisor,
        admission=admission,
        max_workers=settings.max_workers_per_run,
    )
    limits = settings.limits
    presets = BuiltInPresets()
    maker = RunMaker(
        folders=folders,
        index=index,
        catalogue=catalogue,
        admission=admission,
        steering=steering,
        registry=registry,
        presets=presets,
        limits=limits,
    )
    health = Health(
        folders=folders,
        index=index,
        catalogue=catalogue,
        hub=hub,
        supervisor=supervisor,
        admission=admission,
        registry=registry,
        limits=limits,
    )
    players, places = PlayerProgram(), PlayerPlaces(settings.max_players)
    watching = Watching(folders=folders, supervisor=supervisor, players=players, places=places)
    service = RunService(
        folders=folders,
        index=index,
        hub=hub,
        supervisor=supervisor,
        steering=steering,
        maker=maker,
        health=health,
        registry=registry,
        presets=presets,
        tables=ParquetProgram(),
        watching=watching,
    )
    forking = Forking(
        folders=folders,
        index=index,
        admission=admission,
        steering=steering,
        maker=maker,
        registry=registry,
        limits=limits,
    )
    checkpoints = Checkpointing(
        folders=folders,
        index=index,
        supervisor=supervisor,
        steering=steering,
        forking=forking,
        policies=OnnxProgram(),
    )
    sessions, token = SqliteSessionStore(catalogue), AccessToken(access_token(settings))
    sessions.adopt(token.owner)
    dependencies = WebDependencies(
        runs=service,
        checkpoints=checkpoints,
        playing=Playing(folders=folders, players=players, places=places),
        watching=watching,
        feed=hub,
        sessions=sessions,
        tokens=tokens,
        audit=AuditFile(data_dir),
        login_codes=LoginCodes(_now),
        token=token,
        hosts=HostPolicy(settings.allowed_hosts),
        clock=_now,
        path_prefix=settings.path_prefix,
        proxies=settings.proxy_addresses if settings.behind_proxy else (),
        stream_places=StreamPlaces(
            StreamLimits(total=settings.max_streams, per_token=settings.max_streams_per_token)
        ),
        telemetry=telemetry,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watch = FolderWatch(
            folders=folders,
            index=index,
            catalogue=catalogue,
            launcher=launcher,
            supervisor=supervisor,
            admission=admission,
            steering=steering,
        )
        # Ends everything in reverse, also if the start or an end fails half-way.
        async with AsyncExitStack() as ends:
            ends.callback(catalogue.close)
            ends.callback(index.close)
            ends.callback(registry.close)
            ends.push_async_callback(launcher.close)
            ends.push_async_callback(watching.close)
            ends.push_async_callback(supervisor.close, keep_runs=settings.keep_runs)
            ends.push_async_callback(admission.close)
            ends.push_async_callback(watch.close)
            registry.begin()
            await watch.recover()
            # Only now: what a spare imports takes seconds of a core, and nobody waits for it yet.
            await launcher.open()
            watch.begin()
            yield

    return Server(create_app(dependencies, lifespan=lifespan), dependencies, supervisor.hurry)
