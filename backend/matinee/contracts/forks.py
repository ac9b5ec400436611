"""What somebody says who forks a run."""

from __future__ import annotations

from pydantic import Field

from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.identifiers import Ulid
from matinee.contracts.run_parts import BudgetSpec, SpecPart
from matinee.contracts.run_spec import Name


class ForkRequest(SpecPart):
    """The body of `POST /api/v1/runs/{id}/fork`: everything may be left out."""

    checkpoint_id: Ulid | None = Field(
        default=None,
        description="Left out: of a run that trains one is saved now, of another the newest whole "
        "one is taken.",
    )
    hyperparameters: dict[str, HyperparameterSetting] = Field(
        default_factory=dict,
        max_length=100,
        description="What shall differ from the checkpoint, each a value or a schedule; also "
        "`algorithm`, `workers` and `envs_per_worker`.",
    )
    budget: BudgetSpec | None = Field(
        default=None,
        description="What of the parent's budget shall differ. Env steps and seconds count on "
        "from the checkpoint: if the parent's budget is used up there, a larger one is needed.",
    )
    name: Name | None = Field(default=None, description="Left out: the parent's, and what it is.")
