"""The conditions of a measurement, in words."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from matinee import __version__
from matinee.cores import usable_cores

_PACKAGES = ("torch", "numpy", "gymnasium")


def processor() -> str:
    """Its model, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def describe_machine() -> str:
    """Processor, cores, system."""
    count = usable_cores()
    return f"{processor()}, {count} core{'s' * (count > 1)}, {platform.system()}"


def describe_versions(*others: str) -> str:
    """Of Python and of what the figures depend on, and others as they are to be shown."""
    ours = [f"{package} {version(package)}" for package in _PACKAGES]
    own = [f"matinee {__version__}", f"Python {platform.python_version()}"]
    return ", ".join([*own, *ours, *others])


BUSY_LOAD = 1.2
"""Processes for each core above which the machine does something besides what is measured."""


def is_busy() -> bool:
    """Whether more ran in the last minute than one measurement at a time."""
    return load_per_core() > BUSY_LOAD


def load_per_core() -> float:
    """Running processes for each core over the last minute, this one among them.

    The load is that of the whole machine, so all cores count, also those that this process may not
    use.
    """
    return os.getloadavg()[0] / (os.cpu_count() or 1)
