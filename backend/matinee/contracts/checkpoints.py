"""What a checkpoint is: its files, how a list shows it, and which ones are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.progress import SolvedAt
from matinee.contracts.run_parts import CheckpointSpec
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.uncached_json import UncachedJson

CHECKPOINT_FORMAT = 2
TENSORS_FILE = "learner.safetensors"
STATE_FILE = "state.json"
MANIFEST_FILE = "manifest.json"

CheckpointCause = Literal["schedule", "pause", "end", "command", "change", "rewind", "fork"]
"""change, rewind: just before it. fork: the run began here."""

_ROUTINE: frozenset[CheckpointCause] = frozenset({"schedule", "pause", "end", "command"})
_PRECAUTIONS: frozenset[CheckpointCause] = frozenset({"change", "rewind"})


class _Document(UncachedJson):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckpointDocument(_Document):
    """Everything but the arrays; `state.json`."""

    spec: RunSpec
    env_steps: int
    updates: int
    episodes: int
    seconds: float
    optimizer: Literal["rmsprop", "adam"]
    hyperparameter_revision: int
    hyperparameters: dict[str, HyperparameterSetting]
    hyperparameters_since_env_step: dict[str, int]
    generators: list[dict[str, Any]]
    recent_returns: list[float]
    best_mean_return_100: float | None
    best_std_return_100: float = 0.0
    first_mean_return_100: float | None = None
    first_std_return_100: float = 0.0
    reward_abs_max: float = 0.0
    solved_at: SolvedAt | None
    solved_for: float | None = None
    """The mean return that `solved_at` is about; None: not known, or not solved."""


class ManifestFile(_Document):
    """One file of a checkpoint."""

    size_bytes: int
    sha256: str


class CheckpointManifest(_Document):
    """What a list of checkpoints shows, and what proves that the files are whole."""

    format: int
    created_at: datetime
    cause: CheckpointCause = "schedule"
    env_steps: int
    episodes: int = 0
    seconds: float = 0.0
    mean_return_100: float | None
    full_window: bool = False
    files: dict[str, ManifestFile]

    @property
    def size_bytes(self) -> int:
        """Of the files together."""
        return sum(file.size_bytes for file in self.files.values())


class Checkpoint(BaseModel):
    """One checkpoint of a run, as a list shows it."""

    model_config = ConfigDict(frozen=True)

    id: str
    created_at: datetime
    seq: int = Field(description="Of the event that tells of it.")
    env_step: int
    episodes: int
    seconds: float = Field(description="Of training.")
    cause: CheckpointCause
    size_bytes: int
    mean_return_100: float | None = Field(
        default=None, description="Mean of the last 100 episodes then, or of all if fewer."
    )
    full_window: bool = Field(default=False, description="Whether that mean is of 100 episodes.")
    is_best: bool = Field(default=False, description="The best mean return of all that count.")
    pinned: bool = False
    abandoned: bool = Field(
        default=False, description="The run has gone back to before it; it can still be used."
    )
    command_id: str | None = Field(
        default=None, description="That asked for it, or that it was saved before."
    )


class CheckpointList(BaseModel):
    """The checkpoints of a run that are on disk, newest first."""

    items: list[Checkpoint]


class CheckpointSettings(BaseModel):
    """By which settings a run trained at a checkpoint: what a rewind or a fork goes on with."""

    model_config = ConfigDict(frozen=True)

    checkpoint_id: str
    env_step: int
    revision: int = Field(description="Of the hyperparameters then.")
    settings: dict[str, HyperparameterSetting] = Field(
        description="Of every hyperparameter: a value or a schedule."
    )
    since_env_step: dict[str, int] = Field(
        description="Since when each of them was in use; one left out: from the beginning."
    )


def best_of(entries: Sequence[Checkpoint]) -> Checkpoint | None:
    """The one with the best mean return; None if none has any.

    Means of fewer than 100 episodes only count while there is none of 100: one lucky first
    episode would win for ever. What was abandoned does not count.
    """
    rated = [e for e in entries if e.mean_return_100 is not None and not e.abandoned]
    full = [entry for entry in rated if entry.full_window]
    return max(full or rated, key=lambda e: (e.mean_return_100 or 0.0, e.seq), default=None)


def kept(entries: Sequence[Checkpoint], plan: CheckpointSpec) -> frozenset[str]:
    """Ids of the checkpoints that stay; the others may be deleted.

    Args:
        entries: All that are on disk, in any order.
        plan: Of the run's spec.
    """
    newest_first = sorted(entries, key=lambda entry: entry.seq, reverse=True)
    others = [entry for entry in newest_first if not entry.pinned]
    routine = [entry for entry in others if entry.cause in _ROUTINE]
    precautions = [entry for entry in others if entry.cause in _PRECAUTIONS]
    stay = [*routine[: plan.keep_last], *precautions[: plan.keep_changes]]
    stay += [entry for entry in entries if entry.pinned]
    best = best_of(entries)
    if plan.keep_best and best is not None:
        stay.append(best)
    # The newest is what a crash goes back to, whatever made it; a fork begins with just one.
    stay += newest_first[:1]
    return frozenset(entry.id for entry in stay)
