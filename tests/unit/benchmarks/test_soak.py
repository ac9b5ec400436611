"""What is looked at while a run trains for half an hour."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.soak import look, report, soaked
from matinee.contracts.presets import Preset
from matinee.contracts.run_spec import parse_run_spec
from matinee.environments.catalogue import preset

WITH_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print("up", flush=True)
input()
child.communicate(b"end")
"""


@pytest.fixture
def family() -> Iterator[psutil.Process]:
    """A process with a child, both there until the test ends."""
    with subprocess.Popen(
        [sys.executable, "-c", WITH_A_CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield psutil.Process(process.pid)
        process.stdin.write("end\n")


@pytest.fixture
def race() -> Preset:
    """An a3c preset."""
    found = preset("cartpole-a3c")
    assert found is not None
    return found


def test_worker_processes_count(family: psutil.Process, tmp_path: Path) -> None:
    """Memory, files and threads are of the run process and of those that it has started."""
    (tmp_path / "run.db").write_bytes(bytes(3_000_000))

    sample = look(family, 1.0, tmp_path)

    alone_mb = family.memory_info().rss / 1e6
    assert sample.processes == 2
    assert sample.memory_mb > alone_mb + 1.0
    assert sample.threads == 2
    assert sample.open_files > family.num_fds()
    assert sample.record_mb == 3.0


def test_a_process_that_has_ended_is_told(tmp_path: Path) -> None:
    """The soak ends there; only children may come and go."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        gone = psutil.Process(process.pid)

    with pytest.raises(psutil.NoSuchProcess):
        look(gone, 1.0, tmp_path)


@pytest.mark.parametrize(("processes", "workers"), [(2, 2), (4, 4)])
def test_processes_are_as_told(race: Preset, processes: int, workers: int) -> None:
    """With a worker for each of them, and without a target."""
    spec = parse_run_spec(soaked(race, minutes=1.0, processes=processes))

    assert (spec.processes, spec.workers) == (processes, workers)
    assert spec.budget.model_dump() == {"env_steps": None, "seconds": 60.0, "target_return": None}


def test_processes_are_left_to_the_planner_otherwise(race: Preset) -> None:
    """As for everybody who does not say how many."""
    assert "processes" not in soaked(race, minutes=1.0)


def test_every_count_has_a_row(family: psutil.Process, tmp_path: Path) -> None:
    """Processes among them, so that one that is lost or left over shows."""
    samples = [look(family, float(second), tmp_path) for second in range(10)]

    rows = report(samples, {}).splitlines()

    assert [row.split("|")[1:3] for row in rows if "processes" in row] == [[" processes ", " 2.0 "]]
