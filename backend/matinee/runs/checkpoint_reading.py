"""The checkpoints of a run as people name them: found, and read whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import ValidationError

from matinee.contracts.checkpoints import (
    STATE_FILE,
    Checkpoint,
    CheckpointDocument,
    CheckpointManifest,
    CheckpointSettings,
)
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.run_spec import RunSpec
from matinee.errors import CheckpointError, ConflictError, NotFoundError
from matinee.journal.checkpoint_folders import read_file, read_manifest, read_verified
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.schema import CHECKPOINTS

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WholeCheckpoint:
    """One that was read, every byte verified.

    Attributes:
        entry: As the record lists it.
        manifest: What it says about itself.
        contents: Its files by name, without the manifest.
    """

    entry: Checkpoint
    manifest: CheckpointManifest
    contents: dict[str, bytes]


def find_checkpoint(run_dir: Path, checkpoint_id: str) -> Checkpoint:
    """One that is on disk.

    Raises:
        NotFoundError: there is none of this id.
    """
    for entry in read_checkpoints(run_dir):
        if entry.id == checkpoint_id:
            return entry
    raise NotFoundError(
        f"run {run_dir.name} has no checkpoint {checkpoint_id}", code="checkpoint_not_found"
    )


def present_course(run_dir: Path) -> Iterator[Checkpoint]:
    """Those that no rewind went back behind, newest first."""
    return (entry for entry in read_checkpoints(run_dir) if not entry.abandoned)


def find_newest(run_dir: Path) -> Checkpoint:
    """The newest of the run's present course.

    Raises:
        ConflictError: there is none; its code is `no_checkpoint`.
    """
    newest = next(present_course(run_dir), None)
    if newest is None:
        raise no_checkpoint(run_dir)
    return newest


def no_checkpoint(run_dir: Path) -> ConflictError:
    """The run has none that counts."""
    return ConflictError(
        f"run {run_dir.name} has no checkpoint: it must train first", code="no_checkpoint"
    )


def read_whole(run_dir: Path, checkpoint_id: str) -> WholeCheckpoint:
    """One of them.

    Raises:
        NotFoundError: there is none of this id.
        ConflictError: it is not whole any more.
    """
    entry = find_checkpoint(run_dir, checkpoint_id)
    try:
        return _read(run_dir, entry)
    except CheckpointError as error:
        raise ConflictError(str(error), code="checkpoint_damaged") from error


def read_settings(run_dir: Path, checkpoint_id: str, spec: RunSpec) -> CheckpointSettings:
    """By which settings the run trained there; the weights are not read for this.

    Raises:
        NotFoundError: there is none of this id.
        ConflictError: it is not whole any more.
    """
    entry = find_checkpoint(run_dir, checkpoint_id)
    try:
        text = read_file(run_dir / CHECKPOINTS / entry.id, STATE_FILE)
    except CheckpointError as error:
        raise ConflictError(str(error), code="checkpoint_damaged") from error
    document = parse_document(entry.id, text)
    return CheckpointSettings(
        checkpoint_id=entry.id,
        env_step=document.env_steps,
        revision=document.hyperparameter_revision,
        settings=settings_in(document, spec),
        since_env_step=document.hyperparameters_since_env_step,
    )


def parse_document(checkpoint_id: str, text: bytes) -> CheckpointDocument:
    """What `state.json` says.

    Raises:
        ConflictError: it is not what one says.
    """
    try:
        return CheckpointDocument.model_validate_json(text)
    except ValidationError as error:
        raise ConflictError(
            f"{checkpoint_id} is not a whole checkpoint: {error}", code="checkpoint_damaged"
        ) from error


def settings_in(document: CheckpointDocument, spec: RunSpec) -> dict[str, HyperparameterSetting]:
    """Every hyperparameter then; one that did not exist yet as the spec has it."""
    return {**spec.initial_settings(), **document.hyperparameters}


def read_newest(run_dir: Path) -> WholeCheckpoint:
    """The newest whole one of the run's present course.

    Raises:
        ConflictError: there is none, or none of them is whole.
    """
    failure: CheckpointError | None = None
    for entry in present_course(run_dir):
        try:
            return _read(run_dir, entry)
        except CheckpointError as error:
            log.exception("checkpoint_unusable", run_id=run_dir.name, checkpoint_id=entry.id)
            failure = error
    if failure is not None:
        raise ConflictError(
            f"no checkpoint of run {run_dir.name} is whole; the oldest: {failure}",
            code="checkpoint_damaged",
        ) from failure
    raise no_checkpoint(run_dir)


def _read(run_dir: Path, entry: Checkpoint) -> WholeCheckpoint:
    folder = run_dir / CHECKPOINTS / entry.id
    return WholeCheckpoint(entry, read_manifest(folder), read_verified(folder))
