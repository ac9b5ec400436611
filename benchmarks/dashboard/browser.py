"""A page of Chromium, logged in to a server of ours, with an observer in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.served import Server
from e2e.browser import INSTRUCTION, find_browser, launch

OBSERVER = Path(__file__).with_name("observer.js")
PATIENCE_MS = 60_000
TRACE_CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline")
_MAIN_THREAD = "CrRendererMain"
_TASK = "RunTask"


class Task(NamedTuple):
    """Something that a thread did in one go.

    Attributes:
        ms: From its beginning to its end.
        processor_ms: Less what it waited meanwhile, as for a core.
    """

    ms: float
    processor_ms: float


class NoBrowserError(RuntimeError):
    """There is none to measure with."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless one.

    Raises:
        NoBrowserError: none is installed.
    """
    with sync_playwright() as playwright:
        executable = find_browser(playwright)
        if executable is None:
            raise NoBrowserError(INSTRUCTION)
        browser = launch(playwright, executable)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(
    browser: Browser, server: Server, *, width: int = 1440, height: int = 900
) -> Iterator[Page]:
    """A logged-in page in a browser profile of its own, with the observer in it."""
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(path=OBSERVER)
        path = server.client.post("/login-codes").raise_for_status().json()["path"]
        page.goto(f"{server.address}{path}")
        page.get_by_role("heading", level=1).first.wait_for()
        yield page
    finally:
        context.close()


def heap_bytes(session: CDPSession) -> int:
    """What the page's scripts hold, after the garbage was collected."""
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    usage: dict[str, float] = session.send("Runtime.getHeapUsage")
    return int(usage["usedSize"])


@contextmanager
def traced_tasks(browser: Browser, page: Page, tasks: list[Task]) -> Iterator[None]:
    """Adds each task of the page's main thread, by the browser's own trace."""
    browser.start_tracing(page=page, categories=list(TRACE_CATEGORIES))
    try:
        yield
    finally:
        trace = browser.stop_tracing()
        tasks.extend(main_thread_tasks(json.loads(trace)["traceEvents"]))


def main_thread_tasks(events: list[dict[str, Any]]) -> list[Task]:
    """Of the renderer that had most to do: others of the browser idle.

    Args:
        events: Of a trace in Chromium's format.
    """
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"].get("name") == _MAIN_THREAD
    }
    tasks: dict[tuple[int, int], list[Task]] = {thread: [] for thread in threads}
    for event in events:
        thread = (event.get("pid"), event.get("tid"))
        if event["name"] == _TASK and thread in tasks:
            task = Task(event.get("dur", 0) / 1e3, event.get("tdur", 0) / 1e3)
            tasks[thread].append(task)
    return max(tasks.values(), key=lambda each: sum(task.ms for task in each), default=[])
