"""Ends a process that has hung: first so that it tells where, then firmly."""

from __future__ import annotations

from matinee.runs.ports import RunProcess

DUMP_TIMEOUT_S = 5.0
"""SIGABRT makes Python write the stacks of all threads, and then ends it."""
TERMINATE_TIMEOUT_S = 10.0


async def end_hung(process: RunProcess) -> None:
    """SIGABRT, then SIGTERM, then SIGKILL; returns once it is gone, or has been killed."""
    process.abort()
    if await process.wait(DUMP_TIMEOUT_S) is not None:
        return
    process.terminate()
    if await process.wait(TERMINATE_TIMEOUT_S) is not None:
        return
    process.kill()
