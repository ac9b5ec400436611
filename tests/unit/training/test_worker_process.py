"""The start of a worker process: quick, and never without its parent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

BACKEND = Path(__file__).parents[3] / "backend"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(BACKEND)}
ORPHANED = 3


def test_it_comes_up_without_torch() -> None:
    """Torch takes seconds to import; a plain network needs none of it."""
    code = "import sys, matinee.training.worker_host; sys.exit('torch' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=False).returncode == 0
    )


def test_it_ends_at_once_if_its_parent_is_gone() -> None:
    """Also if that happened before it could ask to be told."""
    ours, theirs = socket.socketpair()
    with ours, theirs, tempfile.TemporaryFile() as crash_file:
        descriptors = (theirs.fileno(), crash_file.fileno())
        somebody_else = 1
        process = subprocess.run(
            [sys.executable, "-m", "matinee.training.worker_process"]
            + [str(number) for number in (*descriptors, somebody_else)],
            env=ENVIRONMENT,
            pass_fds=descriptors,
            check=False,
        )

    assert process.returncode == ORPHANED


SET_APART = """
import gc, os, socket, sys
from matinee.training.worker_process import main

def leave(code):
    print(gc.get_freeze_count(), len(gc.get_objects()))
    sys.exit(code)

os._exit = leave
ours, theirs = socket.socketpair()
ours.close()
sys.argv[1:] = map(str, (theirs.detach(), 2, os.getppid()))
main()
"""


def test_what_it_imports_is_kept_out_of_collections() -> None:
    """They would look at it again and again, and no worker goes on meanwhile."""
    done = subprocess.run(
        [sys.executable, "-c", SET_APART],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == ORPHANED, done.stderr
    apart, looked_at = map(int, done.stdout.split())
    assert apart > 50 * looked_at
