"""Every call of the API as a value: what to send, and how to read the answer.

The synchronous and the asynchronous client share these; they differ only in how they send them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from matinee.client.answers import Model, read
from matinee.contracts.alerts import AlertRuleList
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.checkpoints import CheckpointList, CheckpointSettings
from matinee.contracts.commands import Abort, Command, CommandPage, Pause, Resume, Start, Step, Stop
from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EvaluationReport,
    EvaluationRequest,
    PlayRequest,
)
from matinee.contracts.events import EventPage, EventType
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
from matinee.contracts.validation import field_errors
from matinee.contracts.workers import WorkerTable
from matinee.errors import InvalidInputError

Answer = TypeVar("Answer")
RunAction = Start | Pause | Resume | Stop | Abort | Step
ExportName = Literal["episodes", "metrics", "histograms"]
ExportFormat = Literal["jsonl", "csv", "parquet"]
Parameters = Mapping[str, str | int | float | Sequence[str] | None]

EPISODES_PATIENCE_S = 300.0
"""As long as the server lets episodes be played."""

API = "/api/v1"
_THRESHOLDS: TypeAdapter[dict[str, float | None]] = TypeAdapter(dict[str, float | None])
_SETTINGS: TypeAdapter[dict[str, LiveSetting]] = TypeAdapter(dict[str, LiveSetting])


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request, and how to read its answer."""

    method: str
    path: str
    read: Callable[[httpx.Response], Answer]
    parameters: Parameters = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    patience_s: float = 0.0
    """The answer may take that much longer, without being told to wait."""

    def arguments(self) -> dict[str, Any]:
        """As `httpx` takes them."""
        headers = dict(self.headers)
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        parameters = {name: value for name, value in self.parameters.items() if value is not None}
        if self.wait_s:
            parameters["wait"] = self.wait_s
        return {
            "method": self.method,
            "url": self.path,
            "params": parameters,
            "content": self.body,
            "headers": headers,
        }


def system() -> Call[SystemInfo]:
    """`GET /system`."""
    return _get("/system", SystemInfo)


def environments() -> Call[EnvironmentList]:
    """`GET /environments`."""
    return _get("/environments", EnvironmentList)


def algorithms() -> Call[AlgorithmList]:
    """`GET /algorithms`."""
    return _get("/algorithms", AlgorithmList)


def alert_rules() -> Call[AlertRuleList]:
    """`GET /alert-rules`."""
    return _get("/alert-rules", AlertRuleList)


def presets() -> Call[PresetList]:
    """`GET /presets`."""
    return _get("/presets", PresetList)


def create_run(
    request: RunRequest | Mapping[str, JsonValue], *, idempotency_key: str | None, wait_s: float
) -> Call[Run]:
    """`POST /runs`.

    Raises:
        InvalidInputError: naming every wrong field, before anything is sent.
    """
    return _new_run("/runs", RunRequest, request, idempotency_key=idempotency_key, wait_s=wait_s)


def fork_run(
    run_id: str,
    request: ForkRequest | Mapping[str, JsonValue],
    *,
    idempotency_key: str | None,
    wait_s: float,
) -> Call[Run]:
    """`POST /runs/{id}/fork`.

    Raises:
        InvalidInputError: naming every wrong field, before anything is sent.
    """
    return _new_run(
        f"/runs/{run_id}/fork",
        ForkRequest,
        request,
        idempotency_key=idempotency_key,
        wait_s=wait_s,
    )


def list_runs(
    *,
    states: Sequence[RunState],
    environment: str | None,
    algorithm: Algorithm | None,
    group: str | None,
    text: str | None,
    limit: int,
    cursor: str | None,
) -> Call[RunPage]:
    """`GET /runs`."""
    parameters: Parameters = {
        "state": [state.value for state in states],
        "environment": environment,
        "algorithm": None if algorithm is None else algorithm.value,
        "group": group,
        "q": text,
        "limit": limit,
        "cursor": cursor,
    }
    return _get("/runs", RunPage, parameters)


def get_run(run_id: str) -> Call[Run]:
    """`GET /runs/{id}`."""
    return _get(f"/runs/{run_id}", Run)


def edit_run(run_id: str, patch: RunPatch, *, revision: int) -> Call[Run]:
    """`PATCH /runs/{id}`."""
    return Call(
        "PATCH",
        f"{API}/runs/{run_id}",
        _reader(Run),
        body=patch.model_dump_json(exclude_unset=True).encode(),
        headers={"If-Match": f'"{revision}"'},
    )


def delete_run(run_id: str) -> Call[None]:
    """`DELETE /runs/{id}`."""
    return Call("DELETE", f"{API}/runs/{run_id}", lambda _response: None)


def command(run_id: str, action: RunAction, *, wait_s: float) -> Call[Command]:
    """`POST /runs/{id}/{action}`."""
    return Call(
        "POST",
        f"{API}/runs/{run_id}/{action.name}",
        _reader(Command),
        body=action.model_dump_json(exclude={"name"}, exclude_unset=True).encode(),
        wait_s=wait_s,
    )


def hyperparameters(run_id: str) -> Call[Hyperparameters]:
    """`GET /runs/{id}/hyperparameters`."""
    return _get(f"/runs/{run_id}/hyperparameters", Hyperparameters)


def set_hyperparameters(
    run_id: str,
    settings: Mapping[str, LiveSetting],
    *,
    expected_revision: int | None,
    wait_s: float,
) -> Call[Command]:
    """`PATCH /runs/{id}/hyperparameters`."""
    return Call(
        "PATCH",
        f"{API}/runs/{run_id}/hyperparameters",
        _reader(Command),
        body=_SETTINGS.dump_json(dict(settings), by_alias=True),
        headers={} if expected_revision is None else {"If-Match": f'"{expected_revision}"'},
        wait_s=wait_s,
    )


def set_alert_thresholds(
    run_id: str, thresholds: Mapping[str, float | None], *, wait_s: float
) -> Call[Command]:
    """`PATCH /runs/{id}/alerts`."""
    return Call(
        "PATCH",
        f"{API}/runs/{run_id}/alerts",
        _reader(Command),
        body=_THRESHOLDS.dump_json(dict(thresholds)),
        wait_s=wait_s,
    )


def workers(run_id: str) -> Call[WorkerTable]:
    """`GET /runs/{id}/workers`."""
    return _get(f"/runs/{run_id}/workers", WorkerTable)


def log(run_id: str, *, after: int | None, before: int | None, limit: int | None) -> Call[LogPage]:
    """`GET /runs/{id}/log`."""
    numbers = {"after": after, "before": before, "limit": limit}
    return _get(
        f"/runs/{run_id}/log",
        LogPage,
        {name: None if number is None else str(number) for name, number in numbers.items()},
    )


def commands(run_id: str, *, cursor: str | None) -> Call[CommandPage]:
    """`GET /runs/{id}/commands`."""
    return _get(f"/runs/{run_id}/commands", CommandPage, {"cursor": cursor})


def events(run_id: str, *, after: int, limit: int, types: Sequence[EventType]) -> Call[EventPage]:
    """`GET /runs/{id}/events`."""
    return _get(
        f"/runs/{run_id}/events", EventPage, {"after": after, "limit": limit, "types": types}
    )


def series(
    run_id: str,
    metrics: Sequence[str],
    *,
    axis: SeriesAxis,
    points: int,
    from_x: float | None,
    to_x: float | None,
    smoothing: float,
) -> Call[Series]:
    """`GET /runs/{id}/series`."""
    parameters: Parameters = {
        "metric": metrics,
        "x": axis.value,
        "points": points,
        "from": from_x,
        "to": to_x,
        "smoothing": smoothing,
    }
    return _get(f"/runs/{run_id}/series", Series, parameters)


def histograms(
    run_id: str,
    names: Sequence[str],
    *,
    axis: SeriesAxis,
    points: int,
    from_x: float | None,
    to_x: float | None,
) -> Call[HistogramSet]:
    """`GET /runs/{id}/histograms`."""
    parameters: Parameters = {
        "histogram": names,
        "x": axis.value,
        "points": points,
        "from": from_x,
        "to": to_x,
    }
    return _get(f"/runs/{run_id}/histograms", HistogramSet, parameters)


def export(run_id: str, name: ExportName, file_format: ExportFormat) -> Call[None]:
    """`GET /runs/{id}/{name}.{format}`; the body is to be streamed."""
    return Call("GET", f"{API}/runs/{run_id}/{name}.{file_format}", lambda _response: None)


def checkpoints(run_id: str) -> Call[CheckpointList]:
    """`GET /runs/{id}/checkpoints`."""
    return _get(f"/runs/{run_id}/checkpoints", CheckpointList)


def save_checkpoint(run_id: str, *, pinned: bool, wait_s: float) -> Call[Command]:
    """`POST /runs/{id}/checkpoints`."""
    return _ask("POST", f"/runs/{run_id}/checkpoints", {"pinned": pinned}, wait_s=wait_s)


def pin_checkpoint(
    run_id: str, checkpoint_id: str, *, pinned: bool, wait_s: float
) -> Call[Command]:
    """`PATCH /runs/{id}/checkpoints/{checkpoint_id}`."""
    path = f"/runs/{run_id}/checkpoints/{checkpoint_id}"
    return _ask("PATCH", path, {"pinned": pinned}, wait_s=wait_s)


def rewind(run_id: str, checkpoint_id: str, *, wait_s: float) -> Call[Command]:
    """`POST /runs/{id}/rewind`."""
    return _ask("POST", f"/runs/{run_id}/rewind", {"checkpoint_id": checkpoint_id}, wait_s=wait_s)


def download_checkpoint(run_id: str, checkpoint_id: str) -> Call[None]:
    """`GET /runs/{id}/checkpoints/{checkpoint_id}/download`; the body is to be streamed."""
    path = f"{API}/runs/{run_id}/checkpoints/{checkpoint_id}/download"
    return Call("GET", path, lambda _response: None)


def checkpoint_settings(run_id: str, checkpoint_id: str) -> Call[CheckpointSettings]:
    """`GET /runs/{id}/checkpoints/{checkpoint_id}/settings`."""
    return _get(f"/runs/{run_id}/checkpoints/{checkpoint_id}/settings", CheckpointSettings)


def download_policy(run_id: str, checkpoint_id: str) -> Call[None]:
    """`GET /runs/{id}/checkpoints/{checkpoint_id}/policy.onnx`; the body is to be streamed."""
    path = f"{API}/runs/{run_id}/checkpoints/{checkpoint_id}/policy.onnx"
    return Call("GET", path, lambda _response: None)


def evaluate(run_id: str, request: EvaluationRequest) -> Call[EvaluationReport]:
    """`POST /runs/{id}/evaluate`."""
    return _play(f"/runs/{run_id}/evaluate", request, EvaluationReport)


def play_episode(run_id: str, request: EpisodeRequest) -> Call[EpisodeReport]:
    """`POST /runs/{id}/episodes`."""
    return _play(f"/runs/{run_id}/episodes", request, EpisodeReport)


def record_episode(run_id: str, request: RecordingRequest) -> Call[Recording]:
    """`POST /runs/{id}/recordings`."""
    return _play(f"/runs/{run_id}/recordings", request, Recording)


def recordings(run_id: str) -> Call[RecordingList]:
    """`GET /runs/{id}/recordings`."""
    return _get(f"/runs/{run_id}/recordings", RecordingList)


def download_recording(run_id: str, recording_id: str) -> Call[None]:
    """`GET /runs/{id}/recordings/{recording_id}/download`; the body is to be streamed."""
    path = f"{API}/runs/{run_id}/recordings/{recording_id}/download"
    return Call("GET", path, lambda _response: None)


def delete_recording(run_id: str, recording_id: str) -> Call[None]:
    """`DELETE /runs/{id}/recordings/{recording_id}`."""
    path = f"{API}/runs/{run_id}/recordings/{recording_id}"
    return Call("DELETE", path, lambda _response: None)


def ledger(run_id: str) -> Call[LedgerFile]:
    """`GET /runs/{id}/ledger.json`."""
    return _get(f"/runs/{run_id}/ledger.json", LedgerFile)


def _new_run(
    path: str,
    kind: type[RunRequest | ForkRequest],
    request: RunRequest | ForkRequest | Mapping[str, JsonValue],
    *,
    idempotency_key: str | None,
    wait_s: float,
) -> Call[Run]:
    if not isinstance(request, RunRequest | ForkRequest):
        try:
            request = kind.model_validate(request)
        except ValidationError as error:
            raise InvalidInputError(
                "the run request is not valid", fields=field_errors(error)
            ) from error
    return Call(
        "POST",
        f"{API}{path}",
        _reader(Run),
        body=request.model_dump_json(exclude_unset=True, by_alias=True).encode(),
        headers={} if idempotency_key is None else {"Idempotency-Key": idempotency_key},
        wait_s=wait_s,
    )


def _ask(method: str, path: str, body: Mapping[str, JsonValue], *, wait_s: float) -> Call[Command]:
    return Call(
        method, f"{API}{path}", _reader(Command), body=json.dumps(body).encode(), wait_s=wait_s
    )


def _play(path: str, request: PlayRequest, kind: type[Model]) -> Call[Model]:
    body = request.model_dump_json(exclude_unset=True).encode()
    return Call("POST", f"{API}{path}", _reader(kind), body=body, patience_s=EPISODES_PATIENCE_S)


def _get(path: str, kind: type[Model], parameters: Parameters | None = None) -> Call[Model]:
    return Call("GET", f"{API}{path}", _reader(kind), parameters=parameters or {})


def _reader(kind: type[Model]) -> Callable[[httpx.Response], Model]:
    return lambda response: read(kind, response)
