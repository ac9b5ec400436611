"""Checkpoints on disk of policies that were never trained, to be played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from fakes.records import NOW
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.contracts.policy_file import PolicyFile
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import look_at, made_elsewhere
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.training.policy_description import describe_policy


def policy_files(
    environment_id: str = "CartPole-v1",
    *,
    kwargs: dict[str, Any] | None = None,
    seed: int = 1,
    **network: Any,
) -> tuple[PolicyFile, dict[str, Any]]:
    """A description, and the arrays that belong to it."""
    environment = EnvironmentSpec(id=environment_id, kwargs=kwargs or {})
    look = look_at(environment)
    options: dict[str, Any] = {"hidden": (8,), "activation": "tanh", "shared_trunk": True}
    shape = NetworkShape(interface=look.interface, **(options | network))
    weights = initial_weights(shape, seed=seed)
    weights += 0.3 * np.random.default_rng(seed).standard_normal(len(weights)).astype(np.float32)
    about = describe_policy(
        environment, shape, look.coding, normalizes=False, making=made_elsewhere(environment)
    )
    return about, {"weights": weights}


def checkpoint_at(
    folder: Path, environment_id: str = "CartPole-v1", *, env_steps: int = 5, **options: Any
) -> Path:
    """A whole checkpoint, as far as playing needs one."""
    about, arrays = policy_files(environment_id, **options)
    contents = {
        "policy.json": about.model_dump_json().encode(),
        "learner.safetensors": save(arrays),
    }
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=env_steps,
        mean_return_100=None,
        files=manifest_files(contents),
    )
    write_folder(folder, contents, manifest)
    return folder
