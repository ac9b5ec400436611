"""One thread for each operation."""

from __future__ import annotations

import os
import subprocess
import sys

from matinee.training.torch_threads import limit_library_threads, limit_torch_threads

_SCRIPT = """
import os, sys
from matinee.training.torch_threads import limit_library_threads, limit_torch_threads
assert not {"torch", "numpy"} & sys.modules.keys(), "too early"
limit_library_threads(os.environ)
limit_torch_threads()
import torch
print(torch.get_num_threads())
"""


def test_it_can_be_settled_before_torch_is_imported() -> None:
    """Later the variables are not read any more. A fresh interpreter ends with one thread."""
    child = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "OMP_NUM_THREADS": "4"},
    )

    assert child.stdout.strip() == "1"


def test_every_library_is_asked() -> None:
    """OpenMP, OpenBLAS, MKL and Accelerate."""
    environment = {"OMP_NUM_THREADS": "8"}
    limit_library_threads(environment)
    limit_torch_threads()

    assert environment == dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    )
