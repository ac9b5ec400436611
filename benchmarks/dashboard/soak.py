"""Whether a page that is open for long stays light, fluent and true.

    PYTHONPATH=tests python -m benchmarks.dashboard.soak [--minutes 30]

Four runs train; one page shows the first of them with its fullest set of charts, another compares
all four. Every half minute: heap after a collection, and frames a second. At the end the runs are
paused and each run's chart, saved as SVG, is compared with the exact export of all its episodes,
both as the page has it after the whole time and as it is opened anew.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import CDPSession, Page, expect

from benchmarks.dashboard.browser import chromium, heap_bytes, page_of
from benchmarks.dashboard.drawn import differences, read_chart
from benchmarks.dashboard.measures import CHARTS, LESSON, RUNS, TALL_PX
from benchmarks.growth import settled, slope_per_hour
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table
from benchmarks.served import Server, serving

SMOOTHING = 0.6
LOOK_EVERY_S = 30.0
FRAMES_FOR_S = 10.0
BEYOND_S = 600.0
"""Runs last longer than the measurement."""
SETTLING_S = 2.0
MOST_DIFFERENCES_SHOWN = 5


@dataclass(frozen=True)
class Look:
    """One page at one moment.

    Attributes:
        seconds: Since the beginning.
        heap_mb: After a collection.
        frames_per_s: Over ten seconds before it.
    """

    seconds: float
    heap_mb: float
    frames_per_s: float


def look(page: Page, session: CDPSession, since_s: float) -> Look:
    """Count frames, then collect."""
    page.evaluate("() => { for (const each of Object.values(window.__seen)) each.length = 0; }")
    time.sleep(FRAMES_FOR_S)
    frames = page.evaluate("() => window.__seen.frames")
    rate = 1e3 * (len(frames) - 1) / (frames[-1] - frames[0])
    return Look(time.monotonic() - since_s, heap_bytes(session) / 1e6, rate)


def untruths(page: Page, server: Server, run_id: str) -> list[str]:
    """Compare the big chart with all episodes that were recorded."""
    page.get_by_role("button", name="Export this chart", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile("SVG")).click()
    chart = read_chart(Path(download.value.path()).read_bytes())
    answer = server.client.get(f"/runs/{run_id}/episodes.csv").raise_for_status()
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    return differences(
        chart,
        np.array([row["env_step"] for row in rows], float),
        np.array([row["return"] for row in rows], float),
        smoothing=SMOOTHING,
    )


def start_runs(server: Server, seconds: float) -> list[str]:
    """Four that last at least so long."""
    budget = {"seconds": seconds + BEYOND_S}
    runs = []
    for seed in range(1, RUNS + 1):
        document = {**LESSON, "seed": seed, "budget": budget}
        answer = server.client.post("/runs", json=document, params={"wait": 20})
        runs.append(str(answer.raise_for_status().json()["id"]))
    return runs


def watch(pages: Mapping[str, Page], seconds: float) -> dict[str, list[Look]]:
    """Look at each page again and again."""
    sessions = {name: page.context.new_cdp_session(page) for name, page in pages.items()}
    looks: dict[str, list[Look]] = {name: [] for name in pages}
    began_s = time.monotonic()
    while time.monotonic() - began_s < seconds:
        for name, page in pages.items():
            seen = look(page, sessions[name], began_s)
            looks[name].append(seen)
            print(f"· {name}: {seen}", file=sys.stderr, flush=True)
        time.sleep(max(0.0, LOOK_EVERY_S - len(pages) * FRAMES_FOR_S))
    return looks


def find_untruths(page: Page, server: Server, runs: Sequence[str]) -> dict[str, list[str]]:
    """Of the page as it is, then of each run opened anew; the runs are paused first."""
    for run_id in runs:
        server.client.post(f"/runs/{run_id}/pause", params={"wait": 20}).raise_for_status()
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()
    time.sleep(SETTLING_S)
    untrue = {"open for the whole time": untruths(page, server, runs[0])}
    for number, run_id in enumerate(runs, start=1):
        page.goto(f"{server.address}/runs/{run_id}")
        page.get_by_role("img", name=re.compile(r"^episode return: .*points")).wait_for()
        untrue[f"run {number}, opened anew"] = untruths(page, server, run_id)
    return untrue


def report(looks: Mapping[str, Sequence[Look]]) -> str:
    """A row for each page."""
    rows = []
    for name, seen in looks.items():
        steady = settled(seen)
        heaps = [each.heap_mb for each in steady]
        slope = slope_per_hour([each.seconds for each in steady], heaps)
        rates = [each.frames_per_s for each in seen]
        rows.append(
            f"| {name} | {heaps[0]:.1f} | {heaps[-1]:.1f} | {slope:+.2f} | "
            f"{min(rates):.1f} | {np.median(rates):.1f} |"
        )
    head = "| page | heap settled, MB | heap at last, MB | slope, MB/h | frames/s, least | median |"
    return table(head, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch, and print what was seen; 1 if a chart was not true."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args(arguments)
    load = f"load per core {load_per_core():.1f}"
    print(f"{describe_machine()}; {describe_versions()}; {load}\n", flush=True)
    seconds = options.minutes * 60.0
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(Path(folder)) as server,
        page_of(browser, server, height=TALL_PX) as page,
        page_of(browser, server) as comparison,
    ):
        runs = start_runs(server, seconds)
        page.goto(f"{server.address}/runs/{runs[0]}?charts={CHARTS}")
        comparison.goto(f"{server.address}/compare?runs={','.join(runs)}")
        looks = watch({"run": page, "comparison": comparison}, seconds)
        print(report(looks), flush=True)
        untrue = find_untruths(page, server, runs)
    for name, found in untrue.items():
        print(f"{name}: {len(found)} differences", *found[:MOST_DIFFERENCES_SHOWN], sep="\n  ")
    return 1 if any(untrue.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
