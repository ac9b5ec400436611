"""`python -m matinee.training.worker_process`: hosts some of a run's actor-learners.

It is started by the trainer's process and lives for it alone: it ends at once when that one does,
and leaves signals from the terminal or from a service manager to it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from matinee.spare_memory import imports_set_apart, share_one_heap
from matinee.training.torch_threads import limit_library_threads

_PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal that a process gets when its parent dies."""

_ORPHANED = 3


def main() -> None:
    """Host workers until told to leave, or until the trainer's process is gone."""
    descriptor, crash_descriptor, parent = map(int, sys.argv[1:])
    # They also reach the trainer's process, which ends training in order, and this one with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _die_with(parent)
    faulthandler.enable(crash_descriptor)
    # Before anything loads a maths library.
    limit_library_threads(os.environ)
    share_one_heap()
    connection: Connection[Any, Any] = Connection(descriptor)
    try:
        with imports_set_apart():
            from matinee.training.worker_host import serve
        serve(connection)
    except (EOFError, ConnectionError):
        os._exit(_ORPHANED)
    except BaseException:  # noqa: BLE001 -- told to the trainer's process, which fails with it
        _tell_crash(connection, traceback.format_exc())
        os._exit(1)
    # Threads that hang in an environment must not keep a process that has been told to leave.
    os._exit(0)


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, however it dies and whatever this process does then.

    Elsewhere than on Linux the main thread learns it from the end of the connection.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(_ORPHANED)


def _tell_crash(connection: Connection[Any, Any], text: str) -> None:
    from matinee.training.process_messages import Crashed

    with suppress(OSError):
        connection.send(Crashed(text))


if __name__ == "__main__":
    main()
