"""The client for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx
from pydantic import JsonValue

from matinee.client import access_calls, calls
from matinee.client.answers import raise_for_problem
from matinee.client.calls import Answer, Call, ExportFormat, ExportName, RunAction
from matinee.client.transport import DEFAULT_URL, base_url, headers_of, timeout_of
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


class MatineeClient:
    """One connection pool to one server; close it, or use it in a `with` statement.

    Every method raises the `MatineeError` that the server refused with, and
    `ServerUnreachableError` if there is none.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: Address of the server.
            token: The access token; `matinee token` prints it.
            transport: How requests travel, for tests.
        """
        self._http = httpx.Client(
            base_url=base_url(url), headers=headers_of(token), transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def system(self) -> SystemInfo:
        """What the server says about itself."""
        return self._perform(calls.system())

    def environments(self) -> EnvironmentList:
        """Which environments exist there."""
        return self._perform(calls.environments())

    def algorithms(self) -> AlgorithmList:
        """Which training modes exist, with everything that can be tuned."""
        return self._perform(calls.algorithms())

    def alert_rules(self) -> AlertRuleList:
        """What every run is warned of, and at which thresholds."""
        return self._perform(calls.alert_rules())

    def presets(self) -> PresetList:
        """Measured starting points."""
        return self._perform(calls.presets())

    def create_run(
        self,
        request: RunRequest | Mapping[str, JsonValue],
        *,
        idempotency_key: str | None = None,
        wait_s: float = 0.0,
    ) -> Run:
        """Create a run, and start it unless the request has `start: false`."""
        return self._perform(
            calls.create_run(request, idempotency_key=idempotency_key, wait_s=wait_s)
        )

    def list_runs(
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
        return self._perform(
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

    def get_run(self, run_id: str) -> Run:
        """One run."""
        return self._perform(calls.get_run(run_id))

    def edit_run(self, run_id: str, patch: RunPatch, *, revision: int) -> Run:
        """Edit name, group, tags or notes, if nobody did since `revision`."""
        return self._perform(calls.edit_run(run_id, patch, revision=revision))

    def delete_run(self, run_id: str) -> None:
        """Remove a run that has ended, and its folder."""
        self._perform(calls.delete_run(run_id))

    def command(self, run_id: str, action: RunAction, *, wait_s: float = 0.0) -> Command:
        """Ask something of a run; with `wait_s`, wait for what becomes of it."""
        return self._perform(calls.command(run_id, action, wait_s=wait_s))

    def start(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Begin training, or go on after an interruption."""
        return self.command(run_id, Start(), wait_s=wait_s)

    def pause(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Stand still at the next rollout boundary."""
        return self.command(run_id, Pause(), wait_s=wait_s)

    def resume(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Go on after a pause."""
        return self.command(run_id, Resume(), wait_s=wait_s)

    def stop(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """Finish the rollout, checkpoint, evaluate, end."""
        return self.command(run_id, Stop(), wait_s=wait_s)

    def abort(self, run_id: str, *, wait_s: float = 0.0) -> Command:
        """End at once."""
        return self.command(run_id, Abort(), wait_s=wait_s)

    def step(
        self,
        run_id: str,
        *,
        env_steps: int | None = None,
        updates: int | None = None,
        wait_s: float = 0.0,
    ) -> Command:
        """Run this far, then pause."""
        return self.command(run_id, Step(env_steps=env_steps, updates=updates), wait_s=wait_s)

    def hyperparameters(self, run_id: str) -> Hyperparameters:
        """What was asked, what is in use, since when."""
        return self._perform(calls.hyperparameters(run_id))

    def set_hyperparameters(
        self,
        run_id: str,
        settings: Mapping[str, LiveSetting],
        *,
        expected_revision: int | None = None,
        wait_s: float = 0.0,
    ) -> Command:
        """Change any subset of the live hyperparameters, all or nothing."""
        return self._perform(
            calls.set_hyperparameters(
                run_id, settings, expected_revision=expected_revision, wait_s=wait_s
            )
        )

    def set_alert_thresholds(
        self, run_id: str, thresholds: Mapping[str, float | None], *, wait_s: float = 0.0
    ) -> Command:
        """Change any subset of the alert thresholds; None: back to the rule's default."""
        return self._perform(calls.set_alert_thresholds(run_id, thresholds, wait_s=wait_s))

    def workers(self, run_id: str) -> WorkerTable:
        """What every thread that trains does now, or did last."""
        return self._perform(calls.workers(run_id))

    def log(
        self,
        run_id: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> LogPage:
        """Lines that its process has printed: the newest, or those after or before a place."""
        return self._perform(calls.log(run_id, after=after, before=before, limit=limit))

    def commands(self, run_id: str) -> Iterator[Command]:
        """The whole ledger, oldest first."""
        cursor: str | None = None
        while True:
            page = self._perform(calls.commands(run_id, cursor=cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def events(
        self, run_id: str, *, after: int = 0, types: Sequence[EventType] = (), page_size: int = 1000
    ) -> Iterator[Event]:
        """Recorded events after a sequence number, up to now."""
        while True:
            page = self._perform(calls.events(run_id, after=after, limit=page_size, types=types))
            yield from page.events
            if page.next == after:
                return
            after = page.next

    def series(
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
        return self._perform(
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

    def histograms(
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
        return self._perform(
            calls.histograms(run_id, names, axis=axis, points=points, from_x=from_x, to_x=to_x)
        )

    def fork_run(
        self,
        run_id: str,
        request: ForkRequest | Mapping[str, JsonValue] | None = None,
        *,
        idempotency_key: str | None = None,
        wait_s: float = 0.0,
    ) -> Run:
        """Start a new run where this one stands, or at one of its checkpoints."""
        return self._perform(
            calls.fork_run(run_id, request or {}, idempotency_key=idempotency_key, wait_s=wait_s)
        )

    def checkpoints(self, run_id: str) -> CheckpointList:
        """Those that are on disk, newest first."""
        return self._perform(calls.checkpoints(run_id))

    def checkpoint_settings(self, run_id: str, checkpoint_id: str) -> CheckpointSettings:
        """Every hyperparameter as it was there: what a rewind or a fork goes on with."""
        return self._perform(calls.checkpoint_settings(run_id, checkpoint_id))

    def save_checkpoint(self, run_id: str, *, pinned: bool = True, wait_s: float = 0.0) -> Command:
        """Save one now; with `wait_s` the answer's `checkpoint_id` names it."""
        return self._perform(calls.save_checkpoint(run_id, pinned=pinned, wait_s=wait_s))

    def pin_checkpoint(
        self, run_id: str, checkpoint_id: str, *, pinned: bool = True, wait_s: float = 0.0
    ) -> Command:
        """Keep one whatever comes, or no longer."""
        return self._perform(
            calls.pin_checkpoint(run_id, checkpoint_id, pinned=pinned, wait_s=wait_s)
        )

    def rewind(self, run_id: str, checkpoint_id: str, *, wait_s: float = 0.0) -> Command:
        """Go back to one, in place; a run that has ended starts from there."""
        return self._perform(calls.rewind(run_id, checkpoint_id, wait_s=wait_s))

    def download_checkpoint(self, run_id: str, checkpoint_id: str) -> Iterator[bytes]:
        """One with what plays its policy elsewhere, in pieces of a zip file."""
        return self._stream(calls.download_checkpoint(run_id, checkpoint_id))

    def download_policy(self, run_id: str, checkpoint_id: str) -> Iterator[bytes]:
        """The policy of one as an ONNX model, in pieces; the server needs `matinee[onnx]`."""
        return self._stream(calls.download_policy(run_id, checkpoint_id))

    def evaluate(self, run_id: str, request: EvaluationRequest | None = None) -> EvaluationReport:
        """Play test episodes with a checkpoint; training goes on as before."""
        return self._perform(calls.evaluate(run_id, request or EvaluationRequest()))

    def play_episode(self, run_id: str, request: EpisodeRequest | None = None) -> EpisodeReport:
        """Play one episode with a checkpoint: every step with V and probabilities."""
        return self._perform(calls.play_episode(run_id, request or EpisodeRequest()))

    def record_episode(self, run_id: str, request: RecordingRequest | None = None) -> Recording:
        """Play one episode with a checkpoint, and keep a film of it."""
        return self._perform(calls.record_episode(run_id, request or RecordingRequest()))

    def recordings(self, run_id: str) -> RecordingList:
        """The films of a run, newest first."""
        return self._perform(calls.recordings(run_id))

    def delete_recording(self, run_id: str, recording_id: str) -> None:
        """Take a film away."""
        self._perform(calls.delete_recording(run_id, recording_id))

    def download_recording(self, run_id: str, recording_id: str) -> Iterator[bytes]:
        """A film, in pieces."""
        return self._stream(calls.download_recording(run_id, recording_id))

    def me(self) -> Me:
        """Who one is to the server, and what one may do."""
        return self._perform(access_calls.me())

    def tokens(self) -> TokenList:
        """Named tokens and links, without their secrets; needs an admin."""
        return self._perform(access_calls.tokens())

    def create_token(
        self, name: str, role: Role, *, expires_in_s: int | None = TOKEN_LIFETIME_S
    ) -> NewToken:
        """Make a named token; its secret is told once. None: it never expires. Needs an admin."""
        return self._perform(access_calls.create_token(name, role, expires_in_s))

    def revoke_token(self, token_id: str) -> None:
        """Let a token or link open nothing from now on; needs an admin."""
        self._perform(access_calls.revoke_token(token_id))

    def share(
        self,
        name: str | None = None,
        *,
        role: Role | None = None,
        expires_in_s: int | None = None,
    ) -> LoginLink:
        """Make a link into the page: for one browser, or under a name for many."""
        return self._perform(access_calls.share(name, role, expires_in_s))

    def audit(self, *, limit: int = 100, cursor: str | None = None) -> AuditPage:
        """Who did what, newest first; needs an admin."""
        return self._perform(access_calls.audit(limit, cursor))

    def ledger(self, run_id: str) -> LedgerFile:
        """Everything that was asked of a run, as `matinee train --replay` takes it."""
        return self._perform(calls.ledger(run_id))

    def export(
        self, run_id: str, name: ExportName, file_format: ExportFormat = "jsonl"
    ) -> Iterator[bytes]:
        """Every episode, metric row or histogram, exactly, in pieces of a file."""
        return self._stream(calls.export(run_id, name, file_format))

    def _stream(self, call: Call[None]) -> Iterator[bytes]:
        try:
            with self._http.stream(**call.arguments(), timeout=timeout_of(call)) as response:
                if not response.is_success:
                    response.read()
                raise_for_problem(response)
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise ServerUnreachableError(f"{self._http.base_url}: {error}") from error

    def _perform(self, call: Call[Answer]) -> Answer:
        try:
            response = self._http.request(**call.arguments(), timeout=timeout_of(call))
        except httpx.TransportError as error:
            raise ServerUnreachableError(f"{self._http.base_url}: {error}") from error
        raise_for_problem(response)
        return call.read(response)
