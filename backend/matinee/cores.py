"""How many cores this process may use: often fewer than the machine has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")


def usable_cores(*, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Whole cores that the affinity and the quota of a container leave to this process.

    A quota may be a fraction: one and a half keeps a second thread busy half of the time, so it
    counts as two.

    Args:
        proc: Where Linux tells to which control groups this process belongs.
        cgroups: Where it has the control groups themselves.
    """
    quotas = list(_quotas(proc, cgroups))
    return min([_cores_by_affinity(), *(max(1, math.ceil(quota)) for quota in quotas)])


def _cores_by_affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(proc: Path, cgroups: Path) -> Iterator[float]:
    """Cores that each group around this process may use, where one is limited; else nothing."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            for group in _groups(cgroups, path):
                yield from _share(_words(group / "cpu.max"))
        elif "cpu" in controllers.split(","):
            for group in _groups(cgroups / "cpu", path):
                quota = _words(group / "cpu.cfs_quota_us")
                yield from _share([*quota, *_words(group / "cpu.cfs_period_us")])


def _groups(mount: Path, path: str) -> Iterator[Path]:
    """A group and all groups around it; the outermost is where they are mounted.

    A container may see a path of its host's, and none but its own group at the mount.
    """
    inside = PurePosixPath(path.lstrip("/"))
    if ".." not in inside.parts:
        yield from (mount / each for each in (inside, *inside.parents) if each.parts)
    yield mount


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []


def _share(words: list[str]) -> Iterator[float]:
    """Microseconds of processor time in so many microseconds, unless there is no limit."""
    match words:
        case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period) > 0:
            yield int(quota) / int(period)
