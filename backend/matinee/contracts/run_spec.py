"""The one description of a run: CLI arguments = HTTP body = header of run.db and checkpoints."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Self, assert_never

from pydantic import (
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from matinee.contracts.alerts import check_thresholds
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import RunLayout, blamed, clashes
from matinee.contracts.environment_parameters import (
    EnvironmentChoice,
    own_parameters,
    parameter_errors,
)
from matinee.contracts.hyperparameters import (
    HYPERPARAMETERS,
    HyperparameterSetting,
    check_settings,
    default_settings,
)
from matinee.contracts.planned_changes import Plan, plan_errors
from matinee.contracts.run_parts import (
    BudgetSpec,
    CheckpointSpec,
    RecordSpec,
    RecoverySpec,
    SpecPart,
)
from matinee.contracts.schedules import ENV_STEP_MAX, TOLD_BOUNDS
from matinee.contracts.validation import MultipleFieldsError, field_errors
from matinee.errors import FieldError, InvalidInputError

SEED_MAX = 2**32 - 1
ENVIRONMENT_ID_PATTERN = r"^(?:[A-Za-z0-9_][A-Za-z0-9_.\-]*/)?[A-Za-z0-9_][A-Za-z0-9_.\-]*$"
"""As gymnasium names environments, without the `module:` prefix, which would import code."""

PROCESSES_MAX = 16

NULLABLE_FIELDS = frozenset(
    {
        "env_steps",
        "seconds",
        "target_return",
        "every_seconds",
        "every_env_steps",
        "lstm",
        "keep_metric_rows",
        "keep_episodes",
    }
)
"""Fields of which null is a value ("no limit", "never", "none") and not "back to the default"."""

NESTED_FIELDS = frozenset(
    {
        "environment",
        "network",
        "hyperparameters",
        "budget",
        "checkpoint",
        "record",
        "evaluation",
        "alerts",
        "recovery",
    }
)
"""Fields that merge member by member; a schedule or an environment's `kwargs` replaces."""

Name = Annotated[str, Field(min_length=1, max_length=120)]
Group = Annotated[str, Field(min_length=1, max_length=80)]
AlertThreshold = Annotated[float, Field(json_schema_extra=TOLD_BOUNDS)]
AlertThresholds = Annotated[dict[str, AlertThreshold], Field(max_length=100)]
Tag = Annotated[str, Field(min_length=1, max_length=40)]


class Activation(StrEnum):
    """Non-linearity of the hidden layers."""

    TANH = "tanh"
    RELU = "relu"


class Convolution(StrEnum):
    """What looks at an image before the hidden layers do."""

    AUTO = "auto"
    NONE = "none"
    A3C = "a3c"
    NATURE = "nature"


class EnvironmentChanges(SpecPart):
    """What of the environment differs from the preset's; without a preset the id is needed."""

    id: str | None = Field(
        default=None,
        max_length=100,
        description="An id from `GET /api/v1/environments`.",
        json_schema_extra={"pattern": ENVIRONMENT_ID_PATTERN},
    )
    kwargs: dict[str, JsonValue] = Field(
        default_factory=dict, max_length=20, description="Passed to the environment's constructor."
    )
    normalize_observations: bool = Field(
        default=False,
        description="Observations to running mean 0 and variance 1, clipped to ±10. The "
        "statistics are shared by all workers and saved in checkpoints. Each image, which needs a "
        "convolution then, is brought to mean 0 and variance 1 by itself.",
    )

    @field_validator("id")
    @classmethod
    def _names_no_module(cls, value: str | None) -> str | None:
        if value is None or re.fullmatch(ENVIRONMENT_ID_PATTERN, value):
            return value
        if ":" in value:
            raise ValueError(
                f"{value!r} is not allowed: a `module:` prefix would import code; allowed: an id "
                "such as CartPole-v1"
            )
        raise ValueError(
            f"{value!r} is not an environment id; allowed: letters, digits, `_`, `.` and `-`, "
            "perhaps after a `namespace/`, such as CartPole-v1 or ALE/Pong-v5"
        )


class EnvironmentSpec(EnvironmentChanges):
    """Which environment, built with which keyword arguments."""

    id: str = Field(
        max_length=100,
        description="An id from `GET /api/v1/environments`.",
        json_schema_extra={"pattern": ENVIRONMENT_ID_PATTERN},
    )

    @property
    def choice(self) -> EnvironmentChoice:
        """What says which parameters it has."""
        return EnvironmentChoice(self.id, frozenset(self.kwargs))


class NetworkSpec(SpecPart):
    """Hidden layers with a policy head and a value head; perhaps a convolution, an LSTM."""

    hidden: list[Annotated[int, Field(ge=1, le=2048)]] = Field(
        default=[64, 64], min_length=1, max_length=8, description="Units of each hidden layer."
    )
    activation: Activation = Activation.TANH
    shared_trunk: bool = Field(
        default=True, description="One trunk for policy and value, or one each."
    )
    convolution: Convolution = Field(
        default=Convolution.AUTO,
        description="For images. a3c: 16 8x8/4 and 32 4x4/2 (Mnih et al. 2016); nature: 32 8x8/4, "
        "64 4x4/2, 64 3x3/1 (Mnih et al. 2015); auto: nature for images, none for the rest.",
    )
    lstm: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="Units of an LSTM after the hidden layers; a3c and a2c only."
    )
    log_std_init: float = Field(
        default=0.0,
        ge=-5.0,
        le=2.0,
        description="Logarithm of the standard deviation of continuous actions at the start.",
    )


class EvaluationPolicy(StrEnum):
    """How test episodes choose their actions."""

    GREEDY = "greedy"
    SAMPLED = "sampled"
    BOTH = "both"


class EvaluationSpec(SpecPart):
    """Test episodes on a snapshot of the weights, in an environment of their own."""

    every_env_steps: Annotated[int, Field(ge=1, le=ENV_STEP_MAX)] | None = None
    episodes: int = Field(
        default=5, ge=0, le=1000, description="Also played once at the end; 0: never."
    )
    policy: EvaluationPolicy = Field(
        default=EvaluationPolicy.BOTH,
        description="greedy: the most probable action, or the mean; sampled: drawn from the "
        "policy, without random actions; both: so many episodes of each.",
    )

    @property
    def deterministic_kinds(self) -> tuple[bool, ...]:
        """Which kinds are played, in this order: greedy is deterministic, sampled is not."""
        match self.policy:
            case EvaluationPolicy.GREEDY:
                return (True,)
            case EvaluationPolicy.SAMPLED:
                return (False,)
            case EvaluationPolicy.BOTH:
                return (True, False)
            case _:
                assert_never(self.policy)


def _check_hyperparameters(settings: dict[str, HyperparameterSetting]) -> None:
    fields = [
        FieldError((name,), f"give `{name}` in the run spec itself, not among its hyperparameters")
        for name in settings
        if name in HYPERPARAMETERS and HYPERPARAMETERS[name].spec_field
    ]
    misplaced = {field.loc[0] for field in fields}
    try:
        check_settings({n: setting for n, setting in settings.items() if n not in misplaced})
    except InvalidInputError as error:
        fields.extend(error.fields)
    if fields:
        raise MultipleFieldsError(fields)


def _checked_thresholds(thresholds: dict[str, float]) -> dict[str, float]:
    fields = check_thresholds(thresholds)
    if fields:
        raise MultipleFieldsError(fields)
    return thresholds


class RunSpec(SpecPart):
    """A run, completely: the same spec and seed make the same run where the mode allows it."""

    preset: str | None = Field(default=None, max_length=80)
    name: Name | None = None
    group: Group | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    algorithm: Algorithm = Algorithm.A3C
    environment: EnvironmentSpec
    network: NetworkSpec = NetworkSpec()
    workers: int = Field(
        default=2,
        ge=1,
        le=64,
        description="a3c: actor-learner threads; ga3c: environment threads; a2c and ppo: how many "
        "times envs_per_worker environments are stepped together.",
    )
    envs_per_worker: int = Field(
        default=8, ge=1, le=4096, description="Environments that one worker steps together."
    )
    processes: int = Field(
        default=1,
        ge=1,
        le=PROCESSES_MAX,
        description="Processes that share the weights, a3c only; the workers are dealt to them.",
    )
    lockstep: bool = Field(
        default=False,
        description="a3c only: the workers take turns in a fixed order, so that the same seed "
        "makes the same run.",
    )
    seed: int | None = Field(
        default=None, ge=0, le=SEED_MAX, description="Left out: the server draws one."
    )
    hyperparameters: dict[str, HyperparameterSetting] = Field(
        default_factory=dict, max_length=100, description="What differs from the defaults."
    )
    budget: BudgetSpec = BudgetSpec()
    checkpoint: CheckpointSpec = CheckpointSpec()
    record: RecordSpec = RecordSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    recovery: RecoverySpec = RecoverySpec()
    alerts: AlertThresholds = Field(
        default_factory=dict,
        description="Thresholds that differ from those of `GET /api/v1/alert-rules`, by rule.",
    )
    plan: Plan = Field(
        default_factory=list,
        description="Changes of hyperparameters that the run makes by itself, in ascending order "
        "of their env steps. Training stands at each until it is in use.",
    )

    @field_validator("alerts")
    @classmethod
    def _thresholds_allowed(cls, thresholds: dict[str, float]) -> dict[str, float]:
        return _checked_thresholds(thresholds)

    @field_validator("hyperparameters")
    @classmethod
    def _allowed(
        cls, settings: dict[str, HyperparameterSetting]
    ) -> dict[str, HyperparameterSetting]:
        _check_hyperparameters(settings)
        return settings

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        wrong = parameter_errors(self.environment.choice, self.hyperparameters)
        if wrong:
            raise MultipleFieldsError(
                [FieldError(("hyperparameters", *field.loc), field.message) for field in wrong]
            )
        touched = self.model_fields_set | self.network.model_fields_set | set(self.hyperparameters)
        found = clashes(self.layout, self.initial_settings())
        if found:
            raise MultipleFieldsError(
                [
                    FieldError(_place(blamed(clash, touched) or clash.names[0]), clash.message)
                    for clash in found
                ]
            )
        return self

    @model_validator(mode="after")
    def _every_process_has_work(self) -> Self:
        # Only here: workers that leave later may leave a process without work.
        if self.processes > self.workers:
            raise MultipleFieldsError(
                [
                    FieldError(
                        ("processes",),
                        f"{self.processes} processes for {self.workers} worker(s): each needs at "
                        f"least one; allowed: up to {self.workers}",
                    )
                ]
            )
        return self

    @model_validator(mode="after")
    def _plan_goes_together(self) -> Self:
        wrong = plan_errors(self.plan, layout=self.layout, settings=self.initial_settings())
        if wrong:
            raise MultipleFieldsError(
                [FieldError(("plan", *error.loc), error.message) for error in wrong]
            )
        return self

    @property
    def layout(self) -> RunLayout:
        """What limits changes of the hyperparameters."""
        return RunLayout(
            processes=self.processes,
            lockstep=self.lockstep,
            recurrent=self.network.lstm is not None,
            environment=self.environment.choice,
        )

    def initial_settings(self) -> dict[str, HyperparameterSetting]:
        """Every hyperparameter at the beginning.

        The mode's defaults, the environment's own parameters, and the spec over them.
        """
        return {
            **default_settings(self.algorithm),
            **own_parameters(self.environment.choice),
            **self.hyperparameters,
            "workers": self.workers,
            "envs_per_worker": self.envs_per_worker,
        }


def _place(name: str) -> tuple[str, ...]:
    """Where a setting is written in a spec."""
    if name == "lstm":
        return ("network", name)
    definition = HYPERPARAMETERS.get(name)
    return (name,) if definition is None or definition.spec_field else ("hyperparameters", name)


class RunRequest(SpecPart):
    """The body of `POST /api/v1/runs`.

    The preset is filled in first, then these fields over it, field by field; null clears a field.
    Everything but `environment` (or `preset`) has a default.
    """

    preset: str | None = Field(default=None, max_length=80)
    name: Name | None = None
    group: Group | None = None
    tags: list[Tag] | None = Field(default=None, max_length=20)
    algorithm: Algorithm | None = None
    environment: EnvironmentChanges | None = None
    network: NetworkSpec | None = None
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    envs_per_worker: Annotated[int, Field(ge=1, le=4096)] | None = None
    processes: Annotated[int, Field(ge=1, le=PROCESSES_MAX)] | None = Field(
        default=None,
        description="Left out: 1, but one for each core and worker if a3c will train for a minute "
        "or more and no preset is used.",
    )
    lockstep: bool | None = None
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] | None = None
    hyperparameters: dict[str, HyperparameterSetting | None] | None = Field(
        default=None, max_length=100
    )
    budget: BudgetSpec | None = None
    checkpoint: CheckpointSpec | None = None
    record: RecordSpec | None = None
    evaluation: EvaluationSpec | None = None
    recovery: RecoverySpec | None = None
    alerts: AlertThresholds | None = None
    plan: Plan | None = None
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

    @field_validator("alerts")
    @classmethod
    def _thresholds_allowed(cls, thresholds: dict[str, float] | None) -> dict[str, float] | None:
        return None if thresholds is None else _checked_thresholds(thresholds)

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
