"""Whether the page holds its numbers, in a real Chromium with a real server.

    PYTHONPATH=tests python -m benchmarks.dashboard [--times 20] [--seconds 30]
        [--episodes 10000000] [--only start painted slider frames long-record first-load]

Measure on an idle machine: browser, server and runs share its cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.dashboard.browser import chromium
from benchmarks.dashboard.measures import (
    Spread,
    applied_ms,
    first_load,
    frames,
    long_record,
    painted_ms,
    start_ms,
)
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table
from benchmarks.served import serving

HEAD = "| what | goal | measured |"


def _written(figures: Spread) -> str:
    return (
        f"p95 {figures.p95:.0f} ms (median {figures.median:.0f}, most {figures.most:.0f}; "
        f"n = {figures.samples:,})"
    )


def _start(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    with serving(data_dir) as server:
        found = start_ms(browser, server, options.times)
    return [f"| click Start → first episode on the chart | ≤ 1,000 ms p95 | {_written(found)} |"]


def _painted(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    with serving(data_dir) as server:
        found = painted_ms(browser, server, options.seconds)
    return [f"| episode ends → painted | ≤ 250 ms p95 | {_written(found)} |"]


def _slider(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    with serving(data_dir) as server:
        found = applied_ms(browser, server, options.times)
    return [f"| slider let go → applied shown | ≤ 500 ms p95 | {_written(found)} |"]


def _frames(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    with serving(data_dir) as server:
        found = frames(browser, server, options.seconds)
    return [
        (
            f"| 4 live runs, {found.charts} charts in the window | ≥ 55 frames/s | "
            f"{found.per_second:.1f} frames/s, 95 of 100 within {found.p95_ms:.1f} ms |"
        ),
        (
            f"| the same | no task > 50 ms | {found.long_tasks} (longest "
            f"{found.longest_task_ms:.0f} ms; of its own computing "
            f"{found.longest_processor_ms:.0f} ms) |"
        ),
    ]


def _long_record(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    found = long_record(browser, data_dir, episodes=options.episodes, times=options.opens)
    return [
        (
            f"| open a run of {options.episodes:,} episodes | chart ≤ 500 ms after the page | "
            f"{_written(found.shown_ms)} |"
        ),
        f"| the same | ≤ 60 MB of heap | {found.heap_mb:.1f} MB at most |",
    ]


def _first_load(browser: Browser, data_dir: Path, options: argparse.Namespace) -> list[str]:
    with serving(data_dir) as server:
        found = first_load(browser, server, options.opens)
    return [
        f"| first load, scripts compressed | ≤ 300 kB | {found.script_kb:.1f} kB |",
        f"| first load, usable | ≤ 1,000 ms | {_written(found.usable_ms)} |",
    ]


MEASURES: dict[str, Callable[[Browser, Path, argparse.Namespace], list[str]]] = {
    "start": _start,
    "painted": _painted,
    "slider": _slider,
    "frames": _frames,
    "long-record": _long_record,
    "first-load": _first_load,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was chosen, each with a server of its own, and print a table, row by row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--times", type=int, default=20, help="Clicks and changes.")
    parser.add_argument("--opens", type=int, default=5, help="Of the long record and of the page.")
    parser.add_argument("--seconds", type=float, default=30.0, help="To watch live runs.")
    parser.add_argument("--episodes", type=int, default=10_000_000, help="Of the long record.")
    options = parser.parse_args(arguments)
    load = f"load per core {load_per_core():.1f}"
    print(f"{describe_machine()}; {describe_versions()}; {load}\n", flush=True)
    print(table(HEAD, []), flush=True)
    with chromium() as browser:
        for name in options.only:
            print(f"· {name}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                print(*MEASURES[name](browser, Path(folder), options), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
