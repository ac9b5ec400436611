"""Manners of a process that waits for a run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matinee.worker.spare import be_first_to_go, leaving_with_the_server

PATIENCE_S = 60.0

WARMING = """
import sys, time
from matinee.worker.spare import leaving_with_the_server
with leaving_with_the_server(0):
    print("warming", flush=True)
    {warming}
print(sys.stdin.readline().strip(), flush=True)
"""


def spare(warming: str) -> subprocess.Popen[str]:
    """A process that gets warm like this."""
    return subprocess.Popen(
        [sys.executable, "-c", WARMING.format(warming=warming)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_leaves_while_it_gets_warm() -> None:
    """When the server goes in the middle of imports, nobody waits for their end."""
    with spare("time.sleep(600)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "warming\n"
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "")


def test_a_run_that_comes_early_is_not_lost() -> None:
    """A line that was written and closed before it was warm is still read."""
    with spare("time.sleep(1)") as process:
        out, _ = process.communicate("the run\n", timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "warming\nthe run\n")


def test_the_watch_ends_with_the_warm_up() -> None:
    """Afterwards the end of the input belongs to whoever reads it."""
    reading, writing = os.pipe()
    with leaving_with_the_server(reading):
        pass
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)


@pytest.mark.skipif(sys.platform != "linux", reason="a file of Linux")
def test_it_goes_first_when_memory_runs_out() -> None:
    """The kernel is asked to; this process itself is left as it is."""
    own = Path("/proc/self/oom_score_adj").read_text()
    code = (
        "from matinee.worker.spare import be_first_to_go\n"
        "be_first_to_go(); print('asked', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"asked\n"
        score = Path(f"/proc/{child.pid}/oom_score_adj").read_text()
        child.communicate(b"\n", timeout=PATIENCE_S)
    assert int(score) == 500
    assert Path("/proc/self/oom_score_adj").read_text() == own


def test_elsewhere_nothing_happens(tmp_path: Path) -> None:
    """Where the kernel can't be asked, there is no fuss."""
    be_first_to_go(tmp_path / "no" / "such" / "file")
