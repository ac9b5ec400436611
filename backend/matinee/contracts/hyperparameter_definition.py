"""What the catalogue says about one hyperparameter: its range, its slider, what a change takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.algorithm_names import ALL_ALGORITHMS, Algorithm


class LiveClass(StrEnum):
    """What it takes to change a hyperparameter of a run that is training."""

    LIVE = "live"
    LIVE_WITH_WARNING = "live_with_warning"
    WARM_RESTART = "warm_restart"
    NEW_RUN = "new_run"


class Scale(StrEnum):
    """How a slider should space its values."""

    LINEAR = "linear"
    LOG = "log"
    LOG2 = "log2"
    ONE_MINUS_LOG = "one_minus_log"


class EnvironmentRange(BaseModel):
    """What an environment itself has for one of its parameters, and how far that may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: float = Field(description="The environment's own.")
    minimum: float = Field(description="Smallest positive value allowed.")
    maximum: float
    unit: str = ""
    arguments: tuple[str, ...] = Field(
        default=(),
        description="Arguments of the environment that set it, too: where a run gives one of them, "
        "it can't be changed.",
    )


class HyperparameterDefinition(BaseModel):
    """One row of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    symbol: str = Field(description="As in the papers; LaTeX.")
    group: Literal[
        "mode",
        "optimizer",
        "objective",
        "proximal",
        "returns",
        "inputs",
        "exploration",
        "queue",
        "pace",
        "environment",
    ]
    kind: Literal["number", "integer", "switch", "choice"]
    unit: str = Field(description="Empty for a pure number.")
    default: bool | int | float | str
    default_by_algorithm: dict[Algorithm, bool | int | float | str] = Field(
        default_factory=dict, description="Where a mode's default differs from `default`."
    )
    default_continuous: float | None = Field(
        default=None,
        description="The default of a new run whose actions are numbers (Box), in every mode, if "
        "it is another one. The run's spec then says it.",
    )
    algorithms: tuple[Algorithm, ...] = Field(
        default=ALL_ALGORITHMS, description="The modes in which it does something."
    )
    environments: dict[str, EnvironmentRange] = Field(
        default_factory=dict,
        description="The environments that have it, by id, with ranges of their own; empty: it "
        "belongs to the training in any environment.",
    )
    minimum: float | None = Field(default=None, description="Smallest positive value allowed.")
    maximum: float | None = None
    zero_label: str | None = Field(
        default=None, description="Set if 0 is allowed below `minimum`; what 0 means."
    )
    choices: tuple[str, ...] = ()
    scale: Scale = Scale.LINEAR
    live_class: LiveClass = LiveClass.LIVE
    schedulable: bool = Field(
        default=True, description="Every number may follow a schedule; a switch or a choice can't."
    )
    live_class_by_algorithm: dict[Algorithm, LiveClass] = Field(
        default_factory=dict, description="Where a mode's class differs from `live_class`."
    )
    warns_beyond_factor: float | None = Field(
        default=None,
        description="A rise by more than this factor at once is `live_with_warning`.",
    )
    spec_field: bool = Field(
        default=False,
        description="At first it is the run spec's field of this name; only a change of a live "
        "run goes through the hyperparameters.",
    )
    takes_effect: str
    meaning: str
    guidance: str = Field(description="What good looks like and what to try.")
    equation: str = Field(description="LaTeX; empty where there is none.")
    source: str

    def default_for(
        self, algorithm: Algorithm, *, continuous_actions: bool = False
    ) -> bool | int | float | str:
        """The default in a mode, for choices or for numbers as actions."""
        if continuous_actions and self.default_continuous is not None:
            return self.default_continuous
        return self.default_by_algorithm.get(algorithm, self.default)

    def live_class_for(self, algorithm: Algorithm) -> LiveClass:
        """What it takes to change it in a mode."""
        return self.live_class_by_algorithm.get(algorithm, self.live_class)

    @property
    def allowed(self) -> str:
        """The allowed values in words, for error messages and the docs."""
        return self.allowed_between(self.minimum, self.maximum)

    def allowed_in(self, environment: EnvironmentRange) -> str:
        """The allowed values in an environment that has it, in words."""
        return self.allowed_between(environment.minimum, environment.maximum)

    def allowed_between(self, minimum: float | None, maximum: float | None) -> str:
        """The allowed values in words, with these bounds if it is a number."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        noun = "an integer" if self.kind == "integer" else "a number"
        text = f"{noun} from {minimum:g} to {maximum:g}"
        return f"{text}, or 0 ({self.zero_label})" if self.zero_label is not None else text
