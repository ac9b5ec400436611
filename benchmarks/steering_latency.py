"""How fast the server answers and steers while runs train on all cores.

Starts a server of its own, trains as many runs as there are cores without any speed limit, and
measures from a client: `GET /api/v1/runs`, `PATCH …/hyperparameters?wait=5`, `pause`, and the time
from the click on start to the first episode on the stream.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from websockets.sync.client import connect

SPEC: dict[str, Any] = {
    "preset": "cartpole-a3c",
    "budget": {"env_steps": None, "seconds": 600, "target_return": None},
}


@contextmanager
def server() -> Iterator[tuple[str, str]]:
    """A server on a free port; yields its address and token."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "matinee.cli.main",
                "serve",
                "--port",
                "0",
                "--data-dir",
                folder,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if match := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield match[0], (Path(folder) / "token").read_text().strip()
                    break
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def percentiles(name: str, samples_ms: list[float]) -> str:
    """One Markdown row."""
    p50, p95, p99 = np.percentile(samples_ms, [50, 95, 99])
    return f"| {name} | {len(samples_ms)} | {p50:.1f} | {p95:.1f} | {p99:.1f} |"


def timed_ms(call: Any) -> float:
    """Milliseconds that a call takes; its answer must be a success."""
    began_s = time.perf_counter()
    answer = call()
    elapsed_ms = (time.perf_counter() - began_s) * 1000
    answer.raise_for_status()
    state = answer.json().get("state")
    assert state in (None, "applied"), answer.text
    return elapsed_ms


def first_episode_ms(client: httpx.Client, base: str, token: str) -> float:
    """From the start request to the first finished episode on the socket."""
    began_s = time.perf_counter()
    run = client.post("/runs", json={"preset": "cartpole-lesson"}).raise_for_status().json()
    with connect(
        f"{base.replace('http', 'ws')}/api/v1/stream?run={run['id']}&after=0",
        additional_headers={"Authorization": f"Bearer {token}"},
    ) as socket:
        while '"episodes_finished"' not in str(socket.recv(timeout=30, decode=True)):
            pass
    elapsed_ms = (time.perf_counter() - began_s) * 1000
    client.post(f"/runs/{run['id']}/abort", params={"wait": 5}).raise_for_status()
    return elapsed_ms


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--starts", type=int, default=10)
    arguments = parser.parse_args()
    with server() as (base, token):
        client = httpx.Client(
            base_url=f"{base}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=40
        )
        client.get("/environments").raise_for_status()
        starts: list[float] = []
        for _ in range(arguments.starts):
            # A person looks before the next click; the spare process gets warm meanwhile.
            time.sleep(4)
            starts.append(first_episode_ms(client, base, token))
        runs = [
            client.post("/runs", json=SPEC, params={"wait": 20}).raise_for_status().json()["id"]
            for _ in range(os.cpu_count() or 1)
        ]
        time.sleep(3)
        lists = [timed_ms(lambda: client.get("/runs")) for _ in range(arguments.requests)]
        changes = [
            timed_ms(
                lambda i=i: client.patch(
                    f"/runs/{runs[0]}/hyperparameters",
                    params={"wait": 5},
                    json={"learning_rate": 0.01 if i % 2 else 0.005},
                )
            )
            for i in range(arguments.changes)
        ]
        pauses: list[float] = []
        for _ in range(arguments.changes // 2):
            pauses.append(
                timed_ms(lambda: client.post(f"/runs/{runs[0]}/pause", params={"wait": 5}))
            )
            client.post(f"/runs/{runs[0]}/resume", params={"wait": 5}).raise_for_status()
        speeds = [client.get(f"/runs/{run}").json()["progress"]["steps_per_second"] for run in runs]
    print(
        f"{os.cpu_count()} cores, {len(runs)} runs training at "
        f"{', '.join(f'{speed:,.0f}' for speed in speeds)} env steps/s\n"
    )
    print("| | samples | p50 ms | p95 ms | p99 ms |")
    print("|---|---|---|---|---|")
    print(percentiles("start → first episode on the socket (idle machine)", starts))
    print(percentiles("GET /runs", lists))
    print(percentiles("PATCH hyperparameters?wait → applied", changes))
    print(percentiles("POST pause?wait → applied", pauses))


if __name__ == "__main__":
    main()
