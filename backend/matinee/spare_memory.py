"""Processes that live long keep no more memory than they use.

Threads that come and go, and arrays of many lengths, leave free pieces between what stays.
glibc has a heap for each thread, up to eight a core, and gives back the end of one by itself,
never what lies before it. Garbage in cycles waits for a full collection, which a server that is
at rest hardly ever makes.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

RETURN_EVERY_S = 60.0
_KEPT_BYTES = 0
"""At the end of the heap, beyond what is used."""
_PASSING_NAMES = 44_000
"""More than have room in a table of 2^16 places, of which CPython fills two thirds."""
_STORED_ARRAY_BYTES = range(8, 1024, 8)
"""Sizes of arrays of whole numbers or floats that NumPy stores when they are freed."""
_STORED_ARRAYS = 7
"""Of each size (numpy, alloc.c, NCACHE)."""
_M_ARENA_MAX = -8
"""Of mallopt(3), malloc.h."""


def share_one_heap() -> bool:
    """Let all threads allocate from one heap. Call it before there is a second thread.

    Free pieces in one heap are there for every thread. Threads hardly wait for each other:
    glibc keeps small pieces for each thread apart, and most of the rest is allocated with the
    interpreter lock.

    Returns:
        Whether this system's C library can do that.
    """
    mallopt = _c_function("mallopt", ctypes.c_int, ctypes.c_int)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, 1))


@contextmanager
def imports_set_apart() -> Iterator[None]:
    """Collect nothing meanwhile, and never look through what is there at the end.

    A hundred thousand objects of modules and more are never garbage. Looking at them again and
    again takes a tenth of a start, and later a tenth of a second each time, in which no thread
    goes on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def make_room_for_names() -> None:
    """Let the interpreter's table of names take its last size now. Call it after the imports.

    `pathlib` enters each part of a path in it. A name that goes leaves its place taken until the
    table is full; then it is made anew, three times as large as what is left needs (CPython,
    dictobject.c, `insertion_resize`). In a server that would come after an hour or a day: no
    thread goes on meanwhile, and the megabyte looks like a leak. From then on the size stays.

    Python 3.12 keeps all names for good: there it would only cost memory.
    """
    if sys.version_info[:2] == (3, 12):
        return
    for number in range(_PASSING_NAMES):
        sys.intern(f"passing name {number}")


def make_room_for_arrays() -> None:
    """Let NumPy's store of freed arrays take its last size now. Call it after the imports.

    NumPy keeps up to seven freed arrays of each size below 1 kB for the next one of that size
    (alloc.c, `_npy_free_cache`). Sizes come up by and by, some after an hour, and each array that
    is kept where it happened to lie holds a page that could go back otherwise. All at once and side
    by side they take 0.4 MB, in less than a millisecond.
    """
    import numpy as np

    kept = [np.empty(size, np.uint8) for size in _STORED_ARRAY_BYTES for _ in range(_STORED_ARRAYS)]
    kept.clear()


def return_spare_memory() -> bool:
    """Give whole free pages back to the system.

    `malloc_trim(3)` of glibc. It needs no interpreter lock, but holds that of the heap: who
    allocates waits meanwhile. It takes half a millisecond where 40 MB have nothing to spare,
    and a few where much goes back.

    Returns:
        Whether this system's C library can do that.
    """
    trim = _c_function("malloc_trim", ctypes.c_size_t)
    if trim is None:
        return False
    trim(_KEPT_BYTES)
    return True


@cache
def _c_function(name: str, *arguments: Any) -> Callable[..., int] | None:
    """Of the C library that this process runs on; it returns an int.

    Looked up once: ctypes makes a class for each look, which is garbage in a cycle afterwards.
    """
    found = getattr(ctypes.CDLL(None), name, None)
    if found is None:
        return None
    found.argtypes, found.restype = arguments, ctypes.c_int
    function: Callable[..., int] = found
    return function


class SpareMemory:
    """Of this process; used by one thread.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due_s = clock() + RETURN_EVERY_S

    def is_due(self) -> bool:
        """Once a minute, however often it is asked; then it is up to the caller."""
        now_s = self._clock()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + RETURN_EVERY_S
        return True

    def return_if_due(self) -> None:
        """Collect garbage and return what is to spare, once a minute, however often it is called.

        A full collection also empties what CPython keeps of freed tuples, lists and numbers. Where
        imports are set apart it takes a millisecond.
        """
        if self.is_due():
            gc.collect()
            return_spare_memory()
