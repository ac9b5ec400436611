"""What a bad network does to clients: is anything lost, and how soon are they back?

    python -m benchmarks.reconnects [--connections 1000] [--followers 20] [--outage 5] [--seed 1]

Followers of the Python client sit behind a proxy that delays, slices, closes and resets. Then the
network goes away for some seconds, and at last every connection goes silent without an end. Ends
with 1 if any follower has lost or repeated an event.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fresh_process import ROOT
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.served import Server, serving
from matinee.client import AsyncMatineeClient

# The bad network is that of the tests.
sys.path.insert(0, str(ROOT / "tests"))

from fakes.flaky_proxy import FlakyProxy, flaky
from integration.live_server import LONG_RUN

POLL_S = 0.01
QUIET_S = 3.0
"""Events come ten times a second: who got none since then is not connected."""
SILENT_PATIENCE_S = 90.0


class Followed:
    """One follower and when its newest event came."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.newest_s = 0.0

    async def follow(self, client: AsyncMatineeClient, run_id: str) -> None:
        """Take everything until the run ends."""
        async for event in client.follow(run_id):
            self.seqs.append(event.seq)
            self.newest_s = time.monotonic()


async def back_after_s(
    all_followed: Sequence[Followed], since_s: float, *, patience_s: float
) -> list[float]:
    """Seconds until each had its next event; those that never had one count with the patience."""
    back: dict[int, float] = {}
    while len(back) < len(all_followed) and time.monotonic() - since_s < patience_s:
        await asyncio.sleep(POLL_S)
        for number, each in enumerate(all_followed):
            if each.newest_s > since_s:
                back.setdefault(number, each.newest_s - since_s)
    return [back.get(number, patience_s) for number in range(len(all_followed))]


async def suffer(
    proxy: FlakyProxy, server: Server, run_id: str, arguments: argparse.Namespace
) -> tuple[list[Followed], list[float], list[float]]:
    """Everything in turn; the followers, and how soon they were back after outage and silence."""
    token = server.headers["Authorization"].removeprefix("Bearer ")
    all_followed = [Followed() for _ in range(arguments.followers)]
    async with (
        AsyncMatineeClient(f"http://127.0.0.1:{proxy.port}", token=token) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for each in all_followed:
            tasks.create_task(each.follow(client, run_id))
        while proxy.connections < arguments.connections:  # noqa: ASYNC110 - a counter
            await asyncio.sleep(POLL_S)
        proxy.troubles = ()
        await asyncio.sleep(QUIET_S)
        proxy.cut()
        await asyncio.sleep(arguments.outage)
        proxy.is_down = False
        after_outage = await back_after_s(
            all_followed, time.monotonic(), patience_s=SILENT_PATIENCE_S
        )
        proxy.freeze()
        after_silence = await back_after_s(
            all_followed, time.monotonic() + POLL_S, patience_s=SILENT_PATIENCE_S
        )
        await asyncio.to_thread(
            lambda: server.client.post(f"/runs/{run_id}/stop", params={"wait": 30})
        )
    return all_followed, after_outage, after_silence


def times(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and the longest."""
    p50, p95 = np.percentile(seconds, (50, 95))
    return f"median {p50:.2f} s, p95 {p95:.2f} s, most {max(seconds):.2f} s"


async def measured(arguments: argparse.Namespace) -> int:
    """Measure and print; the exit code."""
    proxy = FlakyProxy(random.Random(arguments.seed))  # noqa: S311 - troubles are no secrets
    async with flaky(proxy):
        name = f"127.0.0.1:{proxy.port}"
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Path(folder), {"MATINEE_ALLOWED_HOSTS": name}) as server,
        ):
            proxy.server = ("127.0.0.1", int(server.address.rpartition(":")[2]))
            document: dict[str, Any] = {
                **LONG_RUN,
                "budget": {"env_steps": None, "seconds": 3600},
            }
            created = await asyncio.to_thread(
                lambda: server.client.post("/runs", json=document, params={"wait": 30})
            )
            run_id = created.raise_for_status().json()["id"]
            began_s = time.monotonic()
            found, after_outage, after_silence = await suffer(proxy, server, run_id, arguments)
            run = await asyncio.to_thread(lambda: server.client.get(f"/runs/{run_id}").json())
            truth = list(range(1, run["last_seq"] + 1))
    wrong = [each for each in found if each.seqs != truth]
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    print(
        f"{proxy.connections:,} connections of {len(found)} followers in "
        f"{time.monotonic() - began_s:.0f} s; {len(truth):,} events each; "
        f"{len(wrong)} followers with anything lost or repeated."
    )
    print(f"Back after an outage of {arguments.outage:g} s: {times(after_outage)}.")
    print(f"Back after a silence that nobody announced: {times(after_silence)}.")
    return 1 if wrong else 0


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--followers", type=int, default=20)
    parser.add_argument("--outage", type=float, default=5.0, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    return asyncio.run(measured(parser.parse_args(words)))


if __name__ == "__main__":
    sys.exit(main())
