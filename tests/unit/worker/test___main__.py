"""A run process as the server starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fakes.control_peer import ControlPeer
from fakes.hosting import queued_run
from matinee.contracts.commands import Stop
from matinee.contracts.control import Assignment, HelloFrame
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.worker import __main__ as program

PATIENCE_S = 90.0


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A spare process."""
    with subprocess.Popen(
        [sys.executable, "-m", "matinee.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        yield child
        child.kill()


def test_without_a_run_it_leaves_when_the_server_goes(process: subprocess.Popen[bytes]) -> None:
    """A spare whose standard input ends leaves in good order and says nothing."""
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, b"")


SET_APART = """
import gc, sys
from matinee.worker.__main__ import main

assert main() == 0
assert "torch" in sys.modules
gc.collect()
print(gc.get_freeze_count(), len(gc.get_objects()))
gc.unfreeze()
print(*(each for each in gc.get_objects() if type(each).__name__ == "Trainer"))
"""


def test_what_it_imports_is_kept_out_of_collections() -> None:
    """Torch too, which some networks need; not what its training for warmth leaves."""
    done = subprocess.run(
        [sys.executable, "-c", SET_APART],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )

    counts, trainers = done.stdout.splitlines()
    apart, looked_at = map(int, counts.split())
    assert apart > 50 * looked_at
    assert trainers == ""


def test_it_hosts_what_it_is_given(
    process: subprocess.Popen[bytes], data_dir: Path, runtime_dir: Path
) -> None:
    """An assignment on its standard input becomes a running run, niced, logging into its folder."""
    spec = parse_run_spec(
        {
            "environment": {"id": "CartPole-v1"},
            "workers": 1,
            "seed": 1,
            "budget": {"env_steps": None},
            "hyperparameters": {"target_steps_per_second": 500},
            "evaluation": {"episodes": 0},
        }
    )
    run_dir, command_id = queued_run(data_dir, spec)
    assignment = Assignment(
        run_id=run_dir.name,
        run_dir=str(run_dir),
        socket_path=str(runtime_dir / "main.sock"),
        orphan_grace_s=60,
        start_command_id=command_id,
    )
    assert process.stdin is not None
    process.stdin.write(assignment.model_dump_json().encode() + b"\n")
    process.stdin.close()
    reader = JournalReader(run_dir)
    deadline_s = time.monotonic() + PATIENCE_S
    while reader.snapshot()[0].state is not RunState.RUNNING:
        assert process.poll() is None, (run_dir / "worker.log").read_text()
        assert time.monotonic() < deadline_s
        time.sleep(0.02)

    recorded = reader.process()
    assert recorded is not None
    assert recorded.pid == process.pid
    assert psutil.Process(process.pid).nice() >= min(19, os.nice(0) + program.NICENESS)
    with ControlPeer(Path(recorded.socket_path)) as peer:
        assert peer.read_until(HelloFrame).hosted_by == "server"
        assert peer.ask(Stop()).accepted
    assert process.wait(PATIENCE_S) == 0
    assert reader.snapshot()[0].state is RunState.STOPPED
    assert "run_state_changed" in (run_dir / "worker.log").read_text()


def test_what_kept_it_from_getting_warm_stands_in_the_runs_log(
    data_dir: Path, runtime_dir: Path
) -> None:
    """If torch cannot be loaded, the run that comes has the reason in its log, not somewhere."""
    spec = parse_run_spec({"environment": {"id": "CartPole-v1"}, "seed": 1})
    run_dir, command_id = queued_run(data_dir, spec)
    assignment = Assignment(
        run_id=run_dir.name,
        run_dir=str(run_dir),
        socket_path=str(runtime_dir / "unfit.sock"),
        orphan_grace_s=60,
        start_command_id=command_id,
    )
    code = (
        "import sys, runpy\n"
        "sys.modules['torch'] = None\n"
        "runpy.run_module('matinee.worker', run_name='__main__')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        input=assignment.model_dump_json().encode() + b"\n",
        timeout=PATIENCE_S,
        check=False,
        capture_output=True,
    )
    assert ended.returncode == 1
    assert "import of torch halted" in (run_dir / "worker.log").read_text()


def test_sigterm_before_it_has_a_run_ends_it(process: subprocess.Popen[bytes]) -> None:
    """A spare that is told to go has nothing to save."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == -signal.SIGTERM
