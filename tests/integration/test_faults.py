"""What goes wrong in runs, on disks and at the worst moment, and what becomes of it."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from integration.live_server import (
    FAST_RUN,
    LONG_RUN,
    STOP_TIMEOUT_S,
    LiveServer,
    child_environment,
    eventually,
    is_run_process,
    matinee_command,
)
from matinee.runs.supervisor import SHUTDOWN_GRACE_S

NewServer = Callable[..., LiveServer]


def test_an_environment_that_breaks_fails_its_run_with_the_traceback(
    live_server: LiveServer,
) -> None:
    """An exception in the middle of training is the run's reason, with traceback and all rows."""
    spec = {
        **FAST_RUN,
        "environment": {"id": "Probe/Faulty-v0", "kwargs": {"fault": "raise", "after": 400}},
        "budget": {"env_steps": None},
    }
    run_id = live_server.create(spec, wait=20)["id"]
    run = live_server.wait_for(run_id, "failed")

    assert "RuntimeError: the simulator broke" in run["reason"].splitlines()[0]
    assert "probe_environments.py" in run["reason"]
    assert run["progress"]["episodes"] > 0
    events = live_server.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, run["last_seq"] + 1))
    assert [command["state"] for command in live_server.commands(run_id)] == ["applied"]
    eventually(
        lambda: not is_run_process(live_server.recorded_pid(run_id)), what="end of its process"
    )


def test_an_environment_that_cannot_be_built_fails_its_run(live_server: LiveServer) -> None:
    """Arguments that only building shows to be wrong: failed, with the environment's own words."""
    spec = {**FAST_RUN, "environment": {"id": "Probe/Corridor-v0", "kwargs": {"length": "far"}}}
    started = time.monotonic()
    run = live_server.create(spec, wait=30)
    failed = live_server.wait_for(run["id"], "failed")

    assert "TypeError" in failed["reason"]
    assert time.monotonic() - started < 30, "the wait did not end with the run"
    (start,) = live_server.commands(run["id"])
    assert start["state"] in ("applied", "rejected")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_of_native_code_is_named(live_server: LiveServer, number: signal.Signals) -> None:
    """A segmentation fault ends one run, by its name, with the place where it happened."""
    run_id = live_server.create(LONG_RUN, wait=20)["id"]
    live_server.wait_for_steps(run_id, 100)
    live_server.run_process(run_id).send_signal(number)
    run = live_server.wait_for(run_id, "failed")

    assert f"ended by {number.name}" in run["reason"]
    assert "Fatal Python error" in run["reason"]
    assert live_server.client.get("/readyz").status_code == httpx.codes.OK


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is a call of Linux")
def test_a_disk_that_is_full_for_a_while_costs_nothing(live_server: LiveServer) -> None:
    """While run.db cannot grow nothing is lost and the run lives; with space again all is there."""
    run_id = live_server.create(LONG_RUN, wait=20)["id"]
    live_server.wait_for_steps(run_id, 500)
    process = live_server.run_process(run_id)
    wal = live_server.data_dir / "runs" / run_id / "run.db-wal"
    process.rlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, resource.RLIM_INFINITY))
    log = live_server.data_dir / "runs" / run_id / "worker.log"
    eventually(lambda: "commit_failed" in log.read_text(), what="failed commit")
    stands_at = live_server.run(run_id)["last_seq"]
    process.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    eventually(
        lambda: live_server.run(run_id)["last_seq"] > stands_at + 5, what="events after the trouble"
    )
    assert live_server.command(run_id, "stop")["state"] == "applied"
    run = live_server.wait_for(run_id, "stopped")

    events = live_server.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, run["last_seq"] + 1))
    complaints = [event["message"] for event in events if event["type"] == "log_written"]
    assert any("nothing is lost, retrying" in message for message in complaints)
    with closing(sqlite3.connect(wal.with_name("run.db"))) as connection:
        (episodes,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
    assert episodes == run["progress"]["episodes"]


def test_a_second_signal_ends_the_server_at_once(
    own_server: LiveServer, new_server: NewServer
) -> None:
    """A run that hangs holds a shutdown up only until the second signal; it can be resumed."""
    run_id = own_server.create(LONG_RUN, wait=20)["id"]
    own_server.wait_for_steps(run_id, 100)
    process = own_server.run_process(run_id)
    process.suspend()
    own_server.process.send_signal(signal.SIGTERM)
    log = own_server.data_dir / "server.log"
    eventually(lambda: "Waiting for application shutdown" in log.read_text(), what="shutdown")
    began_at = time.monotonic()
    code, _ = own_server.stop(signal.SIGTERM)

    assert code == 0
    # The patience that one signal would have had; it takes some tenths.
    assert time.monotonic() - began_at < SHUTDOWN_GRACE_S
    assert not process.is_running()
    again = new_server(own_server.data_dir).start()
    try:
        run = again.run(run_id)
        assert run["state"] == "interrupted"
        assert "had not ended when the server had to leave" in run["reason"]
    finally:
        again.clean_up()


def test_a_shutdown_in_the_middle_of_starts(own_server: LiveServer, new_server: NewServer) -> None:
    """Runs that are just being started when the server is told to leave are no orphans after it."""
    run_ids = [own_server.create(LONG_RUN)["id"] for _ in range(3)]
    spawned = psutil.Process(own_server.process.pid).children(recursive=True)
    code, _ = own_server.stop()

    assert code == 0
    eventually(
        lambda: not [child for child in spawned if is_run_process(child.pid)],
        what="end of all processes",
    )
    again = new_server(own_server.data_dir).start()
    try:
        assert {again.run(run_id)["state"] for run_id in run_ids} == {"interrupted"}
        assert again.command(run_ids[0], "start", wait=30)["state"] == "applied"
        again.wait_for_steps(run_ids[0], 50)
    finally:
        again.clean_up()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_again_and_again(
    own_server: LiveServer, new_server: NewServer
) -> None:
    """Kill -9 at random moments while somebody steers: each acknowledged change is there once."""
    chance = random.Random(5)
    server = own_server
    run_id = server.create(LONG_RUN, wait=20)["id"]
    pid = server.run_process(run_id).pid
    acknowledged: list[str] = []
    for _ in range(2):
        stop = threading.Event()

        def steer(server: LiveServer = server, stop: threading.Event = stop) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    answer = server.client.patch(
                        f"/api/v1/runs/{run_id}/hyperparameters",
                        json={"learning_rate": number / 10_000},
                    )
                except httpx.HTTPError:
                    return
                if answer.is_success:
                    acknowledged.append(answer.json()["id"])

        steering = threading.Thread(target=steer)
        steering.start()
        mark = len(acknowledged)
        target = mark + chance.randrange(2, 8)
        eventually(
            lambda target=target: len(acknowledged) >= target,  # type: ignore[misc]
            what="acknowledged changes",
        )
        server.process.kill()
        stop.set()
        steering.join(STOP_TIMEOUT_S)
        server.kill()
        server = new_server(own_server.data_dir).start()
        assert server.run_process(run_id).pid == pid
    try:
        assert server.command(run_id, "stop")["state"] == "applied"
        server.wait_for(run_id, "stopped")
        ledger = [command["id"] for command in server.commands(run_id)]
        assert len(set(ledger)) == len(ledger)
        assert set(acknowledged) <= set(ledger)
        events = server.events(run_id)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        accepted = [e["command_id"] for e in events if e["type"] == "command_accepted"]
        assert sorted(accepted) == sorted(ledger)
    finally:
        server.clean_up()


def test_many_runs_leave_no_trace_in_the_server(live_server: LiveServer) -> None:
    """After runs have come and gone the server has as many descriptors, threads and children."""
    server = psutil.Process(live_server.process.pid)

    def come_and_go() -> tuple[int, int, int]:
        run = live_server.create({**FAST_RUN, "budget": {"env_steps": 500}}, wait=20)
        live_server.wait_for(run["id"], "finished")
        eventually(lambda: not is_run_process(live_server.recorded_pid(run["id"])), what="its end")
        assert live_server.client.delete(f"/api/v1/runs/{run['id']}").is_success
        return eventually(settled, what="spare process")

    def settled() -> tuple[int, int, int] | None:
        children = [child for child in server.children() if is_run_process(child.pid)]
        zombies = [c for c in server.children() if c.status() == psutil.STATUS_ZOMBIE]
        if len(children) != 1 or zombies:
            return None
        return server.num_fds(), server.num_threads(), len(server.children())

    come_and_go()
    descriptors, threads, children = come_and_go()
    for _ in range(2):
        after = come_and_go()
    # SQLite and the thread pool may open a few more, once; a leak would be one or more a run.
    assert after[0] <= descriptors + 2
    assert after[1] <= threads + 2
    assert after[2] == children


def test_a_catalogue_that_is_broken_is_refused_with_advice(
    tmp_path: Path, runtime_dir: Path
) -> None:
    """A server that cannot start says why and what to do, and its exit code tells."""
    (tmp_path / "catalogue.db").write_text("this is no database " * 1000)
    ended = subprocess.run(
        matinee_command("serve", "--port", "0", "--data-dir", str(tmp_path)),
        env=child_environment(runtime_dir=runtime_dir),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "move it away, and it is rebuilt" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_lost_catalogue_is_rebuilt(own_server: LiveServer, new_server: NewServer) -> None:
    """Without catalogue.db the server finds every run again in the folders."""
    run: dict[str, Any] = own_server.create({**FAST_RUN, "start": False, "name": "kept"})
    own_server.stop()
    for path in own_server.data_dir.glob("catalogue.db*"):
        path.unlink()
    again = new_server(own_server.data_dir).start()
    try:
        assert again.run(run["id"])["name"] == "kept"
    finally:
        again.clean_up()
