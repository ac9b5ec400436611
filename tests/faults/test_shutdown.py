"""A server that ends with four runs, killed or asked to: nothing stays that nobody looks after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest

from integration.live_server import ENDED, LONG_RUN, LiveServer, eventually, is_run_process
from matinee.journal.reader import JournalReader
from matinee.runs.supervisor import EXIT_TIMEOUT_S, SHUTDOWN_GRACE_S

NewServer = Callable[..., LiveServer]

IN_PROCESSES = {**LONG_RUN, "workers": 2, "processes": 2}
"""A run whose workers are processes of their own."""
START_PATIENCE_S = 150.0


def started(server: LiveServer, specs: Iterable[dict[str, Any]]) -> list[str]:
    """Runs that train; begun one after the other, for five processes at once are slow to start."""
    run_ids = []
    for spec in specs:
        run_ids.append(str(server.create(spec, wait=30)["id"]))
        trains(server, run_ids[-1], beyond=200)
    return run_ids


def trains(server: LiveServer, run_id: str, *, beyond: int) -> None:
    """Wait for more env steps than these."""

    def look() -> bool:
        run = server.run(run_id)
        assert run["state"] not in ENDED, run["reason"]
        return bool(run["progress"]["env_steps"] > beyond)

    eventually(look, what=f"env step beyond {beyond}", timeout_s=START_PATIENCE_S)


def tree(pid: int) -> set[psutil.Process]:
    """A process and all that come from it."""
    process = psutil.Process(pid)
    return {process, *process.children(recursive=True)}


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run."""
    return [
        each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.timeout(400)
def test_four_runs_outlive_a_killed_server_and_end_with_the_next(
    own_server: LiveServer, new_server: NewServer
) -> None:
    """Only the trees of runs outlive a kill; the next server adopts all and ends them in order.

    It ends with exit code 0 within the time that a shutdown has, runs have written checkpoints, and
    not one process is left.
    """
    run_ids = started(own_server, [dict(LONG_RUN)] * 3 + [IN_PROCESSES])
    everything = tree(own_server.process.pid)
    pids = {run_id: own_server.recorded_pid(run_id) for run_id in run_ids}
    of_runs = set().union(*map(tree, pids.values()))
    assert len(of_runs) > len(run_ids), "no run has processes of its own"
    own_server.kill()
    eventually(lambda: not living(everything - of_runs), what="end of all that belongs to no run")
    assert all(map(is_run_process, pids.values()))

    again = new_server(own_server.data_dir).start()
    try:
        for run_id, pid in pids.items():
            trains(again, run_id, beyond=again.run(run_id)["progress"]["env_steps"])
            assert again.recorded_pid(run_id) == pid
        everything |= tree(again.process.pid)
        began_s = time.monotonic()
        code, said = again.stop()
        took_s = time.monotonic() - began_s
    finally:
        again.clean_up()

    assert code == 0, said
    assert took_s < SHUTDOWN_GRACE_S + EXIT_TIMEOUT_S
    eventually(lambda: not living(everything | of_runs), what="end of every process")
    for run_id in run_ids:
        reader = JournalReader(own_server.data_dir / "runs" / run_id)
        assert reader.snapshot()[0].state == "interrupted"
        assert reader.checkpoints()


@pytest.mark.timeout(300)
def test_runs_that_nobody_adopts_leave_whole(new_server: NewServer, tmp_path: Path) -> None:
    """After the grace a run leaves with all its processes, and its record says why."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    server = new_server(data_dir, MATINEE_ORPHAN_GRACE_S="1").start()
    try:
        run_ids = started(server, [dict(LONG_RUN), IN_PROCESSES])
        of_runs = set().union(*(tree(server.recorded_pid(run_id)) for run_id in run_ids))
        server.kill()
        eventually(lambda: not living(of_runs), what="end of every process of the runs")
    finally:
        server.clean_up()

    for run_id in run_ids:
        reader = JournalReader(data_dir / "runs" / run_id)
        snapshot, _ = reader.snapshot()
        assert snapshot.state == "interrupted"
        assert snapshot.reason is not None
        assert "no server" in snapshot.reason
        assert reader.checkpoints()
