"""What recording costs, and what being served to a watching client costs: throughput, in turn.

`alone` trains without a record. `recorded` is `matinee train`. `served` is a run of a server, with
a client on its stream that takes everything. All train the same spec for the same seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks.fresh_process import ProgramFailedError, run_fresh
from benchmarks.jobs import Job
from benchmarks.ours import EXTRA_TIMEOUT_S, run_recorded, train_document
from benchmarks.records import Record, RecordFile, WatchingCost
from benchmarks.served import serving
from matinee.contracts.presets import Preset
from matinee.contracts.run_state import ENDED_STATES, RunState

SECTION = "watching"
MODES: tuple[Literal["alone", "recorded", "served"], ...] = ("alone", "recorded", "served")
_POLL_S = 0.5
_START_UP_S = 8.0


def watching_jobs(
    preset: Preset, *, rounds: int, seconds: float, data_dir: Path, file: RecordFile
) -> list[Job]:
    """The three in turn, in every round beginning with another one."""
    done = {(each.mode, each.round) for each in file.records if isinstance(each, WatchingCost)}
    measures = {"alone": _alone, "recorded": _recorded, "served": _served}
    jobs = []
    for number in range(1, rounds + 1):
        turn = (number - 1) % len(MODES)
        jobs += [
            Job(
                section=SECTION,
                what=mode,
                label=f"cost of watching, round {number}: {mode}",
                expected_s=seconds + _START_UP_S,
                measure=partial(
                    _measure,
                    measures[mode],
                    mode,
                    number,
                    _document(preset, number, seconds),
                    data_dir,
                ),
            )
            for mode in (*MODES[turn:], *MODES[:turn])
            if (mode, number) not in done
        ]
    return jobs


def _measure(
    speed: Any,
    mode: Literal["alone", "recorded", "served"],
    number: int,
    document: dict[str, Any],
    data_dir: Path,
) -> Sequence[Record]:
    return [WatchingCost(mode, number, speed(document, data_dir))]


def _document(preset: Preset, seed: int, seconds: float) -> dict[str, Any]:
    return train_document(
        preset,
        {
            "seed": seed,
            "budget": {"env_steps": None, "target_return": None, "seconds": seconds},
            "evaluation": {"episodes": 0},
        },
    )


def _timeout_s(document: dict[str, Any]) -> float:
    return float(document["budget"]["seconds"]) + EXTRA_TIMEOUT_S


def _alone(document: dict[str, Any], data_dir: Path) -> float:
    del data_dir  # It leaves nothing behind.
    finished = run_fresh(
        [sys.executable, "-m", "benchmarks.training_alone"],
        stdin_text=json.dumps(document),
        timeout_s=_timeout_s(document),
    )
    answer = json.loads(finished.stdout.splitlines()[-1])
    return float(answer["env_steps"] / answer["seconds"])


def _recorded(document: dict[str, Any], data_dir: Path) -> float:
    progress = run_recorded(document, data_dir=data_dir, timeout_s=_timeout_s(document)).progress
    return progress.env_steps / progress.seconds


def _served(document: dict[str, Any], data_dir: Path) -> float:
    until = time.monotonic() + _timeout_s(document)
    with serving(data_dir) as server:
        answer = server.client.post("/runs", json=document)
        if answer.is_error:
            raise ProgramFailedError(f"the server refused the run: {answer.text}")
        run_id = answer.json()["id"]
        with connect(
            server.stream_address(run_id), additional_headers=server.headers, max_size=None
        ) as socket:
            taking = threading.Thread(target=_take_everything, args=(socket,), daemon=True)
            taking.start()
            while time.monotonic() < until:
                run = server.client.get(f"/runs/{run_id}").raise_for_status().json()
                if RunState(run["state"]) in ENDED_STATES:
                    break
                time.sleep(_POLL_S)
    if run["state"] != RunState.FINISHED:
        raise ProgramFailedError(f"the run ended as {run['state']}: {run['reason']}")
    return float(run["progress"]["env_steps"] / run["progress"]["seconds"])


def _take_everything(socket: ClientConnection) -> None:
    try:
        for message in socket:
            json.loads(message)
    except ConnectionClosed:
        return
