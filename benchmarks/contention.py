"""Whether a replayed POST makes anything twice, and an edit on an old basis overwrites anybody.

    python -m benchmarks.contention [--keys 500] [--edits 200]

Each key is sent 20 times at once, each edit twice. Ends with 1 if anything was doubled or lost.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from benchmarks.fresh_process import ROOT
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.served import Server, serving

# What is asked is what the tests ask.
sys.path.insert(0, str(ROOT / "tests"))

from faults.contention import double_edits, replayed_posts
from integration.live_server import FAST_RUN

PATIENCE_S = 120.0


async def asked(server: Server, *, keys: int, edits: int) -> int:
    """Ask, print what came of it; how much went wrong."""
    async with httpx.AsyncClient(
        base_url=str(server.client.base_url), headers=server.headers, timeout=PATIENCE_S
    ) as client:
        began_s = time.monotonic()
        body = {**FAST_RUN, "start": False}
        replays = await replayed_posts(
            client, "/runs", body, keys=[f"key-{number}" for number in range(keys)]
        )
        doubled = sum(len(runs) != 1 for runs in replays.runs_of_key)
        print(
            f"{replays.statuses.total():,} POSTs with {keys} keys in "
            f"{time.monotonic() - began_s:.0f} s: {dict(replays.statuses)}; "
            f"{doubled} keys with more or fewer than one run."
        )
        run = (await client.post("/runs", json=body)).raise_for_status().json()
        found = await double_edits(client, f"/runs/{run['id']}", times=edits)
        lost = sum(each != ([200, 412], True) for each in found)
        print(f"{edits} double edits: {lost} that did not end with one winner and one 412.")
    return doubled + lost


def main(words: Sequence[str] | None = None) -> int:
    """Ask and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--edits", type=int, default=200)
    arguments = parser.parse_args(words)
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        wrong = asyncio.run(asked(server, keys=arguments.keys, edits=arguments.edits))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
