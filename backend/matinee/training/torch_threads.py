"""One thread for each torch operation: nets this small lose by more, and workers are the threads.

The environment variables count only if they are set before torch and NumPy are imported, so the
process that trains sets them first of all. This module imports neither at its top.
"""

from __future__ import annotations

from collections.abc import MutableMapping

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
