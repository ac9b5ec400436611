"""What child processes find in their environment: what the server found, but no secrets."""

from __future__ import annotations

import os

SECRET_VARIABLES = frozenset({"MATINEE_TOKEN"})
"""Children run foreign code."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def child_environment(*, library_threads: int | None = None) -> dict[str, str]:
    """The environment of a child process.

    Args:
        library_threads: How many threads numerical libraries may use; None: as the server was told.
    """
    environment = {name: text for name, text in os.environ.items() if name not in SECRET_VARIABLES}
    if library_threads is not None:
        environment |= dict.fromkeys(THREAD_VARIABLES, str(library_threads))
    return environment
