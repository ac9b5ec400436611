"""Time until CartPole-v1 is solved: `matinee train` against Stable-Baselines3's A2C, in turn.

Solved: mean return of the last 100 finished training episodes >= 475. Each run is a fresh process;
ours and theirs alternate, so that a slow minute of the machine hits both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT_S = 300


@dataclass(frozen=True)
class Solved:
    """One run: seconds from the first env step, from the start of the process, and env steps."""

    solved: bool
    first_s: float
    wall_s: float
    env_steps: int


def run_ours(seed: int, data_dir: Path) -> Solved:
    """`matinee train --preset cartpole-a3c`, and its own record of when it was solved."""
    began_s = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "matinee.cli.main",
            "train",
            "--preset",
            "cartpole-a3c",
            "--seed",
            str(seed),
            "--quiet",
            "--data-dir",
            str(data_dir),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
    )
    wall_s = time.perf_counter() - began_s
    listing = subprocess.run(
        [
            sys.executable,
            "-m",
            "matinee.cli.main",
            "runs",
            "list",
            "--json",
            "--limit",
            "1",
            "--data-dir",
            str(data_dir),
        ],
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
    )
    solved_at = json.loads(listing.stdout)["progress"]["solved_at"]
    if solved_at is None:
        return Solved(False, float("inf"), wall_s, 0)
    return Solved(True, solved_at["seconds"], wall_s, solved_at["env_steps"])


def run_peer(seed: int) -> Solved:
    """Stable-Baselines3's A2C in a process of its own."""
    began_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(HERE / "peers" / "sb3_a2c_cartpole.py"), str(seed)],
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    wall_s = time.perf_counter() - began_s
    answer = json.loads(done.stdout.splitlines()[-1])
    if not answer["solved"]:
        return Solved(False, float("inf"), wall_s, answer.get("env_steps", 0))
    return Solved(True, answer["seconds"], wall_s, answer["env_steps"])


def table(name: str, results: list[Solved]) -> str:
    """One Markdown row: medians, with the range."""
    first = [result.first_s for result in results]
    wall = [result.wall_s for result in results]
    steps = [result.env_steps / 1000 for result in results if result.solved]
    return (
        f"| {name} | {sum(r.solved for r in results)} of {len(results)} "
        f"| {statistics.median(first):.2f} ({min(first):.2f}–{max(first):.2f}) "
        f"| {statistics.median(wall):.2f} ({min(wall):.2f}–{max(wall):.2f}) "
        f"| {statistics.median(steps):.0f} k |"
    )


def main() -> None:
    """Run both in turn and print a Markdown table with the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from --first-seed")
    parser.add_argument("--first-seed", type=int, default=101, help="not used for tuning")
    arguments = parser.parse_args()
    ours: list[Solved] = []
    peer: list[Solved] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            ours.append(run_ours(seed, Path(folder)))
            peer.append(run_peer(seed))
            print(
                f"seed {seed}: ours {ours[-1].first_s:.2f} s, A2C {peer[-1].first_s:.2f} s",
                file=sys.stderr,
            )
    ratio_first = statistics.median(p.first_s / o.first_s for o, p in zip(ours, peer, strict=True))
    ratio_wall = statistics.median(p.wall_s / o.wall_s for o, p in zip(ours, peer, strict=True))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| | solved | seconds from the first step | seconds from process start | env steps |")
    print("|---|---|---|---|---|")
    print(table("Matinee `cartpole-a3c`", ours))
    print(table("Stable-Baselines3 A2C, zoo settings", peer))
    print(
        f"\nMedian ratio, seed by seed: {ratio_first:.1f} from the first step, "
        f"{ratio_wall:.1f} from process start."
    )


if __name__ == "__main__":
    main()
