"""One thread for each torch operation: nets this small lose by more, and workers are the threads.

The exception is a single thread that learns from images: its convolutions share the cores.

The environment variables count only if they are set before torch and NumPy are imported, so the
process that trains sets them first of all. This module imports neither at its top.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

MOST_CORES = 8
"""For one operation: minibatches are too small for more."""

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_library_threads(environment: MutableMapping[str, str]) -> None:
    """Ask every numerical library for one thread. Call it before they are imported."""
    for name in THREAD_VARIABLES:
        environment[name] = "1"


def limit_torch_threads() -> None:
    """Ask torch for one thread in each operation. Call it once torch may be imported."""
    import torch

    torch.set_num_threads(1)


@contextmanager
def shared_by_cores(*, enabled: bool) -> Iterator[None]:
    """Within the block each torch operation uses all cores, afterwards one thread again.

    The number counts for the whole process: only for a thread that is alone with torch.

    Args:
        enabled: Otherwise nothing happens.
    """
    if not enabled:
        yield
        return
    import torch

    torch.set_num_threads(min(usable_cores(), MOST_CORES))
    try:
        yield
    finally:
        torch.set_num_threads(1)


def usable_cores() -> int:
    """Cores that this process may use, where the system says so; else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
