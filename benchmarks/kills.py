"""Whether kill -9 loses anything: servers and run processes die at random under load.

    python -m benchmarks.kills [--server 50] [--run 50] [--runs 2] [--seed 1]

Runs train at full speed, four threads steer them, a client follows each. After all kills, ledgers,
events and episodes are compared with what anybody was promised. Ends with 1 if a promise is broken.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fresh_process import ROOT
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table

# The harness is that of the tests.
sys.path.insert(0, str(ROOT / "tests"))

from faults.kill_harness import KillHarness, KillReport
from integration.live_server import LONG_RUN, LiveServer

FULL_SPEED = {
    **LONG_RUN,
    "hyperparameters": {**LONG_RUN["hyperparameters"], "target_steps_per_second": 0},
    "budget": {"env_steps": None, "seconds": 24 * 3600},
}


def report(found: KillReport) -> str:
    """A row for each kind of promise, then the times."""
    checks = {
        "commands in the ledger": found.commands,
        "events of the stream": found.events,
        "episodes": found.episodes,
    }
    rows = [
        f"| {name} | {check.acknowledged:,} | {len(check.lost)} | {len(check.duplicated)} "
        f"| {len(check.phantom)} |"
        for name, check in checks.items()
    ]
    lines = [
        table("| | promised | lost | twice | never sent |", rows),
        f"\nAt the followers: {found.repeated} events twice, {found.gaps} gaps.",
        f"A new server was ready after {_times(found.ready_s)}.",
        f"A dead run process was `failed` after {_times(found.seen_s)}.",
        f"{found.restarted} of {found.kills['run']} killed runs went on by `start`.",
    ]
    return "\n".join([*lines, *found.complaints])


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "–"
    ordered = sorted(seconds)
    return f"{ordered[len(ordered) // 2]:.2f} s (median; most {ordered[-1]:.2f} s)"


def main(words: Sequence[str] | None = None) -> int:
    """Kill and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=int, default=50, help="kills of the server")
    parser.add_argument("--run", type=int, default=50, help="kills of a run process")
    parser.add_argument("--runs", type=int, default=2, help="that train at once")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the victims")
    arguments = parser.parse_args(words)
    runtime_dir = Path(tempfile.mkdtemp(prefix="mt-"))
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        harness = KillHarness(
            LiveServer(Path(folder), runtime_dir),
            FULL_SPEED,
            runs=arguments.runs,
            chance=random.Random(arguments.seed),  # noqa: S311 - moments are no secrets
        )
        try:
            harness.open()
            harness.kill(servers=arguments.server, runs=arguments.run)
            found = harness.report()
        finally:
            harness.close()
            shutil.rmtree(runtime_dir, ignore_errors=True)
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    print(
        f"{found.kills['server']} kills of the server, {found.kills['run']} of a run process, "
        f"in {time.monotonic() - began_s:.0f} s:\n"
    )
    print(report(found))
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
