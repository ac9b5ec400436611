"""Processes that live long keep no more memory than they use."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from fakes.heaps import with_glibc, with_heaps_as_usual
from matinee import spare_memory as module
from matinee.spare_memory import (
    RETURN_EVERY_S,
    SpareMemory,
    imports_set_apart,
    return_spare_memory,
    share_one_heap,
)

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

MANY_PATHS = """
import pathlib, sys
import psutil
from matinee.spare_memory import make_room_for_names, return_spare_memory, share_one_heap

def resident():
    return_spare_memory()
    return psutil.Process().memory_info().rss

share_one_heap()
kept = [sys.intern(f"a module's name {number}") for number in range(30_000)]
if len(sys.argv) > 1:
    make_room_for_names()
before = resident()
for number in range(200_000):
    pathlib.Path(f"a run's folder {number}")
print(resident() - before)
"""

ARRAYS_OF_MANY_LENGTHS = """
import ctypes, sys
import numpy as np
from matinee.spare_memory import make_room_for_arrays

class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd",
        "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]

mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Mallinfo2
if len(sys.argv) > 1:
    make_room_for_arrays()
before = mallinfo2().uordblks
for length in range(1, 128):
    arrays = [np.zeros(length) for _ in range(7)]
    arrays.clear()
print(mallinfo2().uordblks - before)
"""

HEAPS_OF_THREADS = """
import ctypes, threading

everybody = threading.Barrier(4)

def allocate():
    kept = bytes(2_000)
    everybody.wait(30)

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.fflush.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
stdout = libc.fdopen(1, b"w")
assert libc.malloc_info(0, stdout) == 0
libc.fflush(stdout)
"""


def number_printed(program: str, *arguments: str) -> int:
    """By a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return int(done.stdout)


@with_glibc
def test_pages_between_what_is_kept_go_back() -> None:
    """Of 100 MB of which every fiftieth block is still in use, most is given back, and what is kept
    stays as it is.
    """
    assert number_printed(FREED_AMONG_KEPT) > 50e6


class Cycle:
    """Refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def own_collector() -> Iterator[None]:
    """Nothing is set apart for ever, neither before nor after."""
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("own_collector")
def test_what_imports_make_is_not_looked_at_again() -> None:
    """Nothing is collected while they go on, and what was there at their end stays out of
    collections, also if they fail.
    """
    kept = []

    def fail_to_import() -> None:
        with imports_set_apart():
            kept.append(weakref.ref(Cycle()))
            assert not gc.isenabled()
            raise ImportError

    with pytest.raises(ImportError):
        fail_to_import()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 1_000
    gc.collect()
    assert kept[0]() is not None


# There nothing is done: 3.12.1 left 18 MB of 200,000 paths with the room as without it.
@with_glibc
@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="Python 3.12 keeps all names for good")
def test_names_that_come_and_go_take_no_more_room() -> None:
    """With room for them, hundreds of thousands of paths leave nothing; without it, they do."""
    assert number_printed(MANY_PATHS) > 500_000
    assert number_printed(MANY_PATHS, "room") < 250_000


@with_glibc
def test_arrays_that_come_and_go_take_no_more_room() -> None:
    """With room for them, seven arrays of each length below 128 leave next to nothing; without it,
    NumPy keeps 400 kB of them.
    """
    assert number_printed(ARRAYS_OF_MANY_LENGTHS) > 300_000
    assert number_printed(ARRAYS_OF_MANY_LENGTHS, "room") < 30_000


@with_glibc
def test_threads_share_one_heap() -> None:
    """Without it, each of several threads that allocate gets one."""

    def heaps(prelude: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", prelude + HEAPS_OF_THREADS],
            env=with_heaps_as_usual(os.environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.count("<heap nr=")

    assert heaps("") > 1
    assert heaps("from matinee.spare_memory import share_one_heap; assert share_one_heap()") == 1


def test_it_is_done_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody asks."""
    now_s, times_s = 100.0, list[float]()
    monkeypatch.setattr(module, "return_spare_memory", lambda: times_s.append(now_s))
    spare = SpareMemory(clock=lambda: now_s)

    for _ in range(600):
        now_s += 0.5
        spare.return_if_due()

    assert times_s == [100.0 + RETURN_EVERY_S * number for number in (1, 2, 3, 4, 5)]


@pytest.mark.usefixtures("own_collector")
def test_garbage_in_cycles_goes_with_it() -> None:
    """What only a collection frees is gone after it, and asking leaves no garbage of its own."""
    now_s = 100.0
    spare = SpareMemory(clock=lambda: now_s)
    gc.disable()
    garbage = weakref.ref(Cycle())

    spare.return_if_due()
    assert garbage() is not None
    now_s += RETURN_EVERY_S
    spare.return_if_due()

    assert garbage() is None
    for _ in range(3):
        return_spare_memory()
    assert gc.collect() == 0


@pytest.fixture
def functions_not_looked_up_yet() -> Iterator[None]:
    """Neither before nor after."""
    module._c_function.cache_clear()
    yield
    module._c_function.cache_clear()


@pytest.mark.usefixtures("functions_not_looked_up_yet")
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no such call nothing is done."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())

    assert not return_spare_memory()
    assert not share_one_heap()
