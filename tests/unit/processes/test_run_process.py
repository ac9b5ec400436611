"""A handle on one run process."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from integration.live_server import eventually
from matinee.processes.run_process import AdoptedProcess, ChildProcess

pytestmark = pytest.mark.anyio

PATIENCE_S = 30.0


def start(code: str, *, own_session: bool = False) -> subprocess.Popen[bytes]:
    """A small Python program that says when it is ready."""
    return subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", f"import signal, sys\n{code}"],
        stdout=subprocess.PIPE,
        start_new_session=own_session,
    )


WAIT = "print('ready', flush=True)\nsignal.pause()"


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    """A program that waits for signals."""
    child = start(WAIT)
    assert child.stdout is not None
    child.stdout.readline()
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


@pytest.mark.parametrize("code", [0, 1, 7])
async def test_a_child_that_leaves(code: int) -> None:
    """How a child left is its exit code."""
    popen = start(f"sys.exit({code})")
    end = await ChildProcess(popen).wait(PATIENCE_S)
    assert end is not None
    assert (end.return_code, end.signal_name) == (code, None)
    assert popen.stdout is not None
    popen.stdout.close()


async def test_a_child_that_is_ended(waiting: subprocess.Popen[bytes]) -> None:
    """A child that a signal ended is told by the signal's name; it is no zombie afterwards."""
    process = ChildProcess(waiting)
    assert process.is_alive()
    assert await process.wait(0.01) is None
    process.terminate()
    end = await process.wait(PATIENCE_S)

    assert end is not None
    assert (end.return_code, end.signal_name) == (None, "SIGTERM")
    assert not process.is_alive()
    assert not psutil.pid_exists(process.pid)
    process.terminate()
    process.kill()


async def test_what_it_has_worked_is_known(waiting: subprocess.Popen[bytes]) -> None:
    """Processor time of a child and of an adopted process, until it is gone."""
    adopted = AdoptedProcess(psutil.Process(waiting.pid))
    process = ChildProcess(waiting)
    worked_s = process.busy_s()
    assert worked_s is not None
    assert adopted.busy_s() == pytest.approx(worked_s, abs=1.0)
    process.kill()
    await process.wait(PATIENCE_S)
    assert process.busy_s() is adopted.busy_s() is None


async def test_a_stopped_child_is_made_to_dump(waiting: subprocess.Popen[bytes]) -> None:
    """SIGABRT reaches a process that is stopped as well, as a child and as an adopted one."""
    psutil.Process(waiting.pid).suspend()
    adopted = AdoptedProcess(psutil.Process(waiting.pid))
    adopted.abort()
    process = ChildProcess(waiting)
    process.abort()
    end = await process.wait(PATIENCE_S)
    assert end is not None
    assert end.signal_name == "SIGABRT"
    adopted.abort()


async def test_a_child_that_is_killed(waiting: subprocess.Popen[bytes]) -> None:
    """SIGKILL is told apart from leaving."""
    process = ChildProcess(waiting)
    process.kill()
    end = await process.wait(PATIENCE_S)
    assert end is not None
    assert end.signal_name == "SIGKILL"


async def test_helpers_do_not_outlive_a_run_process() -> None:
    """What a run process has started in its session is killed with it, however it ends."""
    code = (
        "import os\n"
        "helper = os.fork()\n"
        "if not helper:\n"
        "    signal.pause()\n"
        "print(helper, flush=True)\n"
    )
    popen = start(code, own_session=True)
    assert popen.stdout is not None
    helper = int(popen.stdout.readline())
    end = await ChildProcess(popen).wait(PATIENCE_S)
    assert end is not None
    assert end.return_code == 0
    # The pipe ends when the last process that holds it has gone.
    assert popen.stdout.read() == b""
    popen.stdout.close()
    # Its files close a moment before it is gone.
    eventually(lambda: _is_gone(helper), what="end of the helper")


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_many_waits_cost_no_threads(waiting: subprocess.Popen[bytes]) -> None:
    """Waiting again and again, by many at once, and giving up, holds no thread and no callback."""
    process = ChildProcess(waiting)
    before = threading.active_count()
    waits = [asyncio.create_task(process.wait(PATIENCE_S)) for _ in range(50)]
    for _ in range(50):
        assert await process.wait(0.0) is None
    assert threading.active_count() == before
    waits[0].cancel()
    process.kill()
    ends = await asyncio.gather(*waits, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert all(getattr(end, "signal_name", None) == "SIGKILL" for end in ends[1:])


async def test_a_process_is_adopted_by_pid_and_start(waiting: subprocess.Popen[bytes]) -> None:
    """Exactly the process that was meant is found, followed, and ended."""
    started_at = psutil.Process(waiting.pid).create_time()
    process = AdoptedProcess.find(pid=waiting.pid, process_started_at=started_at)
    assert process is not None
    assert process.pid == waiting.pid
    assert process.is_alive()
    assert await process.wait(0.01) is None
    process.terminate()
    end = await process.wait(PATIENCE_S)

    assert end is not None
    assert (end.return_code, end.signal_name) == (None, None)
    assert not process.is_alive()
    process.kill()


async def test_a_zombie_is_not_alive(waiting: subprocess.Popen[bytes]) -> None:
    """A process that has ended but was not waited for by its parent counts as gone."""
    started_at = psutil.Process(waiting.pid).create_time()
    process = AdoptedProcess.find(pid=waiting.pid, process_started_at=started_at)
    assert process is not None
    process.kill()
    deadline_s = time.monotonic() + PATIENCE_S
    while psutil.Process(waiting.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.005)
    assert not process.is_alive()
    assert AdoptedProcess.find(pid=waiting.pid, process_started_at=started_at) is None


async def test_another_process_with_the_same_pid_is_not_adopted(
    waiting: subprocess.Popen[bytes],
) -> None:
    """A pid that has come round again is not mistaken for the old process."""
    started_at = psutil.Process(waiting.pid).create_time()
    assert AdoptedProcess.find(pid=waiting.pid, process_started_at=started_at - 60) is None


async def test_a_process_that_is_gone_is_not_adopted() -> None:
    """There is nothing to adopt where no process is."""
    popen = start("sys.exit(0)")
    popen.communicate()
    assert AdoptedProcess.find(pid=popen.pid, process_started_at=time.time()) is None


async def test_signals_reach_an_adopted_process(waiting: subprocess.Popen[bytes]) -> None:
    """SIGTERM to an adopted process is SIGTERM, not something stronger."""
    started_at = psutil.Process(waiting.pid).create_time()
    process = AdoptedProcess.find(pid=waiting.pid, process_started_at=started_at)
    assert process is not None
    process.terminate()
    assert waiting.wait(PATIENCE_S) == -signal.SIGTERM
