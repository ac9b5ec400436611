"""The heaps that glibc keeps for the threads of a process, seen from outside."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

import pytest

with_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries keep no heap for each thread"
)

HEAP_BYTES = 64 << 20
"""What glibc reserves for a heap of its own of some threads, at a multiple of it."""


def heaps_beside_the_main_one(pid: int) -> int:
    """Pairs of neighbours in its memory: what a heap uses, and what is reserved for it."""
    found = 0
    used_from, used_to, used_mode = 0, 0, ""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        bounds, mode, *_ = line.split()
        begin, end = (int(bound, 16) for bound in bounds.split("-"))
        found += (
            (used_mode, mode) == ("rw-p", "---p")
            and begin == used_to
            and used_from % HEAP_BYTES == 0
            and end - used_from == HEAP_BYTES
        )
        used_from, used_to, used_mode = begin, end, mode
    return found


def with_heaps_as_usual(variables: Mapping[str, str]) -> dict[str, str]:
    """An environment in which nobody has told glibc how many heaps there may be."""
    told = ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
    return {name: value for name, value in variables.items() if name not in told}
