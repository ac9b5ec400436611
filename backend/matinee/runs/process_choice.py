"""How many processes a run gets if nobody says: more than one only where that has been seen to pay.

The figures are measured, on one core with 64 environments a worker; see decision 0025.
"""

from __future__ import annotations

from itertools import pairwise

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.environments import EnvironmentDescription
from matinee.contracts.run_spec import PROCESSES_MAX, RunSpec

WORTHWHILE_S = 60.0
"""A worker process takes 0.5 to 2 s to come up. Runs of a minute have that back many times over."""

_NATIVE_STEP_S = 2e-6
_PYTHON_STEP_S = 40e-6
"""An env step of CartPole in native code and of Acrobot one by one, with a small network."""

_WEIGHT_S = 1.2e-10
"""What each weight of the hidden layers adds to an env step, acting and learning."""

_MEMORY_STEP_S = 50e-6
"""What an LSTM adds: torch, in steps too small to leave the interpreter's lock for long."""


def processes_that_pay(spec: RunSpec, environment: EnvironmentDescription, *, cores: int) -> int:
    """One for each core and worker if training will take a minute or more, else one.

    Runs that end nobody knows when get one: they may be short, or share the machine with others.

    Args:
        spec: Of the run; its own `processes` does not count.
        environment: That it trains in.
        cores: Of the machine.
    """
    if spec.algorithm is not Algorithm.A3C or spec.lockstep:
        return 1
    if environment.vectorized and environment.seen_as == "image":
        # Games and convolutions leave the interpreter's lock alone: threads are as fast.
        return 1
    expected_s = _expected_s(spec, environment)
    if expected_s is None or expected_s < WORTHWHILE_S:
        return 1
    return min(spec.workers, cores, PROCESSES_MAX)


def _expected_s(spec: RunSpec, environment: EnvironmentDescription) -> float | None:
    """Seconds of training on one core, at most; None if there is no end."""
    ends = []
    if spec.budget.seconds is not None:
        ends.append(spec.budget.seconds)
    if spec.budget.env_steps is not None:
        ends.append(spec.budget.env_steps * _step_s(spec, environment))
    return min(ends, default=None)


def _step_s(spec: RunSpec, environment: EnvironmentDescription) -> float:
    step_s = _NATIVE_STEP_S if environment.vectorized else _PYTHON_STEP_S
    if spec.network.lstm is not None:
        step_s += _MEMORY_STEP_S
    trunk = sum(inputs * units for inputs, units in pairwise(spec.network.hidden))
    return step_s + (trunk if spec.network.shared_trunk else 2 * trunk) * _WEIGHT_S
