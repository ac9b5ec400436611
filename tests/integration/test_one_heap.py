"""The C library keeps one heap for the threads of our long-lived processes."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from fakes.heaps import heaps_beside_the_main_one, with_glibc, with_heaps_as_usual
from integration.live_server import LONG_RUN, LiveServer, eventually

pytestmark = with_glibc

TWO_PROCESSES = {**LONG_RUN, "workers": 2, "processes": 2}
THREADS = 3
SOME_THREADS = f"""
import sys, threading

for _ in range({THREADS}):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("there", flush=True)
sys.stdin.read()
"""


def test_threads_of_another_program_have_heaps_of_their_own() -> None:
    """Or nothing would be seen here."""
    with subprocess.Popen(
        [sys.executable, "-c", SOME_THREADS],
        env=with_heaps_as_usual(psutil.Process().environ()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert heaps_beside_the_main_one(process.pid) == THREADS


@pytest.mark.timeout(300)
def test_all_threads_of_ours_share_one_heap(live_server: LiveServer) -> None:
    """In the server, in a run's process and in its worker process."""
    run_id = str(live_server.create(TWO_PROCESSES)["id"])
    live_server.wait_for_steps(run_id, 0)
    host = live_server.run_process(run_id)
    [worker] = eventually(host.children, what="worker process", timeout_s=100)
    eventually(lambda: worker.num_threads() > 1, what="worker there", timeout_s=100)

    heaps = {
        name: heaps_beside_the_main_one(process.pid)
        for name, process in {
            "server": psutil.Process(live_server.process.pid),
            "host": host,
            "worker": worker,
        }.items()
    }

    assert heaps == {"server": 0, "host": 0, "worker": 0}
