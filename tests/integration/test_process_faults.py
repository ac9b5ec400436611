"""Whatever takes a run process down or makes it stand still: seen, named, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from integration.live_server import LONG_RUN, LiveServer, eventually, is_run_process

HANG_AFTER_S = 5
PATIENCE_S = 150.0

FAULTS = {
    "exit": ("left unexpectedly with exit code 0", ""),
    "segfault": ("ended by SIGSEGV", "Fatal Python error: Segmentation fault"),
    "abort": ("ended by SIGABRT", "Fatal Python error: Aborted"),
    "kill": ("killed (SIGKILL): perhaps out of memory", ""),
    "memory": ("MemoryError", "_use_up_memory"),
    "stop": ("it hung: no sign of life for", "Fatal Python error: Aborted"),
    "hold_gil": ("it hung: no sign of life for", "process_faults.py"),
    "sleep": ("it hung: alive, but nothing was done for", "process_faults.py"),
}
"""Fault → the words of the reason's first line, and what its log adds."""


@pytest.fixture(scope="module")
def server(new_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A server that soon takes a run for hung."""
    server = new_server(MATINEE_HANG_AFTER_S=str(HANG_AFTER_S)).start()
    yield server
    server.clean_up()


@pytest.fixture(scope="module")
def bystander(server: LiveServer) -> str:
    """A run that has nothing to do with it."""
    run_id: str = server.create(LONG_RUN, wait=20)["id"]
    server.wait_for_steps(run_id, 100)
    return run_id


def faulty(fault: str, mark: Path, **changes: Any) -> dict[str, Any]:
    """A run that goes wrong soon after its start."""
    kwargs = {"fault": fault, "after": 300, "mark": str(mark), **changes.pop("kwargs", {})}
    environment = {"id": "Probe/Faulty-v0", "kwargs": kwargs}
    return {**LONG_RUN, "environment": environment, **changes}


def seconds_from(mark: Path, until: str) -> float:
    """From the fault to a moment that the API tells."""
    return datetime.fromisoformat(until).timestamp() - mark.stat().st_mtime


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen_and_named(
    server: LiveServer,
    bystander: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    fault: str,
) -> None:
    """The run is failed, with words for what happened and the place; its record is whole, its
    process gone, and another run does not notice.
    """
    mark = tmp_path / "mark"
    before = server.run(bystander)
    pid = server.recorded_pid(bystander)
    run_id = server.create(faulty(fault, mark), wait=20)["id"]
    run = server.wait_for(run_id, "failed", timeout_s=PATIENCE_S)
    record_property("seen_s", seconds_from(mark, run["ended_at"]))

    headline, tail = FAULTS[fault]
    assert headline in run["reason"].splitlines()[0]
    assert tail in run["reason"]
    events = server.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, run["last_seq"] + 1))
    eventually(lambda: not is_run_process(server.recorded_pid(run_id)), what="end of its process")
    server.wait_for_steps(bystander, before["progress"]["env_steps"])
    assert server.recorded_pid(bystander) == pid
    assert server.run(bystander)["state"] == "running"


def states(server: LiveServer, run_id: str) -> list[dict[str, Any]]:
    """The steps of a run's life."""
    return server.events(run_id, types="run_state_changed")


def test_a_run_that_dies_goes_on_by_itself(
    server: LiveServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Where the spec asks for it, a killed run has a new process soon, and trains on."""
    mark = tmp_path / "mark"
    recovery = {"restart_after_death": True}
    spec = faulty("kill", mark, kwargs={"once": True}, recovery=recovery)
    run_id = server.create(spec, wait=20)["id"]
    run = eventually(
        lambda: run if (run := server.run(run_id))["restarts"] else None,
        what="restart",
        timeout_s=PATIENCE_S,
    )
    assert run["state"] not in ("failed", "interrupted")
    server.wait_for_steps(run_id, 3000)
    *_, failed, queued, _, running = states(server, run_id)
    record_property("restarted_s", seconds_from(mark, running["at"]))

    assert [failed["state"], queued["state"], running["state"]] == ["failed", "queued", "running"]
    assert queued["reason"].startswith("restart 1 of 5 in 0.5 s; the run process was killed")
    assert [command["actor"] for command in server.commands(run_id)][-1] == "server"
    server.command(run_id, "abort")


def cpu_seconds_of_children(process: psutil.Process) -> float:
    """Used by those that have ended."""
    times = process.cpu_times()
    return float(times.children_user + times.children_system)


def test_a_crash_loop_gives_up(
    server: LiveServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """After five restarts in a row the run is failed for good, and no process is left."""
    process = psutil.Process(server.process.pid)
    before_s = cpu_seconds_of_children(process)
    spec = faulty("exit", tmp_path / "mark", recovery={"restart_after_death": True})
    run_id = server.create(spec, wait=20)["id"]

    def given_up() -> dict[str, Any] | None:
        run = server.run(run_id)
        return run if run["state"] == "failed" else None

    run = eventually(given_up, what="end of the tries", timeout_s=2 * PATIENCE_S)
    record_property("cpu_s", cpu_seconds_of_children(process) - before_s)

    assert run["reason"].startswith("gave up after 5 restarts; the last: the run process left")
    assert [each["state"] for each in states(server, run_id)].count("starting") == 6
    assert run["restarts"] == 5
    zombies = [c for c in process.children() if c.status() == psutil.STATUS_ZOMBIE]
    assert zombies == []
    assert not is_run_process(server.recorded_pid(run_id))
