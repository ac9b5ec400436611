"""The learner's state on disk: written aside, flushed, checked on load. No pickle anywhere.

A checkpoint is a folder:

    learner.safetensors   flat weights and the optimizer's statistics
    state.json            spec, counters, hyperparameters, generators, return window
    manifest.json         size and SHA-256 of the two, and what a list of checkpoints shows

It is written as `<folder>.tmp` and renamed when all of it is on disk, so a folder without `.tmp` is
complete. Environments are not part of it: a resumed run begins new episodes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, fields
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
    MANIFEST_FILE,
    STATE_FILE,
    TENSORS_FILE,
    CheckpointDocument,
    CheckpointManifest,
    ManifestFile,
)
from matinee.environments.normalization import NormalizationState
from matinee.errors import CheckpointError
from matinee.training.return_window import FullWindow, WindowState

TEMPORARY_SUFFIX = ".tmp"
_WEIGHTS = "weights"
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
    """

    document: CheckpointDocument
    weights: NDArray[np.float32]
    statistics: dict[str, NDArray[np.floating[Any]]]
    normalization: NormalizationState | None = None


def window_of(document: CheckpointDocument) -> WindowState:
    """The last 100 episodes, the first and the best ones."""
    return WindowState(
        episodes=document.episodes,
        recent_returns=tuple(document.recent_returns),
        first=_full_window(document.first_mean_return_100, document.first_std_return_100),
        best=_full_window(document.best_mean_return_100, document.best_std_return_100),
        solved_at=document.solved_at,
        reward_abs_max=document.reward_abs_max,
    )


def _full_window(mean: float | None, std: float) -> FullWindow | None:
    return None if mean is None else FullWindow(mean, std)


def save_checkpoint(state: CheckpointState, folder: Path) -> CheckpointManifest:
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
                _WEIGHTS: state.weights,
                **{f"{_STATISTICS_PREFIX}{k}": array for k, array in state.statistics.items()},
                **_normalization_arrays(state.normalization),
            }
        ),
        STATE_FILE: document.model_dump_json(by_alias=True).encode(),
    }
    recent = document.recent_returns
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=datetime.now(UTC),
        env_steps=document.env_steps,
        mean_return_100=float(np.mean(recent)) if recent else None,
        files={
            name: ManifestFile(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in contents.items()
        },
    )
    contents[MANIFEST_FILE] = manifest.model_dump_json().encode()
    aside = folder.with_name(folder.name + TEMPORARY_SUFFIX)
    try:
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(parents=True)
        for name, data in contents.items():
            _write_flushed(aside / name, data)
        _flush_folder(aside)
        aside.rename(folder)
        _flush_folder(folder.parent)
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be written: {error}") from error
    return manifest


def load_checkpoint(folder: Path) -> CheckpointState:
    """Read a checkpoint and verify every byte of it.

    Raises:
        CheckpointError: if it is incomplete, changed, or of a newer format.
    """
    try:
        manifest = read_manifest(folder)
        contents = {name: _read_verified(folder, name, manifest) for name in manifest.files}
        document = CheckpointDocument.model_validate_json(contents[STATE_FILE])
        arrays = load(contents[TENSORS_FILE])
        weights = arrays.pop(_WEIGHTS)
        normalization = _take_normalization(arrays)
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be read: {error}") from error
    except (ValidationError, SafetensorError, KeyError) as error:
        raise CheckpointError(f"{folder.name} is not a whole checkpoint: {error}") from error
    return CheckpointState(
        document=document,
        weights=weights,
        statistics={name.removeprefix(_STATISTICS_PREFIX): array for name, array in arrays.items()},
        normalization=normalization,
    )


def read_manifest(folder: Path) -> CheckpointManifest:
    """What a checkpoint says about itself; its files are not looked at.

    Raises:
        CheckpointError: if there is no manifest that can be read, or it is of a newer format.
    """
    try:
        manifest = CheckpointManifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be read: {error}") from error
    except ValidationError as error:
        raise CheckpointError(f"{folder.name} has no valid manifest: {error}") from error
    if manifest.format > CHECKPOINT_FORMAT:
        raise CheckpointError(f"{folder.name} was written by a newer Matinee")
    return manifest


def prune_checkpoints(
    folder: Path, *, keep_last: int, keep_best: bool
) -> tuple[list[str], list[str]]:
    """Delete all checkpoints in `folder` but the newest, and what a crash left half written.

    Args:
        folder: Whose subfolders are checkpoints.
        keep_last: How many of the newest stay.
        keep_best: Whether the one with the best mean return of 100 episodes stays too.

    Returns:
        Names of those that stay, oldest first, and of those that were deleted.

    Raises:
        CheckpointError: if one can't be read or deleted.
    """
    try:
        for leftover in folder.glob(f"*{TEMPORARY_SUFFIX}"):
            shutil.rmtree(leftover)
        found = [
            (read_manifest(manifest.parent), manifest.parent)
            for manifest in folder.glob(f"*/{MANIFEST_FILE}")
        ]
        found.sort(key=lambda entry: (entry[0].env_steps, entry[0].created_at))
        stay = {path for _, path in found[-keep_last:]}
        rated = [(m.mean_return_100, path) for m, path in found if m.mean_return_100 is not None]
        if keep_best and rated:
            stay.add(max(rated)[1])
        deleted = [path for _, path in found if path not in stay]
        for path in deleted:
            shutil.rmtree(path)
    except OSError as error:
        raise CheckpointError(f"old checkpoints can't be deleted: {error}") from error
    return [path.name for _, path in found if path in stay], [path.name for path in deleted]


def _normalization_arrays(state: NormalizationState | None) -> dict[str, NDArray[np.float64]]:
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


def _read_verified(folder: Path, name: str, manifest: CheckpointManifest) -> bytes:
    data = (folder / name).read_bytes()
    expected = manifest.files[name]
    if len(data) != expected.size_bytes or hashlib.sha256(data).hexdigest() != expected.sha256:
        raise CheckpointError(f"{folder.name}/{name} is not what was written: it has changed")
    return data


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Without this the names of new files may be lost in a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
