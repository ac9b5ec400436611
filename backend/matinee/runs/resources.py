"""What a run will need, worked out before anything is started; refused with the arithmetic.

An upper estimate in round numbers, for requests that would bring the machine to its knees. The
environments' own memory is unknown and left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import observation_memory
from matinee.contracts.environments import EnvironmentDescription
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.network_size import parameter_count
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.schedules import schedule_values
from matinee.errors import FieldError, InvalidInputError
from matinee.runs.ports import ServerLimits

PROCESS_BYTES = 250 * 2**20
"""A run process with torch loaded: 223 MiB were seen resident before training, 264 during it."""
WEIGHT_BYTES = 4
SHARED_COPIES = 4
"""The weights themselves and, at most, three vectors of optimizer statistics."""
COPIES_PER_THREAD = 3
"""Weights as pulled, their gradient, and what a layer-wise computation holds of either."""


@dataclass(frozen=True)
class Need:
    """What a run will take.

    Attributes:
        threads: Of all its processes together.
        processes: Run process and helpers.
        parameters: Weights of the network; None where the environment's spaces are unknown.
        rollout_bytes: Of the observations in all rollouts; 0 where their size is unknown.
        rollout_words: How these come about.
    """

    threads: int
    processes: int
    parameters: int | None
    rollout_bytes: int = 0
    rollout_words: str = ""

    @property
    def memory_bytes(self) -> int:
        """All of it."""
        weights = (self.parameters or 0) * WEIGHT_BYTES
        copies = SHARED_COPIES + COPIES_PER_THREAD * self.threads
        return self.processes * PROCESS_BYTES + weights * copies + self.rollout_bytes

    def __str__(self) -> str:
        rollouts = f" + rollouts: {self.rollout_words}" if self.rollout_bytes else ""
        return (
            f"{self.processes} process(es) x {PROCESS_BYTES // 2**20} MiB + "
            f"{self.parameters or 0:,} weights x {WEIGHT_BYTES} bytes x ({SHARED_COPIES} shared "
            f"copies + {COPIES_PER_THREAD} x {self.threads} threads){rollouts} = "
            f"{self.memory_bytes / 2**30:.1f} GiB"
        )


def need_of(spec: RunSpec, environment: EnvironmentDescription) -> Need:
    """What this run will take at most, by its spec."""
    settings = spec.initial_settings()
    threads = _most(settings["workers"])
    if spec.algorithm is Algorithm.GA3C:
        threads += _most(settings["optimizer_threads"]) + _most(settings["predictor_threads"])
    elif spec.algorithm in (Algorithm.A2C, Algorithm.PPO):
        # `workers` says there only how many environments are stepped together.
        threads = 1
    parameters = parameters_of(spec, environment)
    observation_bytes = observation_bytes_of(spec, environment)
    if observation_bytes is None:
        return Need(threads, spec.processes, parameters)
    held = observation_memory(spec.algorithm, settings, observation_bytes)
    return Need(threads, spec.processes, parameters, *held)


def observation_bytes_of(spec: RunSpec, environment: EnvironmentDescription) -> int | None:
    """Of one observation; None where nobody knows before it is built.

    Arguments of the environment may change it; then the run process finds out.
    """
    space = environment.observation
    if space is None or space.kind != "Box" or space.shape is None or spec.environment.kwargs:
        return None
    is_bytes = environment.seen_as == "image" and space.text.endswith("uint8)")
    return math.prod(space.shape) * (1 if is_bytes else 4)


def parameters_of(spec: RunSpec, environment: EnvironmentDescription) -> int | None:
    """Weights of the network; None where nobody knows what it sees before it is built."""
    if environment.network_input is None or environment.policy_outputs is None:
        return None
    if spec.environment.kwargs:
        # They may change the spaces.
        return None
    return parameter_count(
        spec.network,
        network_input=environment.network_input,
        outputs=environment.policy_outputs,
        is_continuous=environment.continuous_actions,
    )


def check_resources(need: Need, limits: ServerLimits, *, machine_bytes: int) -> None:
    """Refuse what this server does not allow.

    Raises:
        InvalidInputError: with what is needed, how that comes about, and what is allowed.
    """
    errors: list[FieldError] = []
    if need.threads > limits.threads_per_run:
        errors.append(
            FieldError(
                ("workers",),
                f"{need.threads} threads; this server allows {limits.threads_per_run} a run",
            )
        )
    if need.parameters is not None and need.parameters > limits.parameters:
        errors.append(
            FieldError(
                ("network", "hidden"),
                f"{need.parameters:,} weights; this server allows {limits.parameters:,}",
            )
        )
    allowed_bytes = math.floor(machine_bytes * limits.memory_fraction)
    if need.memory_bytes > allowed_bytes:
        errors.append(
            FieldError(
                ("network", "hidden"),
                f"memory: {need}; allowed: {allowed_bytes / 2**30:.1f} GiB "
                f"({limits.memory_fraction:.0%} of this machine)",
            )
        )
    if errors:
        raise InvalidInputError(
            "the run would need more than this server allows: "
            + "; ".join(error.message for error in errors),
            fields=errors,
            code="too_large",
        )


def _most(setting: HyperparameterSetting) -> int:
    if isinstance(setting, int | float):
        return round(setting)
    if isinstance(setting, str):
        raise TypeError(f"{setting!r} is no number")
    return round(max(schedule_values(setting)))
