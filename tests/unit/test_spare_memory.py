"""What the heap keeps and nobody uses goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from matinee import spare_memory as module
from matinee.spare_memory import RETURN_EVERY_S, SpareMemory, return_spare_memory

FREED_AMONG_KEPT = """
import psutil
from matinee.spare_memory import return_spare_memory

def resident():
    return psutil.Process().memory_info().rss

blocks = [bytes(2_000 + index % 5) for index in range(50_000)]
kept = blocks[::50]
blocks.clear()
before = resident()
assert return_spare_memory()
print(before - resident())
assert [len(each) for each in kept] == [2_000 + index % 5 for index in range(0, 50_000, 50)]
"""


def test_pages_between_what_is_kept_go_back() -> None:
    """Of 100 MB of which every fiftieth block is still in use, most is given back, and what is kept
    stays as it is.
    """
    done = subprocess.run(
        [sys.executable, "-c", FREED_AMONG_KEPT],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert int(done.stdout) > 50e6


def test_it_is_done_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody asks."""
    now_s, times_s = 100.0, list[float]()
    monkeypatch.setattr(module, "return_spare_memory", lambda: times_s.append(now_s))
    spare = SpareMemory(clock=lambda: now_s)

    for _ in range(600):
        now_s += 0.5
        spare.return_if_due()

    assert times_s == [100.0 + RETURN_EVERY_S * number for number in (1, 2, 3, 4, 5)]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no such call nothing is done."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())

    assert not return_spare_memory()
