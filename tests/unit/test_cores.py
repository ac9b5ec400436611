"""How many cores this process may use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import matinee
from matinee.cores import usable_cores

ALL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PACKAGE = Path(matinee.__file__).parent


class ControlGroups:
    """Files as the kernel shows them, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.mount = folder / "proc", folder / "cgroup"

    def belong_to(self, *lines: str) -> None:
        """What `/proc/self/cgroup` says."""
        (self.proc / "self").mkdir(parents=True, exist_ok=True)
        (self.proc / "self" / "cgroup").write_text("".join(f"{line}\n" for line in lines))

    def write(self, file: str, text: str) -> None:
        """A file of a control group."""
        path = self.mount / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def cores(self) -> int:
        """What is made of them."""
        return usable_cores(proc=self.proc, cgroups=self.mount)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlGroups:
    """On a machine of 16 cores."""
    monkeypatch.setattr("matinee.cores._cores_by_affinity", lambda: 16)
    return ControlGroups(tmp_path)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_a_process_held_to_one_core_has_one() -> None:
    """`taskset` and the like count, whatever the machine has."""
    program = (
        "import os; from matinee.cores import usable_cores; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(usable_cores())"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert answer.stdout.split() == ["1"]


def test_without_control_groups_affinity_alone_counts(tmp_path: Path) -> None:
    """As on macOS: no file is needed."""
    assert usable_cores(proc=tmp_path, cgroups=tmp_path) == ALL


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("20000 100000", 1), ("max 100000", 16)],
)
def test_a_container_has_what_its_quota_leaves(
    groups: ControlGroups, limit: str, cores: int
) -> None:
    """As `docker run --cpus` writes it; begun cores count, and there is always one."""
    groups.belong_to("0::/")
    groups.write("cpu.max", limit)

    assert groups.cores() == cores


def test_the_least_quota_around_counts(groups: ControlGroups) -> None:
    """A group has no more than those that it is in, and no less for what lies beside it."""
    groups.belong_to("0::/slice/service")
    groups.write("slice/cpu.max", "300000 100000")
    groups.write("slice/service/cpu.max", "800000 100000")
    groups.write("slice/other/cpu.max", "100000 100000")

    assert groups.cores() == 3


def test_the_first_version_of_control_groups_counts_too(groups: ControlGroups) -> None:
    """There every controller has its own tree, and a quota of -1 means none."""
    groups.belong_to("4:memory:/a", "2:cpu,cpuacct:/a/b", "0::/")
    groups.write("cpu/a/b/cpu.cfs_quota_us", "400000")
    groups.write("cpu/a/b/cpu.cfs_period_us", "100000")
    groups.write("cpu/a/cpu.cfs_quota_us", "-1")
    groups.write("cpu/a/cpu.cfs_period_us", "100000")

    assert groups.cores() == 4


@pytest.mark.parametrize("path", ["/docker/4f1c", "/../../outside"])
def test_a_container_finds_its_own_group_at_the_mount(groups: ControlGroups, path: str) -> None:
    """It may be told a path that is the host's and does not exist inside."""
    groups.belong_to(f"0::{path}")
    groups.write("cpu.max", "200000 100000")

    assert groups.cores() == 2


def test_nobody_else_counts_cores() -> None:
    """Whoever asks the system itself gets cores that the process may not use."""
    asked = re.compile(r"\bcpu_count\b|sched_getaffinity")

    assert [
        path.name for path in sorted(PACKAGE.rglob("*.py")) if asked.search(path.read_text())
    ] == ["cores.py"]
