"""The one description of a run: CLI arguments = HTTP body = header of run.db and checkpoints."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from matinee.contracts.hyperparameters import (
    HyperparameterSetting,
    check_settings,
)
from matinee.contracts.schedules import ENV_STEP_MAX
from matinee.contracts.validation import MultipleFieldsError, field_errors
from matinee.errors import InvalidInputError

SEED_MAX = 2**32 - 1
ENVIRONMENT_ID_PATTERN = r"^(?:[A-Za-z0-9_][A-Za-z0-9_.\-]*/)?[A-Za-z0-9_][A-Za-z0-9_.\-]*$"
"""As gymnasium names environments, without the `module:` prefix, which would import code."""

MAX_ROLLOUT_SAMPLES = 2**20
"""Keeps one rollout of one worker below about 100 MB for small observations."""

NULLABLE_FIELDS = frozenset(
    {"env_steps", "seconds", "target_return", "every_seconds", "every_env_steps"}
)
"""Fields of which null is a value ("no limit", "never") and not "back to the default"."""

NESTED_FIELDS = frozenset(
    {"environment", "network", "hyperparameters", "budget", "checkpoint", "evaluation"}
)
"""Fields that merge member by member; a schedule or an environment's `kwargs` replaces."""

Name = Annotated[str, Field(min_length=1, max_length=120)]
Group = Annotated[str, Field(min_length=1, max_length=80)]
Tag = Annotated[str, Field(min_length=1, max_length=40)]


class Algorithm(StrEnum):
    """Who computes gradients from what, and where they go."""

    A3C = "a3c"


class Activation(StrEnum):
    """Non-linearity of the hidden layers."""

    TANH = "tanh"
    RELU = "relu"


class _SpecPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class EnvironmentSpec(_SpecPart):
    """Which environment, built with which keyword arguments."""

    id: str = Field(
        max_length=100,
        description="An id from `GET /api/v1/environments`.",
        json_schema_extra={"pattern": ENVIRONMENT_ID_PATTERN},
    )
    kwargs: dict[str, JsonValue] = Field(
        default_factory=dict, max_length=20, description="Passed to the environment's constructor."
    )

    @field_validator("id")
    @classmethod
    def _names_no_module(cls, value: str) -> str:
        if re.fullmatch(ENVIRONMENT_ID_PATTERN, value):
            return value
        if ":" in value:
            raise ValueError(
                f"{value!r} is not allowed: a `module:` prefix would import code; allowed: an id "
                "from GET /api/v1/environments, such as CartPole-v1"
            )
        raise ValueError(
            f"{value!r} is not an environment id; allowed: letters, digits, `_`, `.` and `-`, "
            "perhaps after a `namespace/`, such as CartPole-v1 or ALE/Pong-v5"
        )


class NetworkSpec(_SpecPart):
    """A multilayer perceptron with a policy head and a value head."""

    hidden: list[Annotated[int, Field(ge=1, le=2048)]] = Field(
        default=[64, 64], min_length=1, max_length=8, description="Units of each hidden layer."
    )
    activation: Activation = Activation.TANH
    shared_trunk: bool = Field(
        default=True, description="One trunk for policy and value, or one each."
    )


class BudgetSpec(_SpecPart):
    """What ends the run; whichever comes first. All null: it runs until somebody stops it."""

    env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = 1_000_000
    seconds: Annotated[float, Field(gt=0, le=31_536_000)] | None = Field(
        default=None, description="Seconds of training, pauses not counted."
    )
    target_return: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        default=None, description="Mean return of the last 100 training episodes."
    )


class CheckpointSpec(_SpecPart):
    """When the learner's state is written to disk."""

    every_seconds: Annotated[float, Field(ge=1, le=86_400)] | None = 30.0
    keep_last: int = Field(default=3, ge=1, le=100)
    keep_best: bool = True


class EvaluationSpec(_SpecPart):
    """Test episodes on a snapshot of the weights, greedy, in an environment of their own."""

    every_env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = None
    episodes: int = Field(
        default=5, ge=0, le=1000, description="Also played once at the end; 0: never."
    )


def _check_hyperparameters(settings: dict[str, HyperparameterSetting]) -> None:
    try:
        check_settings(settings)
    except InvalidInputError as error:
        raise MultipleFieldsError(error.fields) from error


class RunSpec(_SpecPart):
    """A run, completely: the same spec and seed make the same run where the mode allows it."""

    preset: str | None = Field(default=None, max_length=80)
    name: Name | None = None
    group: Group | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    algorithm: Algorithm = Algorithm.A3C
    environment: EnvironmentSpec
    network: NetworkSpec = NetworkSpec()
    workers: int = Field(default=2, ge=1, le=64, description="Actor-learner threads.")
    envs_per_worker: int = Field(
        default=8, ge=1, le=4096, description="Environments that one worker steps together."
    )
    processes: int = Field(default=1, ge=1, le=1, description="Only 1 so far.")
    seed: int | None = Field(
        default=None, ge=0, le=SEED_MAX, description="Left out: the server draws one."
    )
    hyperparameters: dict[str, HyperparameterSetting] = Field(
        default_factory=dict, max_length=100, description="What differs from the defaults."
    )
    budget: BudgetSpec = BudgetSpec()
    checkpoint: CheckpointSpec = CheckpointSpec()
    evaluation: EvaluationSpec = EvaluationSpec()

    @field_validator("hyperparameters")
    @classmethod
    def _allowed(
        cls, settings: dict[str, HyperparameterSetting]
    ) -> dict[str, HyperparameterSetting]:
        _check_hyperparameters(settings)
        return settings

    @model_validator(mode="after")
    def _rollout_fits(self) -> Self:
        setting = self.hyperparameters.get("rollout_length", 20)
        length = setting if isinstance(setting, int | float) else 2048
        samples = int(length) * self.envs_per_worker
        if samples > MAX_ROLLOUT_SAMPLES:
            raise ValueError(
                f"rollout_length x envs_per_worker = {samples:,} samples a rollout; "
                f"allowed: up to {MAX_ROLLOUT_SAMPLES:,}"
            )
        return self


class RunRequest(_SpecPart):
    """The body of `POST /api/v1/runs`.

    The preset is filled in first, then these fields over it, field by field; null clears a field.
    Everything but `environment` (or `preset`) has a default.
    """

    preset: str | None = Field(default=None, max_length=80)
    name: Name | None = None
    group: Group | None = None
    tags: list[Tag] | None = Field(default=None, max_length=20)
    algorithm: Algorithm | None = None
    environment: EnvironmentSpec | None = None
    network: NetworkSpec | None = None
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    envs_per_worker: Annotated[int, Field(ge=1, le=4096)] | None = None
    processes: Annotated[int, Field(ge=1, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] | None = None
    hyperparameters: dict[str, HyperparameterSetting | None] | None = Field(
        default=None, max_length=100
    )
    budget: BudgetSpec | None = None
    checkpoint: CheckpointSpec | None = None
    evaluation: EvaluationSpec | None = None
    start: bool = Field(default=True, description="false: create it, and wait for `start`.")

    @field_validator("hyperparameters")
    @classmethod
    def _allowed(
        cls, settings: dict[str, HyperparameterSetting | None] | None
    ) -> dict[str, HyperparameterSetting | None] | None:
        # Here too, and not only in the spec, so that one answer names every wrong field.
        _check_hyperparameters(
            {name: value for name, value in (settings or {}).items() if value is not None}
        )
        return settings

    def as_overrides(self) -> dict[str, Any]:
        """The fields that were really sent, nested, without `start` and `preset`."""
        return self.model_dump(
            mode="json", exclude_unset=True, by_alias=True, exclude={"start", "preset"}
        )


def merge_overrides(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Lay `overrides` over `base`, field by field; None removes a field."""
    merged = dict(base)
    for name, value in overrides.items():
        if value is None:
            if name in NULLABLE_FIELDS:
                merged[name] = None
            else:
                merged.pop(name, None)
        elif isinstance(value, dict) and name in NESTED_FIELDS:
            merged[name] = merge_overrides(merged.get(name) or {}, value)
        else:
            merged[name] = value
    return merged


def parse_run_spec(document: dict[str, Any]) -> RunSpec:
    """A validated spec from plain JSON data.

    Raises:
        InvalidInputError: naming every wrong field, its value and what is allowed.
    """
    try:
        return RunSpec.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(
            "the run spec is not valid", fields=field_errors(error), code="invalid_spec"
        ) from error
