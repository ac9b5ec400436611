"""Nothing that a server does for a run blocks its event loop: all others would wait meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from fakes.loop_watch import blocking_calls
from fakes.whole_server import PATIENCE_S, TOKEN, WholeServer, whole_server
from integration.live_server import LONG_RUN

pytestmark = pytest.mark.anyio

MAY_BLOCK = {
    "os.stat in ": "whether something is there; disks that are not local are refused at the start",
    "os.statvfs in runs/health.py": "how much room a local disk has",
    "io.BufferedReader.read in processes/run_process.py": "/proc is memory",
    "io.TextIOWrapper.read in cores.py": "/proc and /sys are memory",
}
"""Beginnings of what takes microseconds, and why."""
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def follow(whole: WholeServer, run_id: str, *, events: int) -> None:
    """Read a run's live events on a socket, so many messages."""
    address = f"{whole.url.replace('http', 'ws')}/api/v1/stream?run={run_id}"
    async with connect(address, additional_headers=BEARER) as socket:
        for _ in range(events):
            await asyncio.wait_for(socket.recv(), PATIENCE_S)


async def read_everything(client: httpx.AsyncClient, run_id: str) -> None:
    """Every list, chart, export and figure that can be read of a run, and of the server."""
    run = f"/api/v1/runs/{run_id}"
    for path in (
        "/livez", "/readyz", "/metrics", "/api/v1/system", "/api/v1/system/storage",
        "/api/v1/environments", "/api/v1/presets", "/api/v1/runs", "/api/v1/me", run,
        f"{run}/hyperparameters", f"{run}/commands", f"{run}/events", f"{run}/workers",
        f"{run}/series?metric=episode_return", f"{run}/histograms?histogram=episode_return",
        f"{run}/episodes.csv", f"{run}/metrics.jsonl", f"{run}/histograms.csv",
        f"{run}/ledger.json", f"{run}/log", f"{run}/log.txt", f"{run}/checkpoints",
        f"{run}/recordings",
    ):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code == 200, path


async def live(whole: WholeServer) -> None:
    """The life of a run: made, watched, steered, saved, read, forked, stopped, deleted."""
    client = whole.client
    made = await client.post("/api/v1/runs", json={**LONG_RUN, "name": "x"})
    run_id = made.raise_for_status().json()["id"]
    run = f"/api/v1/runs/{run_id}"
    await whole.until(run_id, "running")

    async def ask(method: str, path: str, **body: object) -> dict[str, object]:
        answer = await client.request(method, f"{run}{path}", params={"wait": 20}, json=body)
        document: dict[str, object] = answer.raise_for_status().json()
        return document

    watching = asyncio.create_task(follow(whole, run_id, events=10))
    await ask("PATCH", "/hyperparameters", learning_rate=0.002)
    await ask("PATCH", "/alerts", slow=None)
    await ask("POST", "/pause")
    await ask("POST", "/step", updates=2)
    await ask("POST", "/resume")
    saved = await ask("POST", "/checkpoints", pinned=True)
    await watching
    patched = await client.patch(run, json={"notes": "n"}, headers={"If-Match": '"1"'})
    assert patched.status_code == 200
    await read_everything(client, run_id)
    for path in (
        f"{run}/checkpoints/{saved['checkpoint_id']}/{x}" for x in ("settings", "download")
    ):
        assert (await client.get(path)).status_code == 200
    fork = (await client.post(f"{run}/fork", json={"budget": {"env_steps": None}})).json()["id"]
    await whole.until(fork, "running")
    await client.post(f"/api/v1/runs/{fork}/abort", params={"wait": 20})
    await ask("POST", "/stop")
    for ended in (fork, run_id):
        await whole.until(ended, "stopped", "aborted", "finished")
        assert (await client.delete(f"/api/v1/runs/{ended}")).status_code == 204


@pytest.mark.timeout(300)
async def test_nothing_blocks_the_loop(
    data_dir: Path, runtime_dir: Path, environment_cache: Path
) -> None:
    """While a run is made, watched, steered, read, exported, forked and deleted, the server makes
    no call on its event loop that waits for a disk, a lock or a process.
    """
    with blocking_calls() as found:
        async with whole_server(
            data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache
        ) as whole:
            found.clear()
            await live(whole)
            seen = dict(found)

    blocking = {call: n for call, n in seen.items() if not call.startswith(tuple(MAY_BLOCK))}
    assert blocking == {}
