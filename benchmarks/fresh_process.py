"""Runs a program in a process of its own and tells when it began, when it ended and what it used.

Times are by the wall clock (`time.time`), which the child can read as well: what matters here lasts
from tenths of seconds to minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_POLL_S = 0.02
_KIB_PER_MB = 1000 / 1.024
_BYTES_PER_MB = 1e6


class ProgramFailedError(RuntimeError):
    """A program that was measured ended badly; the message holds the end of what it said."""


@dataclass(frozen=True)
class Finished:
    """A program that ended well.

    Attributes:
        began_at: Just before the process was made, seconds of `time.time`.
        ended_at: Just after it had gone.
        stdout: What it printed.
        peak_memory_mb: Largest resident memory of it or of any process that it waited for.
    """

    began_at: float
    ended_at: float
    stdout: str
    peak_memory_mb: float


def run_fresh(
    command: Sequence[str],
    *,
    timeout_s: float,
    stdin_text: str = "",
    variables: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program to its end, in the repository's root.

    Args:
        command: Program and arguments.
        timeout_s: It is killed after this long.
        stdin_text: What it reads.
        variables: Added to the environment.

    Raises:
        ProgramFailedError: it failed, was killed or could not be started.
    """
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        stdin.write(stdin_text.encode())
        stdin.seek(0)
        began_at = time.time()
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=ROOT,
                env=os.environ | (variables or {}),
            )
        except OSError as error:
            raise ProgramFailedError(f"{command[0]} can't be started: {error}") from error
        memory_mb = _wait(process, until=began_at + timeout_s)
        ended_at = time.time()
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode != 0:
            said = stderr.read().decode(errors="replace").strip() or "it said nothing"
            late = ended_at - began_at >= timeout_s
            how = f"took longer than {timeout_s:g} s" if late else f"exit {process.returncode}"
            raise ProgramFailedError(f"{how}: {said[-600:]}")
        return Finished(began_at, ended_at, stdout.read().decode(errors="replace"), memory_mb)


def _wait(process: subprocess.Popen[bytes], *, until: float) -> float:
    """Wait for the end, kill when it is late; returns the peak of resident memory in MB."""
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                # Linux counts KiB, macOS bytes.
                unit = _BYTES_PER_MB if sys.platform == "darwin" else _KIB_PER_MB
                return usage.ru_maxrss / unit
            if time.time() >= until:
                process.kill()
            time.sleep(_POLL_S)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
