"""The policy that is played: from a checkpoint, or as a run process shares its present one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load

from matinee.contracts.checkpoints import TENSORS_FILE
from matinee.contracts.playing import (
    SHARED_POLICY_METADATA,
    SHARED_STEP_METADATA,
    PolicySource,
)
from matinee.contracts.policy_file import POLICY_FILE, PolicyFile
from matinee.errors import CheckpointError, ConflictError
from matinee.journal.checkpoint_folders import read_manifest, read_verified
from matinee.runs.standalone_policy import Policy


@dataclass(frozen=True)
class PlayedPolicy:
    """Weights, and how they are played.

    Attributes:
        about: What `policy.json` says.
        policy: Plays them.
        env_step: Of training, that they are of.
        checkpoint: Whose they are; None: the run's present ones.
    """

    about: PolicyFile
    policy: Policy
    env_step: int
    checkpoint: str | None


def read_policy(source: PolicySource) -> PlayedPolicy:
    """What is played from this source now.

    Raises:
        ConflictError: there is nothing yet, or nothing that can be played.
    """
    shared = None if source.shared is None else read_shared(Path(source.shared))
    if source.checkpoint is None:
        if shared is None:
            raise ConflictError("there are no weights yet", code="no_checkpoint")
        return shared
    folder = Path(source.checkpoint)
    # What lies there may be older, until the run process has shared anything again.
    if shared is not None and _is_as_new(shared, folder):
        return shared
    return _read_checkpoint(folder)


def _is_as_new(shared: PlayedPolicy, folder: Path) -> bool:
    """As a checkpoint, which the run may have deleted meanwhile for a newer one."""
    try:
        return shared.env_step >= read_manifest(folder).env_steps
    except CheckpointError:
        return True


def _read_checkpoint(folder: Path) -> PlayedPolicy:
    try:
        contents = read_verified(folder)
        env_step = read_manifest(folder).env_steps
    except CheckpointError as error:
        raise ConflictError(str(error), code="checkpoint_damaged") from error
    if POLICY_FILE not in contents:
        raise ConflictError(
            f"the checkpoint is of an older version: it has no {POLICY_FILE}, which says what its "
            "weights are; one that is saved now can be played",
            code="policy_not_described",
        )
    about = _about(contents[POLICY_FILE])
    try:
        policy = Policy.of(about.model_dump(mode="json"), load(contents[TENSORS_FILE]))
    except (SafetensorError, KeyError, ValueError) as error:
        raise ConflictError(
            f"{folder.name} is not a whole checkpoint: {error!r}", code="checkpoint_damaged"
        ) from error
    return PlayedPolicy(about, policy, env_step, folder.name)


def read_shared(file: Path) -> PlayedPolicy | None:
    """A run's present policy; None: it has not shared it yet.

    Raises:
        ConflictError: it can't be played.
    """
    try:
        with safe_open(file, framework="numpy") as tensors:
            metadata = tensors.metadata()
            arrays = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118 - no dict
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError) as error:
        raise ConflictError(
            f"the run's present policy can't be read: {error}", code="policy_not_described"
        ) from error
    about = _about(metadata[SHARED_POLICY_METADATA])
    policy = Policy.of(about.model_dump(mode="json"), arrays)
    return PlayedPolicy(about, policy, int(metadata[SHARED_STEP_METADATA]), None)


def _about(text: bytes | str) -> PolicyFile:
    try:
        about = PolicyFile.model_validate_json(text)
    except ValidationError as error:
        raise ConflictError(
            f"{POLICY_FILE} is not as this version knows it: {error}", code="policy_not_described"
        ) from error
    if not about.can_be_played:
        raise ConflictError(
            f"{about.environment_id} is a game of the ALE, and this checkpoint was saved by a "
            "version that did not write down how its pictures are prepared; one that is saved now "
            "can be played",
            code="policy_not_described",
        )
    return about
