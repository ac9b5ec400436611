"""The learner's state as the files of a checkpoint, and back. No pickle anywhere.

    learner.safetensors   flat weights and the optimizer's statistics
    state.json            spec, counters, hyperparameters, generators, return window
    policy.json           how the policy is played elsewhere; training does not read it
    manifest.json         size and SHA-256 of these, and what a list of checkpoints shows

Environments are not part of it: a resumed run begins new episodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from matinee.contracts.checkpoints import (
    CHECKPOINT_FORMAT,
    STATE_FILE,
    TENSORS_FILE,
    CheckpointCause,
    CheckpointDocument,
    CheckpointManifest,
)
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.policy_file import POLICY_FILE, PolicyFile
from matinee.contracts.progress import Progress
from matinee.environments.normalization import NormalizationState
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import manifest_files, read_verified, write_folder
from matinee.training.return_window import WINDOW_EPISODES, FullWindow, WindowState

WEIGHTS = "weights"
_STATISTICS_PREFIX = "optimizer."
_NORMALIZATION_PREFIX = "normalization."


@dataclass(frozen=True)
class CheckpointState:
    """A learner, complete but for its environments.

    Attributes:
        document: Everything but the arrays.
        weights: Shape: (size,).
        statistics: The optimizer's arrays, by name.
        normalization: Of observations, where they are normalised.
        policy: How it is played elsewhere; None: as a checkpoint is read, which needs none.
    """

    document: CheckpointDocument
    weights: NDArray[np.float32]
    statistics: dict[str, NDArray[np.floating[Any]]]
    normalization: NormalizationState | None = None
    policy: PolicyFile | None = None


def window_of(document: CheckpointDocument) -> WindowState:
    """The last 100 episodes, the first and the best ones."""
    return WindowState(
        episodes=document.episodes,
        recent_returns=tuple(document.recent_returns),
        first=_full_window(document.first_mean_return_100, document.first_std_return_100),
        best=_full_window(document.best_mean_return_100, document.best_std_return_100),
        solved_at=document.solved_at,
        solved_for=document.solved_for,
        reward_abs_max=document.reward_abs_max,
    )


def _full_window(mean: float | None, std: float) -> FullWindow | None:
    return None if mean is None else FullWindow(mean, std)


def save_checkpoint(
    state: CheckpointState, folder: Path, *, cause: CheckpointCause
) -> CheckpointManifest:
    """Write a checkpoint; when this returns, it is on disk.

    Raises:
        CheckpointError: if it can't be written, or the weights hold NaN or infinity: the last
            finite checkpoint is worth more.
    """
    if not np.isfinite(state.weights).all():
        raise CheckpointError("the weights hold NaN or infinity: not saved")
    document = state.document
    contents = {
        TENSORS_FILE: save(
            {
                WEIGHTS: state.weights,
                **{f"{_STATISTICS_PREFIX}{k}": array for k, array in state.statistics.items()},
                **normalization_arrays(state.normalization),
            }
        ),
        STATE_FILE: document.model_dump_json(by_alias=True).encode(),
    }
    if state.policy is not None:
        contents[POLICY_FILE] = state.policy.model_dump_json().encode()
    recent = document.recent_returns
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=datetime.now(UTC),
        cause=cause,
        env_steps=document.env_steps,
        episodes=document.episodes,
        seconds=document.seconds,
        mean_return_100=float(np.mean(recent)) if recent else None,
        full_window=len(recent) == WINDOW_EPISODES,
        files=manifest_files(contents),
    )
    write_folder(folder, contents, manifest)
    return manifest


def load_checkpoint(folder: Path) -> CheckpointState:
    """Read a checkpoint and verify every byte of it.

    Raises:
        CheckpointError: if it is incomplete, changed, or of a newer format.
    """
    contents = read_verified(folder)
    try:
        document = CheckpointDocument.model_validate_json(contents[STATE_FILE])
        arrays = load(contents[TENSORS_FILE])
        weights = arrays.pop(WEIGHTS)
        normalization = _take_normalization(arrays)
    except (ValidationError, SafetensorError, KeyError) as error:
        raise CheckpointError(f"{folder.name} is not a whole checkpoint: {error}") from error
    return CheckpointState(
        document=document,
        weights=weights,
        statistics={name.removeprefix(_STATISTICS_PREFIX): array for name, array in arrays.items()},
        normalization=normalization,
    )


def continued(
    state: CheckpointState,
    *,
    progress: Progress,
    facts: WindowState,
    revision: int,
    settings: Mapping[str, HyperparameterSetting],
    since_env_step: Mapping[str, int],
) -> CheckpointState:
    """A checkpoint's learner at the run's present place: the counters never go back.

    Env steps, updates and seconds are those that were really done, so that the axis of every
    chart, the budget and the schedules go on with them. What the run has reached stays reached.

    Args:
        state: The learner, and the returns of its last 100 episodes.
        progress: Of the run now.
        facts: The first and best 100 episodes of the run, and when it was solved.
        revision: Of the hyperparameters to go on with.
        settings: Those hyperparameters.
        since_env_step: Since when each of them has been in use.
    """
    document = state.document
    then = window_of(document)
    best = max(
        (window for window in (then.best, facts.best) if window is not None),
        key=lambda window: window.mean,
        default=None,
    )
    first = then.first or facts.first
    solved = facts if facts.solved_at is not None else then
    return replace(
        state,
        document=document.model_copy(
            update={
                "env_steps": max(progress.env_steps, document.env_steps),
                "updates": max(progress.updates, document.updates),
                "episodes": progress.episodes,
                "seconds": max(progress.seconds, document.seconds),
                "hyperparameter_revision": revision,
                "hyperparameters": dict(settings),
                "hyperparameters_since_env_step": dict(since_env_step),
                "best_mean_return_100": best.mean if best else None,
                "best_std_return_100": best.std if best else 0.0,
                "first_mean_return_100": first.mean if first else None,
                "first_std_return_100": first.std if first else 0.0,
                "reward_abs_max": max(facts.reward_abs_max, document.reward_abs_max),
                "solved_at": solved.solved_at,
                "solved_for": solved.solved_for,
            }
        ),
    )


def normalization_arrays(state: NormalizationState | None) -> dict[str, NDArray[np.float64]]:
    """The statistics of observations by their names in a file; none if there are none."""
    if state is None:
        return {}
    return {
        f"{_NORMALIZATION_PREFIX}{field.name}": getattr(state, field.name)
        for field in fields(NormalizationState)
    }


def _take_normalization(arrays: dict[str, NDArray[Any]]) -> NormalizationState | None:
    """Of the arrays of a file; they are removed.

    Raises:
        KeyError: if only some of them are there.
    """
    names = [field.name for field in fields(NormalizationState)]
    if not any(f"{_NORMALIZATION_PREFIX}{name}" in arrays for name in names):
        return None
    return NormalizationState(**{n: arrays.pop(f"{_NORMALIZATION_PREFIX}{n}") for n in names})
