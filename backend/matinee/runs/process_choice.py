"""How many workers and processes a run gets if nobody says: more only where they were seen to pay.

The figures are measured; see decision 0025. How many environments a worker gets is not chosen: 8
suits the other defaults. With 16 and 32 CartPole makes more env steps a second, but learns less
from a million of them, because it makes fewer updates.
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


_SMALL_NETWORK_WEIGHTS = 100_000
"""Of the hidden layers. For larger ones nobody has measured what threads gain."""

MEASURED_PROCESSES = 2
"""More were not measured. Each worker more makes gradients older, which costs samples."""


def workers_that_pay(
    spec: RunSpec, environment: EnvironmentDescription, *, cores: int, most: int
) -> int:
    """One for each process that pays, where threads of one process were seen to gain nothing.

    That is a3c with a small network in environments that are stepped in arrays: two threads make no
    more env steps than one, and their gradients are one update old, so that they need more of them.
    Two processes make nearly twice as many. Elsewhere the spec's own default stays: images and
    simulators let go of the interpreter lock, so that threads compute at the same time.

    Args:
        spec: Of the run; its own `workers` count where nothing better is known.
        environment: That it trains in.
        cores: Of the machine.
        most: That the server allows.
    """
    is_in_arrays = environment.vectorized and environment.seen_as == "vector"
    is_small = _trunk_weights(spec) <= _SMALL_NETWORK_WEIGHTS
    if not (_may_be_spread(spec) and is_in_arrays and is_small):
        return spec.workers
    several = spec.model_copy(update={"workers": min(MEASURED_PROCESSES, most)})
    return max(spec.processes, processes_that_pay(several, environment, cores=cores))


def processes_that_pay(spec: RunSpec, environment: EnvironmentDescription, *, cores: int) -> int:
    """One for each core and worker if training will take a minute or more, else one.

    Runs that end nobody knows when get one: they may be short, or share the machine with others.

    Args:
        spec: Of the run; its own `processes` does not count.
        environment: That it trains in.
        cores: Of the machine.
    """
    if not _may_be_spread(spec):
        return 1
    expected_s = _expected_s(spec, environment)
    if expected_s is None or expected_s < WORTHWHILE_S:
        return 1
    return min(spec.workers, cores, PROCESSES_MAX)


def _may_be_spread(spec: RunSpec) -> bool:
    return spec.algorithm is Algorithm.A3C and not spec.lockstep and spec.network.lstm is None


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
    return step_s + _trunk_weights(spec) * _WEIGHT_S


def _trunk_weights(spec: RunSpec) -> int:
    """Between the hidden layers of all trunks."""
    trunk = sum(inputs * units for inputs, units in pairwise(spec.network.hidden))
    return trunk if spec.network.shared_trunk else 2 * trunk
