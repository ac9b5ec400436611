"""A set of hyperparameters, as asked for, and its plain values at one env step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal

from matinee.algorithm.objective import Objective
from matinee.algorithm.shared_optimizers import OptimizerKind, StepSettings
from matinee.contracts.hyperparameters import HYPERPARAMETERS, HyperparameterSetting
from matinee.contracts.setting_values import Value, evaluate


@dataclass(frozen=True)
class HyperparameterValues:
    """Plain values, one for each row of the catalogue; what a worker uses for one rollout."""

    algorithm: Literal["a3c", "ga3c", "a2c", "ppo"]
    workers: int
    envs_per_worker: int
    pull_interval: int
    optimizer_threads: int
    predictor_threads: int
    learning_rate: float
    max_gradient_norm: float
    optimizer: OptimizerKind
    optimizer_epsilon: float
    optimizer_epsilon_mode: Literal["inside", "outside"]
    rmsprop_decay: float
    adam_beta1: float
    adam_beta2: float
    update_lock: Literal["none", "per_update"]
    shared_statistics: bool
    entropy_coefficient: float
    value_coefficient: float
    normalize_advantage: bool
    clip_range: float
    epochs: int
    minibatches: int
    target_kl: float
    rollout_length: int
    gamma: float
    gae_lambda: float
    truncation_bootstrap: bool
    reward_scale: float
    reward_clip: float
    freeze_normalization: bool
    epsilon: float
    worker_delay_s: float
    target_steps_per_second: float
    correction: Literal["none", "epsilon", "importance", "vtrace"]
    vtrace_rho_bar: float
    vtrace_c_bar: float
    min_batch: int
    queue_capacity: int
    max_policy_lag: int
    gravity: float
    pole_length: float
    pole_mass: float
    force: float
    wind_power: float

    def parameters(self, names: Iterable[str]) -> dict[str, float]:
        """Those of the environment, which has parameters of these names."""
        return {name: getattr(self, name) for name in names}

    @property
    def is_slowed_down(self) -> bool:
        """Whether somebody wants to be able to watch."""
        return self.target_steps_per_second > 0.0 or self.worker_delay_s > 0.0

    @property
    def objective(self) -> Objective:
        """What the loss needs of them."""
        return Objective(
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            reward_scale=self.reward_scale,
            truncation_bootstrap=self.truncation_bootstrap,
            normalize_advantage=self.normalize_advantage,
            entropy_coefficient=self.entropy_coefficient,
            value_coefficient=self.value_coefficient,
            epsilon=self.epsilon,
            reward_clip=self.reward_clip,
            correction=self.correction,
            rho_bar=self.vtrace_rho_bar,
            c_bar=self.vtrace_c_bar,
            clip_range=self.clip_range,
        )

    @property
    def structure(self) -> tuple[str, int, int, int, int]:
        """What says which threads there are, and how many environments each of them has."""
        return (
            self.algorithm,
            self.workers,
            self.envs_per_worker,
            self.optimizer_threads,
            self.predictor_threads,
        )

    @property
    def step(self) -> StepSettings:
        """What the optimizer needs of them."""
        return StepSettings(
            learning_rate=self.learning_rate,
            epsilon=self.optimizer_epsilon,
            epsilon_mode=self.optimizer_epsilon_mode,
            rmsprop_decay=self.rmsprop_decay,
            adam_beta1=self.adam_beta1,
            adam_beta2=self.adam_beta2,
        )


VALUE_NAMES = tuple(field.name for field in fields(HyperparameterValues))


class HyperparameterSet:
    """One revision of all hyperparameters. Immutable: a change is a new set.

    Attributes:
        revision: Counts changes, from 0.
        settings: As asked for, each a plain value or a schedule.
        since_env_step: For each name, the env step from which its setting has been in use.
    """

    def __init__(
        self,
        *,
        revision: int,
        settings: Mapping[str, HyperparameterSetting],
        since_env_step: Mapping[str, int],
    ) -> None:
        self.revision = revision
        self.settings = MappingProxyType(dict(settings))
        self.since_env_step = MappingProxyType(dict(since_env_step))
        self._scheduled = tuple(
            name
            for name, setting in self.settings.items()
            if not isinstance(setting, bool | int | float | str)
        )
        self._at_first = {name: self.value_at(name, 0) for name in VALUE_NAMES}
        self._constant = None if self._scheduled else self._values_at(0)

    def values_at(self, env_step: int) -> HyperparameterValues:
        """Plain values for a rollout that begins at `env_step`."""
        return self._constant if self._constant is not None else self._values_at(env_step)

    def value_at(self, name: str, env_step: int) -> Value:
        """The plain value of one hyperparameter."""
        return _plain(name, evaluate(self.settings[name], env_step))

    def _values_at(self, env_step: int) -> HyperparameterValues:
        values: dict[str, Any] = self._at_first | {
            name: self.value_at(name, env_step) for name in self._scheduled
        }
        return HyperparameterValues(**values)


def _plain(name: str, value: Value) -> Value:
    kind = HYPERPARAMETERS[name].kind
    if kind == "number":
        return float(value)
    if kind == "integer":
        assert not isinstance(value, str)
        return round(value)
    return value
