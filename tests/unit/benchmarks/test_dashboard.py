"""How the page's numbers are put together from what a browser saw."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.dashboard.browser import Task, main_thread_tasks
from benchmarks.dashboard.latencies import Arrival, Draw, shown_after_s


def test_each_episode_counts_from_its_own_end_to_the_first_drawing_after_it_came() -> None:
    """The zero of training time is the latest that no batch contradicts: 10.0."""
    arrivals = [
        Arrival(at_s=11.2, committed_s=11.1, ended_s=(0.5, 1.0)),
        Arrival(at_s=12.05, committed_s=12.0, ended_s=(2.0,)),
        Arrival(at_s=13.5, committed_s=13.4, ended_s=(3.0,)),
    ]
    draws = [Draw(11.1, 11.15), Draw(11.3, 11.35), Draw(12.1, 12.15)]

    assert shown_after_s(arrivals, draws) == pytest.approx([0.85, 0.35, 0.15])


def test_the_tasks_are_those_of_the_busiest_page() -> None:
    """Other renderers of the browser, and other threads, are left out."""

    def named(pid: int, tid: int, name: str) -> dict[str, Any]:
        return {"name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}

    def task(pid: int, tid: int, ms: float) -> dict[str, Any]:
        return {
            "name": "RunTask",
            "pid": pid,
            "tid": tid,
            "dur": ms * 1e3,
            "tdur": ms * 500,
            "args": {},
        }

    events = [
        named(1, 1, "CrRendererMain"),
        named(2, 1, "CrRendererMain"),
        named(2, 5, "Compositor"),
        task(1, 1, 3.0),
        task(2, 1, 60.0),
        task(2, 1, 2.0),
        task(2, 5, 500.0),
    ]

    assert main_thread_tasks(events) == [Task(60.0, 30.0), Task(2.0, 1.0)]
