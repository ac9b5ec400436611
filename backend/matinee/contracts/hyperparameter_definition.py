"""What the catalogue says about one hyperparameter: its range, its slider, what a change takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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


class HyperparameterDefinition(BaseModel):
    """One row of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str = Field(description="For people, in lower case.")
    symbol: str = Field(description="As in the papers; LaTeX.")
    group: Literal["optimizer", "objective", "returns", "exploration", "pace"]
    kind: Literal["number", "integer", "switch", "choice"]
    unit: str = Field(description="Empty for a pure number.")
    default: bool | int | float | str
    minimum: float | None = Field(default=None, description="Smallest positive value allowed.")
    maximum: float | None = None
    zero_label: str | None = Field(
        default=None, description="Set if 0 is allowed below `minimum`; what 0 means."
    )
    choices: tuple[str, ...] = ()
    scale: Scale = Scale.LINEAR
    live_class: LiveClass = LiveClass.LIVE
    schedulable: bool = True
    takes_effect: str
    meaning: str
    guidance: str = Field(description="What good looks like and what to try.")
    equation: str = Field(description="LaTeX; empty where there is none.")
    source: str

    @property
    def allowed(self) -> str:
        """The allowed values in words, for error messages and the docs."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        noun = "an integer" if self.kind == "integer" else "a number"
        text = f"{noun} from {self.minimum:g} to {self.maximum:g}"
        return f"{text}, or 0 ({self.zero_label})" if self.zero_label is not None else text
