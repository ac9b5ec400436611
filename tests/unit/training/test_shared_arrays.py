"""Memory that several processes share."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from matinee.training.shared_arrays import ArrayPlan, SharedArrays

PLAN = {
    "small": ArrayPlan("float32", (3,)),
    "counts": ArrayPlan("int64", (2,)),
    "matrix": ArrayPlan("float64", (2, 2)),
    "times": ArrayPlan("float64", (2,)),
}

WRITE_IN_ANOTHER_PROCESS = """
import sys
from matinee.training.shared_arrays import ArrayPlan, SharedArrays
plan = {name: ArrayPlan(dtype, tuple(shape)) for name, dtype, shape in eval(sys.argv[2])}
memory = SharedArrays(plan, descriptor=int(sys.argv[1]))
memory["matrix"][1, 0] = 2.5
memory.integers("counts")[1] = 7
"""


def test_arrays_do_not_overlap() -> None:
    """Each has its own place, on a cache line of its own, and begins with zeros."""
    memory = SharedArrays(PLAN)
    assert all(not memory[name].any() for name in PLAN)

    for number, name in enumerate(PLAN, start=1):
        memory[name][...] = number

    assert [float(memory[name].min()) for name in PLAN] == [1.0, 2.0, 3.0, 4.0]
    assert [float(memory[name].max()) for name in PLAN] == [1.0, 2.0, 3.0, 4.0]
    assert {memory[name].ctypes.data % 64 for name in PLAN} == {0}


def test_single_numbers_are_the_arrays_numbers() -> None:
    """Both ways of looking see the same memory; other types are refused."""
    memory = SharedArrays(PLAN)

    memory.integers("counts")[1] = 5
    memory.floats("times")[0] = 0.5

    assert memory["counts"].tolist() == [0, 5]
    assert memory["times"].tolist() == [0.5, 0.0]
    with pytest.raises(ValueError, match="small is not a vector of float64"):
        memory.floats("small")


def test_another_process_sees_the_same_numbers() -> None:
    """By the descriptor alone; nothing has a name in any folder."""
    memory = SharedArrays(PLAN)
    plan = repr([(name, array.dtype, array.shape) for name, array in PLAN.items()])
    subprocess.run(
        [sys.executable, "-c", WRITE_IN_ANOTHER_PROCESS, str(memory.descriptor), plan],
        pass_fds=[memory.descriptor],
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert memory["matrix"][1, 0] == 2.5
    assert memory.integers("counts")[1] == 7
    assert os.fstat(memory.descriptor).st_nlink == 0


def test_arrays_outlive_the_descriptor() -> None:
    """Closing gives the descriptor back, twice if need be, and takes no number away."""
    memory = SharedArrays(PLAN)
    matrix = memory["matrix"]
    descriptor = memory.descriptor

    memory.close()
    memory.close()
    matrix[0, 0] = 1.0

    assert np.array_equal(memory["matrix"], matrix)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
