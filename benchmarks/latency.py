"""How fast the server answers and steers while runs train on all cores.

Trains as many runs as there are cores without any speed limit, and measures from a client:
`GET /api/v1/runs`, `PATCH …/hyperparameters?wait=5`, `pause`, and on the idle machine the time from
the request that starts a run to the first episode on the stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import httpx
from websockets.sync.client import connect

from benchmarks.fresh_process import ProgramFailedError
from benchmarks.jobs import Job
from benchmarks.ours import train_document
from benchmarks.records import Latency, Record, RecordFile
from benchmarks.served import Server, serving
from matinee.contracts.presets import Preset
from matinee.cores import usable_cores

SECTION = "latency"
RUN_SECONDS = 600.0
"""Longer than all questions take."""

_BETWEEN_STARTS_S = 4.0
"""A person looks before the next click; the spare process gets warm meanwhile."""
_SETTLING_S = 3.0
_FIRST_EPISODE_TIMEOUT_S = 30.0


def latency_jobs(preset: Preset, *, questions: int, data_dir: Path, file: RecordFile) -> list[Job]:
    """One job: it needs the server and its runs for all questions together.

    Args:
        preset: What trains meanwhile.
        questions: How often the quickest is asked; the others in proportion.
        data_dir: Of the server.
        file: With what has been measured already.
    """
    if any(isinstance(each, Latency) for each in file.records):
        return []
    return [
        Job(
            section=SECTION,
            what="latency under load",
            label="answers of the server while runs train on all cores",
            expected_s=30.0 + questions * 0.3,
            measure=partial(_measure, preset, questions, data_dir),
        )
    ]


def _measure(preset: Preset, questions: int, data_dir: Path) -> Sequence[Record]:
    changes = max(2, questions // 5)
    starts = max(1, questions // 50)
    document = train_document(
        preset, {"budget": {"env_steps": None, "target_return": None, "seconds": RUN_SECONDS}}
    )
    with serving(data_dir) as server:
        client = server.client
        client.get("/environments").raise_for_status()
        first_ms = [_first_episode_ms(server, document) for _ in range(starts)]
        runs = [
            client.post("/runs", json=document, params={"wait": 20}).raise_for_status().json()["id"]
            for _ in range(usable_cores())
        ]
        time.sleep(_SETTLING_S)
        listed_ms = [_timed_ms(lambda: client.get("/runs")) for _ in range(questions)]
        changed_ms = [_timed_ms(partial(_change, client, runs[0], i)) for i in range(changes)]
        paused_ms: list[float] = []
        for _ in range(changes // 2):
            paused_ms.append(
                _timed_ms(lambda: client.post(f"/runs/{runs[0]}/pause", params={"wait": 5}))
            )
            client.post(f"/runs/{runs[0]}/resume", params={"wait": 5}).raise_for_status()
        for run_id in runs:
            _abort(client, run_id)
    return [
        Latency("start of a run → its first episode on the socket, idle machine", first_ms),
        Latency("GET /runs", listed_ms),
        Latency("PATCH hyperparameters?wait → applied", changed_ms),
        Latency("POST pause?wait → applied", paused_ms),
    ]


def _change(client: httpx.Client, run_id: str, number: int) -> httpx.Response:
    return client.patch(
        f"/runs/{run_id}/hyperparameters",
        params={"wait": 5},
        json={"learning_rate": 0.01 if number % 2 else 0.005},
    )


def _timed_ms(call: Callable[[], httpx.Response]) -> float:
    """Milliseconds that a call takes; its answer must be a success."""
    began_s = time.perf_counter()
    answer = call()
    elapsed_ms = (time.perf_counter() - began_s) * 1000
    if answer.is_error or answer.json().get("state") not in (None, "applied"):
        raise ProgramFailedError(f"{answer.request.method} {answer.request.url}: {answer.text}")
    return elapsed_ms


def _first_episode_ms(server: Server, document: dict[str, object]) -> float:
    time.sleep(_BETWEEN_STARTS_S)
    began_s = time.perf_counter()
    run_id = server.client.post("/runs", json=document).raise_for_status().json()["id"]
    with connect(server.stream_address(run_id), additional_headers=server.headers) as socket:
        while '"episodes_finished"' not in str(
            socket.recv(timeout=_FIRST_EPISODE_TIMEOUT_S, decode=True)
        ):
            pass
    elapsed_ms = (time.perf_counter() - began_s) * 1000
    _abort(server.client, run_id)
    return elapsed_ms


def _abort(client: httpx.Client, run_id: str) -> None:
    client.post(f"/runs/{run_id}/abort", params={"wait": 5}).raise_for_status()
