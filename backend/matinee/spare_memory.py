"""Memory that the C heap keeps and nobody uses goes back to the system, now and then.

Threads that come and go, and arrays of many lengths, leave free pages between what stays, in a heap
of each thread. glibc gives back the end of a heap by itself, and never what lies before it.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

RETURN_EVERY_S = 60.0
_KEPT_BYTES = 0
"""At the end of the heap, beyond what is used."""


def return_spare_memory() -> bool:
    """Give whole free pages back to the system.

    `malloc_trim(3)` of glibc, which locks one heap after another and needs no interpreter lock. It
    takes half a millisecond where 40 MB have nothing to spare, and a few where much goes back.

    Returns:
        Whether this system's C library can do that.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    trim(_KEPT_BYTES)
    return True


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
        """Once a minute, however often it is called."""
        if self.is_due():
            return_spare_memory()
