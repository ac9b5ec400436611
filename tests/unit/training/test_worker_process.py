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
