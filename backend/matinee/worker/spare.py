"""Manners of a process that waits for a run, and of one that the machine has no memory for."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OOM_SCORE = 500
"""Of 1,000: when memory runs out, a run goes before the server and before the user's shell."""
LOOK_INTERVAL_MS = 200


def be_first_to_go(score_file: Path = Path("/proc/self/oom_score_adj")) -> None:
    """Ask the kernel to end this process first when memory runs out; only Linux can be asked.

    Raising the score needs no rights.
    """
    with suppress(OSError):
        score_file.write_text(str(OOM_SCORE))


@contextmanager
def leaving_with_the_server(descriptor: int) -> Iterator[None]:
    """End this process at once if the writing end of `descriptor` closes without a word.

    Used while imports take their seconds, in which nobody reads: a spare must not outlive a
    server that was killed.
    """
    is_over = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(descriptor, is_over), name="spare-watch", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _watch(descriptor: int, is_over: threading.Event) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while not is_over.is_set():
        for _, happened in poll.poll(LOOK_INTERVAL_MS):
            if happened & select.POLLHUP and not happened & select.POLLIN:
                os._exit(0)
            # A word has come; whoever reads it sees the end as well.
            return
