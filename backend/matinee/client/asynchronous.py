"""The client for asyncio, with live events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx
from pydantic import JsonValue

from matinee.client import access_calls, calls
from matinee.client.answers import raise_for_problem
from matinee.client.calls import Answer, Call, ExportFormat, ExportName, RunAction
from matinee.client.following import Follower
from matinee.client.transport import DEFAULT_URL, base_url, headers_of, stream_url, timeout_of
from matinee.contracts.access import (
    TOKEN_LIFETIME_S,
    LoginLink,
    Me,
    NewToken,
    Role,
    TokenList,
)
from matinee.contracts.alerts import AlertRuleList
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.audit import AuditPage
from matinee.contracts.checkpoints import CheckpointList, CheckpointSettings
from matinee.contracts.commands import Abort, Command, Pause, Resume, Start, Step, Stop
from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EvaluationReport,
    EvaluationRequest,
)
from matinee.contracts.events import Event, EventType
from matinee.contracts.forks import ForkRequest
from matinee.contracts.histograms import HistogramSet
from matinee.contracts.hyperparameters import LiveSetting
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.log_page import LogPage
from matinee.contracts.recordings import Recording, RecordingList, RecordingRequest
from matinee.contracts.run import Hyperparameters, Run, RunPage, RunPatch
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.contracts.series import Series, SeriesAxis
from matinee.contracts.system import AlgorithmList, EnvironmentList, PresetList, SystemInfo
from matinee.contracts.workers import WorkerTable
from matinee.errors import ServerUnreachableError


class AsyncMatineeClient:
    """One connection pool to one server; close it, or use it in an `async with` statement.

    Every method raises the `MatineeError` that the server refused with, and
    `ServerUnreachableError` if there is none.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: Address of the server.
            token: The access token; `matinee token` prints it.
            transport: How requests travel, for tests.
        """
        self._url = url
        self._headers = headers_of(token)
        self._http = httpx.AsyncClient(
            base_url=base_url(url), headers=self._headers, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def system(self) -> SystemInfo:
        """What the server says about itself."""
        return await self._perform(calls.system())

    async def environments(self) -> EnvironmentList:
        """Which environments exist there."""
        return await self._perform(calls.environments())

    async def algorithms(self) -> AlgorithmList:
        """Which training modes exist, with everything that can be tuned."""
        return await self._perform(calls.algorithms())

    async def alert_rules(self) -> AlertRuleList:
        """What every run is warned of, and at which thresholds."""
        return await self._perform(calls.alert_rules())

    async def presets(self) -> PresetList:
        """Measured starting points."""
        return await self._perform(calls.presets())

    async def create_run(
        self,
        request: RunRequest | Mapping[str, JsonValue],
        *,
        idempotency_key: str | None = None,
        wait_s: float = 0.0,
    ) -> Run:
        """Create a run, and start it unless the request has `start: false`."""
        return await self._perform(
            calls.create_run(request, idempotency_key=idempotency_key, wait_s=wait_s)
        )

    async def list_runs(
        self,
        *,
        states: Sequence[RunState] = (),
        environment: str | None = None,
        algorithm: Algorithm | None = None,
        group: str | None = None,
        text: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> RunPage:
        """A page of runs, newest first."""
        return await self._perform(
            calls.list_runs(
                states=states,
                environment=environment,
                algorithm=algorithm,
                group=group,
                text=text,
                limit=limit,
                cursor=cursor,
            )
        )

    async def get_run(self, run_id: str) -> Run:
        """One run."""
        return await self._perform(calls.get_run(run_id))

    async def edit_run(self, run_id: str, patch: RunPatch, *, revision: int) -> Run:
        """Edit name, group, tags or notes, if nobody did since `revision`."""
        return await self._perform(calls.edit_run(run_id, patch, revision=revision))

    async def delete_run(self, run_id: str) -> None:
        """Remove a run that has ended, and its folder."""
        await self._perform(calls.delete_run(run_id))

    async def command(self, run_id: str, action: RunAction, *, wait_s: float = 0.0) -> Command:
        """Ask something of a run; with `wait_s`, wait for what becomes of it."""
        return await self._perform(calls.command(run_id, action, wait_s=wait_s))

    async def start(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Begin training, or go on after an interruption."""
        return await self.command(run_id, Start(), wait_s=wait_s)

    async def pause(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Stand still at the next rollout boundary."""
        return await self.command(run_id, Pause(), wait_s=wait_s)

    async def resume(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Go on after a pause."""
        return await self.command(run_id, Resume(), wait_s=wait_s)

    async def stop(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Finish the rollout, checkpoint, evaluate, end."""
        return await self.command(run_id, Stop(), wait_s=wait_s)

    async def abort(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """End at once."""
        return await self.command(run_id, Abort(), wait_s=wait_s)

    async def step(
        self,
        run_id: str,
        *,
        env_steps: int | None = None,
        updates: int | None = None,
        wait_s: float = 0.0,
    ) -> Command:
        """Run this far, then pause."""
        return await self.command(run_id, Step(env_steps=env_steps, updates=updates), wait_s=wait_s)

    async def hyperparameters(self, run_id: str) -> Hyperparameters:
        """What was asked, what is in use, since when."""
        return await self._perform(calls.hyperparameters(run_id))

    async def set_hyperparameters(
        self,
        run_id: str,
        settings: Mapping[str, LiveSetting],
        *,
        expected_revision: int | None = None,
        wait_s: float = 0.0,
    ) -> Command:
        """Change any subset of the live hyperparameters, all or nothing."""
        return await self._perform(
            calls.set_hyperparameters(
                run_id, settings, expected_revision=expected_revision, wait_s=wait_s
            )
        )

    async def set_alert_thresholds(
        self, run_id: str, thresholds: Mapping[str, float | None], *, wait_s: float = 0.0
    ) -> Command:
        """Change any subset of the alert thresholds; None: back to the rule's default."""
        return await self._perform(calls.set_alert_thresholds(run_id, thresholds, wait_s=wait_s))

    async def workers(self, run_id: str) -> WorkerTable:
        """What every thread that trains does now, or did last."""
        return await self._perform(calls.workers(run_id))

    async def log(
        self,
        run_id: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> LogPage:
        """Lines that its process has printed: the newest, or those after or before a place."""
        return await self._perform(calls.log(run_id, after=after, before=before, limit=limit))

    async def commands(self, run_id: str) -> AsyncIterator[Command]:
        """The whole ledger, oldest first."""
        cursor: str | None = None
        while True:
            page = await self._perform(calls.commands(run_id, cursor=cursor))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def events(
        self, run_id: str, *, after: int = 0, types: Sequence[EventType] = (), page_size: int = 1000
    ) -> AsyncIterator[Event]:
        """Recorded events after a sequence number, up to now."""
        while True:
            page = await self._perform(
                calls.events(run_id, after=after, limit=page_size, types=types)
            )
            for event in page.events:
                yield event
            if page.next == after:
                return
            after = page.next

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[Event, None]:
        """Live events after a sequence number, each once and in order, until the run has ended.

        A lost connection is made again and resumed where it broke.

        Raises:
            NotFoundError: there is no such run.
            AuthenticationError: the token is wrong.
            ConflictError: the record was replaced; begin again with `after=0`.
            ServerUnreachableError: the server stays away for minutes.
        """
        return Follower(
            url=stream_url(self._url),
            headers=self._headers,
            run_id=run_id,
            get_run=lambda: self.get_run(run_id),
            after=after,
        ).events()

    async def series(
        self,
        run_id: str,
        metrics: Sequence[str],
        *,
        axis: SeriesAxis = SeriesAxis.ENV_STEP,
        points: int = 2000,
        from_x: float | None = None,
        to_x: float | None = None,
        smoothing: float = 0.0,
    ) -> Series:
        """Metrics over a run, small enough to draw."""
        return await self._perform(
            calls.series(
                run_id,
                metrics,
                axis=axis,
                points=points,
                from_x=from_x,
                to_x=to_x,
                smoothing=smoothing,
            )
        )

    async def histograms(
        self,
        run_id: str,
        names: Sequence[str],
        *,
        axis: SeriesAxis = SeriesAxis.ENV_STEP,
        points: int = 300,
        from_x: float | None = None,
        to_x: float | None = None,
    ) -> HistogramSet:
        """Histograms over a run, neighbours added up to at most `points`."""
        return await self._perform(
            calls.histograms(run_id, names, axis=axis, points=points, from_x=from_x, to_x=to_x)
        )

    async def fork_run(
        self,
        run_id: str,
        request: ForkRequest | Mapping[str, JsonValue] | None = None,
        *,
        idempotency_key: str | None = None,
        wait_s: float = 0.0,
    ) -> Run:
        """Start a new run where this one stands, or at one of its checkpoints."""
        return await self._perform(
            calls.fork_run(run_id, request or {}, idempotency_key=idempotency_key, wait_s=wait_s)
        )

    async def checkpoints(self, run_id: str) -> CheckpointList:
        """Those that are on disk, newest first."""
        return await self._perform(calls.checkpoints(run_id))

    async def checkpoint_settings(self, run_id: str, checkpoint_id: str) -> CheckpointSettings:
        """Every hyperparameter as it was there: what a rewind or a fork goes on with."""
        return await self._perform(calls.checkpoint_settings(run_id, checkpoint_id))

    async def save_checkpoint(
        self, run_id: str, *, pinned: bool = True, wait_s: float = 0.0
    ) -> Command:
        """Save one now; with `wait_s` the answer's `checkpoint_id` names it."""
        return await self._perform(calls.save_checkpoint(run_id, pinned=pinned, wait_s=wait_s))

    async def pin_checkpoint(
        self, run_id: str, checkpoint_id: str, *, pinned: bool = True, wait_s: float = 0.0
    ) -> Command:
        """Keep one whatever comes, or no longer."""
        return await self._perform(
            calls.pin_checkpoint(run_id, checkpoint_id, pinned=pinned, wait_s=wait_s)
        )

    async def rewind(self, run_id: str, checkpoint_id: str, *, wait_s: float = 0.0) -> Command:
        """Go back to one, in place; a run that has ended starts from there."""
        return await self._perform(calls.rewind(run_id, checkpoint_id, wait_s=wait_s))

    async def download_checkpoint(self, run_id: str, checkpoint_id: str) -> AsyncIterator[bytes]:
        """One with what plays its policy elsewhere, in pieces of a zip file."""
        async for piece in self._stream(calls.download_checkpoint(run_id, checkpoint_id)):
            yield piece

    async def download_policy(self, run_id: str, checkpoint_id: str) -> AsyncIterator[bytes]:
        """The policy of one as an ONNX model, in pieces; the server needs `matinee[onnx]`."""
        async for piece in self._stream(calls.download_policy(run_id, checkpoint_id)):
            yield piece

    async def evaluate(
        self, run_id: str, request: EvaluationRequest | None = None
    ) -> EvaluationReport:
        """Play test episodes with a checkpoint; training goes on as before."""
        return await self._perform(calls.evaluate(run_id, request or EvaluationRequest()))

    async def play_episode(
        self, run_id: str, request: EpisodeRequest | None = None
    ) -> EpisodeReport:
        """Play one episode with a checkpoint: every step with V and probabilities."""
        return await self._perform(calls.play_episode(run_id, request or EpisodeRequest()))

    async def record_episode(
        self, run_id: str, request: RecordingRequest | None = None
    ) -> Recording:
        """Play one episode with a checkpoint, and keep a film of it."""
        return await self._perform(calls.record_episode(run_id, request or RecordingRequest()))

    async def recordings(self, run_id: str) -> RecordingList:
        """The films of a run, newest first."""
        return await self._perform(calls.recordings(run_id))

    async def delete_recording(self, run_id: str, recording_id: str) -> None:
        """Take a film away."""
        await self._perform(calls.delete_recording(run_id, recording_id))

    def download_recording(self, run_id: str, recording_id: str) -> AsyncIterator[bytes]:
        """A film, in pieces."""
        return self._stream(calls.download_recording(run_id, recording_id))

    async def me(self) -> Me:
        """Who one is to the server, and what one may do."""
        return await self._perform(access_calls.me())

    async def tokens(self) -> TokenList:
        """Named tokens and links, without their secrets; needs an admin."""
        return await self._perform(access_calls.tokens())

    async def create_token(
        self, name: str, role: Role, *, expires_in_s: int | None = TOKEN_LIFETIME_S
    ) -> NewToken:
        """Make a named token; its secret is told once. None: it never expires. Needs an admin."""
        return await self._perform(access_calls.create_token(name, role, expires_in_s))

    async def revoke_token(self, token_id: str) -> None:
        """Let a token or link open nothing from now on; needs an admin."""
        await self._perform(access_calls.revoke_token(token_id))

    async def share(
        self,
        name: str | None = None,
        *,
        role: Role | None = None,
        expires_in_s: int | None = None,
    ) -> LoginLink:
        """Make a link into the page: for one browser, or under a name for many."""
        return await self._perform(access_calls.share(name, role, expires_in_s))

    async def audit(self, *, limit: int = 100, cursor: str | None = None) -> AuditPage:
        """Who did what, newest first; needs an admin."""
        return await self._perform(access_calls.audit(limit, cursor))

    async def ledger(self, run_id: str) -> LedgerFile:
        """Everything that was asked of a run, as `matinee train --replay` takes it."""
        return await self._perform(calls.ledger(run_id))

    async def export(
        self, run_id: str, name: ExportName, file_format: ExportFormat = "jsonl"
    ) -> AsyncIterator[bytes]:
        """Every episode, metric row or histogram, exactly, in pieces of a file."""
        async for piece in self._stream(calls.export(run_id, name, file_format)):
            yield piece

    async def _stream(self, call: Call[None]) -> AsyncIterator[bytes]:
        try:
            async with self._http.stream(**call.arguments(), timeout=timeout_of(call)) as response:
                if not response.is_success:
                    await response.aread()
                raise_for_problem(response)
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise ServerUnreachableError(f"{self._http.base_url}: {error}") from error

    async def _perform(self, call: Call[Answer]) -> Answer:
        try:
            response = await self._http.request(**call.arguments(), timeout=timeout_of(call))
        except httpx.TransportError as error:
            raise ServerUnreachableError(f"{self._http.base_url}: {error}") from error
        raise_for_problem(response)
        return call.read(response)
