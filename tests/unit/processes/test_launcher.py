"""Starting run processes, with one warm spare."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from matinee.contracts.control import Assignment
from matinee.processes.launcher import RUN_PROCESS, ProcessLauncher
from matinee.processes.run_process import ChildProcess

pytestmark = pytest.mark.anyio

PATIENCE_S = 30.0
STUB = """
import json, os, pathlib, signal, sys
print("warm", os.getpid(), flush=True)
line = sys.stdin.readline()
if line:
    got = json.loads(line)
    result = pathlib.Path(got["run_dir"], got["run_id"])
    aside = result.with_suffix(".tmp")
    aside.write_text(json.dumps({"pid": os.getpid(), "environment": dict(os.environ)}))
    aside.rename(result)
    print("hosting", flush=True)
    signal.pause()
"""
COMMAND = (sys.executable, "-S", "-E", "-c", STUB)


def assignment(folder: Path, run_id: str) -> Assignment:
    """A run for a stub, which writes down what it got."""
    return Assignment(
        run_id=run_id, run_dir=str(folder), socket_path="unused.sock", orphan_grace_s=1
    )


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.005)


def spare_pid(launcher: ProcessLauncher) -> int | None:
    """The waiting spare's pid."""
    return None if launcher._spare is None else launcher._spare.process.pid


def read_whole(path: Path) -> str:
    """What a stub wrote; empty if it has not yet."""
    return path.read_text() if path.exists() else ""


async def end(*processes: ChildProcess) -> None:
    """Kill processes and see them gone."""
    for process in processes:
        process.kill()
        assert await process.wait(PATIENCE_S) is not None


async def test_a_run_goes_to_the_spare_and_a_new_one_gets_warm(tmp_path: Path) -> None:
    """A launch takes the process that is warm already, and another one is begun for the next."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    await launcher.open()
    await eventually(lambda: spare_pid(launcher))
    warm = spare_pid(launcher)

    process = await launcher.launch(assignment(tmp_path, "one"))
    assert process.pid == warm
    await eventually(lambda: f'"pid": {warm}' in read_whole(tmp_path / "one"))
    await eventually(lambda: spare_pid(launcher) not in (None, warm))
    await end(process)
    await launcher.close()


async def test_many_launches_at_once_share_no_process(tmp_path: Path) -> None:
    """Launches in the same moment get a process each, and each process one run."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    await launcher.open()
    names = [f"run-{number}" for number in range(6)]
    processes = await asyncio.gather(
        *(launcher.launch(assignment(tmp_path, name)) for name in names)
    )
    assert len({process.pid for process in processes}) == 6
    for name in names:
        await eventually(partial(read_whole, tmp_path / name))
    assert {json.loads(read_whole(tmp_path / name))["pid"] for name in names} == {
        process.pid for process in processes
    }
    await end(*processes)
    await launcher.close()


async def test_a_dead_spare_is_replaced(tmp_path: Path) -> None:
    """If the spare has died meanwhile, a launch starts a fresh process instead of failing."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    await launcher.open()
    await eventually(lambda: spare_pid(launcher))
    assert launcher._spare is not None
    dead = launcher._spare.process
    await end(dead)

    process = await launcher.launch(assignment(tmp_path, "one"))
    assert process.pid != dead.pid
    await eventually(lambda: read_whole(tmp_path / "one"))
    await end(process)
    await launcher.close()


async def test_closing_ends_the_spare_and_leaves_runs_alone(tmp_path: Path) -> None:
    """Closing the launcher leaves no spare behind, and ends no run."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    await launcher.open()
    process = await launcher.launch(assignment(tmp_path, "one"))
    await eventually(lambda: spare_pid(launcher))
    spare = spare_pid(launcher)
    assert spare is not None
    await launcher.close()
    await launcher.close()

    assert not psutil.pid_exists(spare)
    assert process.is_alive()
    await end(process)


async def test_closing_while_a_spare_is_being_started(tmp_path: Path) -> None:
    """Opened and closed in one breath, nothing stays behind."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    await launcher.open()
    await launcher.close()
    assert spare_pid(launcher) is None
    assert [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and STUB in child.cmdline()
    ] == []


async def test_a_process_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    """Without a spare because none can be started, a launch says why."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=("/no/such/program",))
    await launcher.open()
    with pytest.raises(FileNotFoundError, match="/no/such/program"):
        await launcher.launch(assignment(tmp_path, "one"))
    await launcher.close()


async def test_what_a_run_process_inherits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run process knows no access token, computes with one thread, and has its own session."""
    monkeypatch.setenv("MATINEE_TOKEN", "a secret of the server")
    monkeypatch.setenv("SOME_SETTING", "kept")
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)
    process = await launcher.launch(assignment(tmp_path, "one"))
    await eventually(lambda: read_whole(tmp_path / "one"))
    got = (tmp_path / "one").read_text()

    assert "a secret of the server" not in got
    assert '"SOME_SETTING": "kept"' in got
    assert '"OMP_NUM_THREADS": "1"' in got
    assert os.getsid(process.pid) == process.pid
    assert (tmp_path / "spare.log").stat().st_mode & 0o077 == 0
    await end(process)
    await launcher.close()


async def test_launching_leaks_nothing(tmp_path: Path) -> None:
    """After many launches there are as many descriptors and children as before."""
    launcher = ProcessLauncher(spare_log=tmp_path / "spare.log", command=COMMAND)

    async def once(name: str) -> tuple[int, int]:
        process = await launcher.launch(assignment(tmp_path, name))
        await eventually(lambda: read_whole(tmp_path / name))
        await end(process)
        await eventually(lambda: spare_pid(launcher))
        return len(list(Path("/dev/fd").iterdir())), len(psutil.Process().children())

    before = await once("first")
    for number in range(8):
        after = await once(f"run-{number}")
    assert after == before
    await launcher.close()


def test_the_default_is_our_run_process() -> None:
    """Unless told otherwise it starts `python -m matinee.worker` of this very Python."""
    assert (sys.executable, "-m", "matinee.worker") == RUN_PROCESS
