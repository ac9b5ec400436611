"""One thread for each operation."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from matinee.training.torch_threads import (
    limit_library_threads,
    limit_torch_threads,
    shared_by_cores,
    usable_cores,
)

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


def _fail_with_all_cores() -> None:
    with shared_by_cores(enabled=True):
        raise ArithmeticError


def test_images_are_learned_from_with_all_cores() -> None:
    """While the block lasts; then there is one thread again, also after an error."""
    limit_torch_threads()
    with shared_by_cores(enabled=True):
        assert torch.get_num_threads() == min(usable_cores(), 8)
    assert torch.get_num_threads() == 1
    with pytest.raises(ArithmeticError):
        _fail_with_all_cores()
    assert torch.get_num_threads() == 1


def test_everybody_else_keeps_to_one_thread() -> None:
    """Vectors are learned from without torch, and workers are the threads."""
    limit_torch_threads()
    with shared_by_cores(enabled=False):
        assert torch.get_num_threads() == 1
