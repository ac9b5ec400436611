"""What can't be combined in a run, although each setting is allowed by itself.

Checked twice with the same rules: when a run is made, and when a hyperparameter of a run that
trains is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from matinee.contracts.algorithm_names import RECURRENT_ALGORITHMS, Algorithm
from matinee.contracts.environment_parameters import EnvironmentChoice, parameter_errors
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.schedules import schedule_values
from matinee.errors import FieldError, InvalidInputError

MAX_ROLLOUT_SAMPLES = 2**20
"""Keeps one rollout of one thread below about 100 MB for small observations."""

MAX_OBSERVATION_BYTES = 4 * 2**30
"""For the observations of all rollouts that a run holds at once."""

Settings = Mapping[str, HyperparameterSetting]


@dataclass(frozen=True)
class RunLayout:
    """The part of a spec that can't change while the run trains, but limits what can.

    Attributes:
        processes: Processes that share the weights.
        lockstep: Workers take turns in a fixed order.
        recurrent: The network has an LSTM.
        environment: Has some parameters and not others.
        observation_bytes: Of one observation; None before the environment was looked at.
    """

    processes: int
    lockstep: bool
    recurrent: bool
    environment: EnvironmentChoice
    observation_bytes: int | None = None


@dataclass(frozen=True)
class Clash:
    """Settings that can't be together.

    Attributes:
        names: Who takes part: hyperparameters, `lockstep`, `processes` and `lstm`.
        message: What is wrong, with the values, and what would do.
    """

    names: tuple[str, ...]
    message: str


def clashes(layout: RunLayout, settings: Settings) -> list[Clash]:
    """Everything that does not go together in a run with these complete settings."""
    algorithm = Algorithm(str(settings["algorithm"]))
    return [clash for rule in _RULES for clash in rule(algorithm, layout, settings)]


def check_change(layout: RunLayout, before: Settings, changes: Settings) -> None:
    """Refuse a change of a live run that would not go together with the rest.

    Args:
        layout: Of the run.
        before: Every hyperparameter, as it is.
        changes: What shall be different; each allowed by itself.

    Raises:
        InvalidInputError: naming the changed settings that are to blame.
    """
    fields = parameter_errors(layout.environment, changes)
    fields += [
        FieldError((name,), clash.message)
        for clash in clashes(layout, {**before, **changes})
        if (name := blamed(clash, changes)) is not None
    ]
    if fields:
        raise InvalidInputError(
            "these settings don't go together", fields=fields, code="invalid_hyperparameters"
        )


def check_memory(layout: RunLayout, settings: Settings) -> None:
    """Refuse rollouts that need too much memory, once the size of an observation is known.

    Raises:
        InvalidInputError: with what is needed and how that comes about.
    """
    algorithm = Algorithm(str(settings["algorithm"]))
    for clash in _observations_fit_memory(algorithm, layout, settings):
        raise InvalidInputError(
            clash.message,
            fields=[FieldError((clash.names[0],), clash.message)],
            code="invalid_hyperparameters",
        )


def blamed(clash: Clash, touched: Collection[str]) -> str | None:
    """The first name in a clash that somebody has touched; None if nobody has."""
    return next((name for name in clash.names if name in touched), None)


def _bounds(setting: HyperparameterSetting) -> tuple[float, float]:
    """The smallest and the largest value on a setting's course."""
    if isinstance(setting, str):
        raise TypeError(f"{setting!r} has no bounds")
    if isinstance(setting, int | float):
        return setting, setting
    values = schedule_values(setting)
    return min(values), max(values)


def _fewest_samples(settings: Settings) -> int:
    """Of one worker's rollout, where its length and its environments are fewest."""
    return round(_bounds(settings["rollout_length"])[0]) * round(
        _bounds(settings["envs_per_worker"])[0]
    )


def _rollout_fits_memory(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del layout
    length = round(_bounds(settings["rollout_length"])[1])
    together = round(_bounds(settings["envs_per_worker"])[1])
    names = "rollout_length x envs_per_worker"
    if algorithm in (Algorithm.A2C, Algorithm.PPO):
        together *= round(_bounds(settings["workers"])[1])
        names += " x workers"
    if length * together > MAX_ROLLOUT_SAMPLES:
        yield Clash(
            ("rollout_length", "envs_per_worker", "workers", "algorithm"),
            f"{names} = {length * together:,} samples a rollout; "
            f"allowed: up to {MAX_ROLLOUT_SAMPLES:,}",
        )


def observation_memory(
    algorithm: Algorithm, settings: Settings, observation_bytes: int
) -> tuple[int, str]:
    """Bytes of all observations that a run holds at once, and how they come about.

    All modes hold T + 1 observations of each environment; ga3c holds segments besides: at most its
    queue is full, as many segments are with each optimizer, and each worker fills one.
    """
    most = {
        name: round(_bounds(settings[name])[1])
        for name in (
            "rollout_length", "envs_per_worker", "workers", "queue_capacity", "optimizer_threads",
        )
    }  # fmt: skip
    rollouts = workers = most["workers"]
    words = f"{workers} (workers)"
    if algorithm is Algorithm.GA3C:
        capacity, optimizers = most["queue_capacity"], most["optimizer_threads"]
        rollouts = capacity * (1 + optimizers) + workers
        words = f"({capacity} (queue_capacity) x (1 + {optimizers} (optimizer_threads)) + {words})"
    rows = (most["rollout_length"] + 1) * most["envs_per_worker"]
    needed = rollouts * rows * observation_bytes
    return needed, (
        f"({most['rollout_length']} (rollout_length) + 1) x {most['envs_per_worker']} "
        f"(envs_per_worker) x {words} x {observation_bytes:,} bytes an observation = "
        f"{needed / 2**30:.1f} GiB"
    )


def _observations_fit_memory(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    if layout.observation_bytes is None:
        return
    needed, words = observation_memory(algorithm, settings, layout.observation_bytes)
    if needed > MAX_OBSERVATION_BYTES:
        yield Clash(
            (
                "rollout_length", "envs_per_worker", "workers", "queue_capacity",
                "optimizer_threads", "algorithm",
            ),
            f"rollouts would need too much memory: {words}; "
            f"allowed: up to {MAX_OBSERVATION_BYTES / 2**30:g} GiB",
        )  # fmt: skip


def _vtrace_limits_ordered(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del layout
    rho_bar, c_bar = _bounds(settings["vtrace_rho_bar"])[0], _bounds(settings["vtrace_c_bar"])[1]
    if algorithm is Algorithm.GA3C and rho_bar < c_bar:
        yield Clash(
            ("vtrace_rho_bar", "vtrace_c_bar", "algorithm"),
            f"vtrace_rho_bar ({rho_bar:g}) must not be below vtrace_c_bar ({c_bar:g})",
        )


def _batch_fits_queue(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del layout
    if algorithm is not Algorithm.GA3C:
        return
    capacity = round(_bounds(settings["queue_capacity"])[0])
    segment = _fewest_samples(settings)
    least = round(_bounds(settings["min_batch"])[1])
    if least > capacity * segment:
        yield Clash(
            ("min_batch", "queue_capacity", "rollout_length", "envs_per_worker", "algorithm"),
            f"min_batch ({least:,}) would never be reached: {capacity:,} segments of "
            f"{segment:,} samples (rollout_length x envs_per_worker) are all that the queue holds; "
            f"allowed: up to {capacity * segment:,}",
        )


def _minibatches_have_samples(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del layout
    if algorithm is not Algorithm.PPO:
        return
    samples = _fewest_samples(settings) * round(_bounds(settings["workers"])[0])
    parts = round(_bounds(settings["minibatches"])[1])
    if parts > samples:
        yield Clash(
            ("minibatches", "rollout_length", "envs_per_worker", "workers", "algorithm"),
            f"minibatches ({parts}) is more than the {samples} samples of an update "
            f"(rollout_length x envs_per_worker x workers)",
        )


def _advantages_can_be_compared(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del layout
    if not settings["normalize_advantage"] or algorithm is Algorithm.GA3C:
        return
    samples = _fewest_samples(settings)
    names = "rollout_length x envs_per_worker"
    if algorithm is not Algorithm.A3C:
        samples *= round(_bounds(settings["workers"])[0])
        names += " x workers"
    if algorithm is Algorithm.PPO:
        samples //= round(_bounds(settings["minibatches"])[1])
        names += " / minibatches"
    if samples == 1:
        yield Clash(
            (
                "normalize_advantage", "minibatches", "rollout_length", "envs_per_worker",
                "workers", "algorithm",
            ),
            f"normalize_advantage needs more than the one sample to compare that {names} leave",
        )  # fmt: skip


def _lockstep_has_a_meaning(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del settings
    if not layout.lockstep:
        return
    if algorithm is not Algorithm.A3C:
        yield Clash(
            ("lockstep", "algorithm"),
            f"lockstep makes the workers of a3c take turns; {algorithm} "
            + (
                "is reproducible without it"
                if algorithm in (Algorithm.A2C, Algorithm.PPO)
                else "has a queue and no such mode"
            ),
        )
    if layout.processes > 1:
        yield Clash(
            ("lockstep", "processes"),
            f"lockstep is for one process, not {layout.processes}: give processes 1",
        )


def _processes_only_in_a3c(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del settings
    if layout.processes > 1 and algorithm is not Algorithm.A3C:
        yield Clash(
            ("processes", "algorithm"),
            f"{layout.processes} processes can share the weights in a3c only; in {algorithm} "
            "allowed: 1",
        )


def _memory_kept_in_order(
    algorithm: Algorithm, layout: RunLayout, settings: Settings
) -> Iterator[Clash]:
    del settings
    if not layout.recurrent:
        return
    if algorithm not in RECURRENT_ALGORITHMS:
        yield Clash(
            ("lstm", "algorithm"),
            f"an LSTM can be trained in {' and '.join(RECURRENT_ALGORITHMS)}, not in {algorithm}",
        )


_Rule = Callable[[Algorithm, RunLayout, Settings], Iterator[Clash]]
_RULES: tuple[_Rule, ...] = (
    _rollout_fits_memory,
    _observations_fit_memory,
    _vtrace_limits_ordered,
    _batch_fits_queue,
    _minibatches_have_samples,
    _advantages_can_be_compared,
    _lockstep_has_a_meaning,
    _processes_only_in_a3c,
    _memory_kept_in_order,
)
