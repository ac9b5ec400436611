"""Everything that takes a whole process down, or makes it stand still."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from pathlib import Path

HOURS_S = 36_000
_MEMORY_LEFT_BYTES = 64 * 1024 * 1024


def bring_down(fault: str) -> None:
    """Do it to this process.

    Raises:
        ValueError: there is no such fault.
        MemoryError: as asked for.
    """
    match fault:
        case "exit":
            os._exit(0)
        case "segfault":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "hold_gil":
            # A `PyDLL` keeps the interpreter's lock during the call.
            ctypes.PyDLL(None).sleep(HOURS_S)
        case "sleep":
            time.sleep(HOURS_S)
        case "memory":
            _use_up_memory()
        case _:
            raise ValueError(fault)


def _use_up_memory() -> None:
    """As on a machine that has none left, without taking it from others."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY_LEFT_BYTES, resource.RLIM_INFINITY))
    hoard = []
    while True:
        hoard.append(bytearray(1024 * 1024))
