"""The numbers that the page has to hold, each as a person in front of it would take it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.dashboard.browser import Task, heap_bytes, page_of, traced_tasks
from benchmarks.dashboard.latencies import Arrival, Draw, shown_after_s
from benchmarks.record_scale import make_record
from benchmarks.served import Server, serving
from matinee.contracts.identifiers import new_ulid
from matinee.journal.schema import DETAILS
from matinee.runs.folders import RunDetails

LESSON: Mapping[str, Any] = {"preset": "cartpole-lesson"}
"""What the page's own button starts."""
PATIENCE_S = 60.0
RUNS = 4
CHARTS = "update"
"""The set with most of them: 15, the large one among them; the goal speaks of 12."""
LONG_TASK_MS = 50.0
TALL_PX = 1500
"""Room for the big chart and four rows of small ones."""
SETTLING_S = 5.0
BETWEEN_STARTS_S = 4.0
"""A person looks before the next click; the spare process gets warm meanwhile."""
_OBSERVED = "() => window.__seen"
_FORGET = "() => { for (const each of Object.values(window.__seen)) each.length = 0; }"
_NAVIGATED_MS = (
    "() => performance.timeOrigin + performance.getEntriesByType('navigation')[0].loadEventEnd"
)


@dataclass(frozen=True)
class Spread:
    """Of one quantity.

    Attributes:
        samples: How many.
        median: In its unit.
        p95: So many at most for 95 of 100.
        most: The worst.
    """

    samples: int
    median: float
    p95: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(
        len(values), float(np.median(values)), float(np.quantile(values, 0.95)), max(values)
    )


@dataclass(frozen=True)
class Frames:
    """How steadily a page drew.

    Attributes:
        charts: Canvases within the window.
        per_second: Animation frames.
        p95_ms: Between two frames.
        long_tasks: Tasks of the page's main thread over 50 ms, in its trace.
        longest_task_ms: Of all.
        longest_processor_ms: The same, by what it computed.
    """

    charts: int
    per_second: float
    p95_ms: float
    long_tasks: int
    longest_task_ms: float
    longest_processor_ms: float


def start_ms(browser: Browser, server: Server, times: int) -> Spread:
    """From the click on "Start CartPole" of an empty server to the first episode on the screen."""
    measured = []
    for _ in range(times):
        with page_of(browser, server) as page:
            button = page.get_by_role("button", name="Start CartPole")
            button.wait_for()
            time.sleep(BETWEEN_STARTS_S)
            page.evaluate(_FORGET)
            button.click()
            page.wait_for_function(
                "() => { const { arrivals: [a], draws } = window.__seen;"
                " return a !== undefined && draws.some((draw) => draw.drawnAt >= a.at); }"
            )
            seen = page.evaluate(_OBSERVED)
        first = min(each["at"] for each in seen["arrivals"])
        shown = min(each["shownAt"] for each in seen["draws"] if each["drawnAt"] >= first)
        measured.append(shown - seen["clicks"][0])
        _delete_all(server)
    return spread(measured)


def painted_ms(browser: Browser, server: Server, seconds: float) -> Spread:
    """From the end of an episode in its environment to its dot on the screen."""
    (run_id,) = _start(server, 1)
    with page_of(browser, server) as page:
        _open_run(page, server, run_id)
        time.sleep(SETTLING_S)
        page.evaluate(_FORGET)
        time.sleep(seconds)
        seen = page.evaluate(_OBSERVED)
    _delete_all(server)
    arrivals = [
        Arrival(each["at"] / 1e3, each["committedAt"] / 1e3, tuple(each["seconds"]))
        for each in seen["arrivals"]
        if each["committedAt"] is not None
    ]
    draws = [Draw(each["drawnAt"] / 1e3, each["shownAt"] / 1e3) for each in seen["draws"]]
    return spread([1e3 * delay_s for delay_s in shown_after_s(arrivals, draws)])


def applied_ms(browser: Browser, server: Server, times: int) -> Spread:
    """From letting go of a slider to the row that says since which step the value is used."""
    (run_id,) = _start(server, 1)
    measured = []
    with page_of(browser, server) as page:
        _open_run(page, server, run_id)
        row = page.get_by_role("group", name="learning rate", exact=True)
        slider = row.get_by_role("slider")
        slider.wait_for()
        time.sleep(SETTLING_S)
        slider.focus()
        for index in range(times):
            before = row.get_by_text("since step").inner_text()
            page.keyboard.down("ArrowRight" if index % 2 == 0 else "ArrowLeft")
            waiting = row.evaluate_handle(
                """(row, before) => ({ shown: new Promise((done) => {
                  let let_go = null;
                  row.addEventListener("keyup", () => { let_go = performance.now(); }, true);
                  const watch = new MutationObserver(() => {
                    const said = [...row.querySelectorAll("span")]
                      .find((each) => each.textContent.startsWith("used"));
                    if (let_go === null || (said ?? row).textContent === before) return;
                    if (said === undefined) return;
                    watch.disconnect();
                    requestAnimationFrame(() => done(performance.now() - let_go));
                  });
                  watch.observe(row, { subtree: true, childList: true, characterData: true });
                }) })""",
                before,
            )
            page.keyboard.up("ArrowRight" if index % 2 == 0 else "ArrowLeft")
            measured.append(float(waiting.evaluate("(each) => each.shown")))
    _delete_all(server)
    return spread(measured)


def frames(browser: Browser, server: Server, seconds: float) -> Frames:
    """Of a run's page with its fullest set of charts in the window while four runs train."""
    run_id, *_others = _start(server, RUNS)
    tasks: list[Task] = []
    with page_of(browser, server, height=TALL_PX) as page:
        _open_run(page, server, f"{run_id}?charts={CHARTS}")
        time.sleep(SETTLING_S)
        charts = page.evaluate(
            "() => [...document.querySelectorAll('.uplot')].filter((each) => {"
            " const { top, bottom } = each.getBoundingClientRect();"
            " return bottom > 0 && top < innerHeight; }).length"
        )
        # Without a trace, which costs time itself.
        page.evaluate(_FORGET)
        time.sleep(seconds)
        times = np.asarray(page.evaluate("() => window.__seen.frames"))
        with traced_tasks(browser, page, tasks):
            time.sleep(seconds)
    _delete_all(server)
    return Frames(
        charts=charts,
        per_second=1e3 * (len(times) - 1) / (times[-1] - times[0]),
        p95_ms=float(np.quantile(np.diff(times), 0.95)),
        long_tasks=sum(each.ms > LONG_TASK_MS for each in tasks),
        longest_task_ms=max(each.ms for each in tasks),
        longest_processor_ms=max(each.processor_ms for each in tasks),
    )


@dataclass(frozen=True)
class LongRecord:
    """A page on a run of very many episodes.

    Attributes:
        shown_ms: From the page's load to its big chart with the curve in it.
        heap_mb: More than on the page of the list.
    """

    shown_ms: Spread
    heap_mb: float


def long_record(browser: Browser, data_dir: Path, *, episodes: int, times: int) -> LongRecord:
    """Open a finished run of so many episodes, again and again."""
    run_id = new_ulid()
    run_dir = data_dir / "runs" / run_id
    make_record(run_dir, run_id=run_id, episodes=episodes)
    details = RunDetails(name=f"{episodes:,} episodes")
    (run_dir / DETAILS).write_text(details.model_dump_json())
    shown, heaps = [], []
    with serving(data_dir) as server:
        for _ in range(times):
            with page_of(browser, server) as page:
                session = page.context.new_cdp_session(page)
                page.goto(f"{server.address}/runs")
                page.get_by_role("heading", level=1).wait_for()
                before = heap_bytes(session)
                page.goto(f"{server.address}/runs/{run_id}")
                page.wait_for_function(
                    "() => { const { arrivals: [a], draws } = window.__seen;"
                    " return a !== undefined && draws.some((draw) => draw.drawnAt >= a.at); }"
                )
                seen = page.evaluate(_OBSERVED)
                first = min(each["at"] for each in seen["arrivals"])
                at = min(each["shownAt"] for each in seen["draws"] if each["drawnAt"] >= first)
                shown.append(at - page.evaluate(_NAVIGATED_MS))
                time.sleep(1.0)
                heaps.append((heap_bytes(session) - before) / 1e6)
    return LongRecord(spread(shown), max(heaps))


@dataclass(frozen=True)
class FirstLoad:
    """A browser that was never here.

    Attributes:
        script_kb: Of all scripts until the page is usable, as they came over the wire.
        usable_ms: Until the button that starts a run can be pressed.
    """

    script_kb: float
    usable_ms: Spread


def first_load(browser: Browser, server: Server, times: int) -> FirstLoad:
    """Load the page of an empty server with an empty cache."""
    usable = []
    script_bytes = 0
    for _ in range(times):
        with page_of(browser, server) as page:
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Network.clearBrowserCache")
            page.goto("about:blank")
            page.goto(server.address, wait_until="commit")
            page.get_by_role("button", name="Start CartPole").click(trial=True)
            usable.append(float(page.evaluate("() => performance.now()")))
            script_bytes = page.evaluate(
                "() => performance.getEntriesByType('resource')"
                ".filter((each) => new URL(each.name).pathname.endsWith('.js'))"
                ".reduce((sum, each) => sum + each.encodedBodySize, 0)"
            )
    return FirstLoad(script_bytes / 1e3, spread(usable))


def _start(server: Server, runs: int) -> list[str]:
    found = []
    for seed in range(1, runs + 1):
        answer = server.client.post(
            "/runs",
            content=json.dumps({**LESSON, "seed": seed}),
            params={"wait": 20},
            headers={"Content-Type": "application/json"},
        )
        found.append(str(answer.raise_for_status().json()["id"]))
    return found


def _open_run(page: Page, server: Server, address: str) -> None:
    page.goto(f"{server.address}/runs/{address}")
    page.get_by_role("group", name="Control of the run").wait_for()


def _delete_all(server: Server) -> None:
    """So that the server is as empty as at first."""
    for run in server.client.get("/runs").raise_for_status().json()["items"]:
        server.client.post(f"/runs/{run['id']}/abort", params={"wait": 20})
        deadline_s = time.monotonic() + PATIENCE_S
        while server.client.delete(f"/runs/{run['id']}").is_error:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"run {run['id']} does not end")
            time.sleep(0.2)
