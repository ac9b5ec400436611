"""What a training begins with: weights and statistics, new ones or those of a checkpoint.

They lie in memory of this process, or in memory that several share.
"""

from __future__ import annotations

import numpy as np

from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.shared_optimizers import OptimizerKind
from matinee.contracts.checkpoints import CheckpointDocument
from matinee.contracts.run_spec import RunSpec
from matinee.environments.normalization import ObservationNormalizer
from matinee.errors import CheckpointError
from matinee.training.checkpoints import CheckpointState
from matinee.training.parameter_store import (
    HogwildParameterStore,
    Statistics,
    ThreadParameterStore,
)
from matinee.training.run_memory import RunMemory
from matinee.training.seeding import Purpose, integer_seed, seed_sequence
from matinee.training.slots import SLOTS


def shared_memory(
    spec: RunSpec, shape: NetworkShape, before: CheckpointDocument | None
) -> RunMemory | None:
    """What the run's processes share; None if there is only this one.

    Args:
        spec: Of the run.
        shape: Of the network.
        before: Of the checkpoint that the run goes on from.
    """
    if spec.processes == 1:
        return None
    return RunMemory(
        shape.layout().size,
        observation_size=shape.interface.observation_size,
        pushes=before.updates if before else 0,
        env_steps=before.env_steps if before else 0,
    )


def new_normalizer(
    spec: RunSpec,
    shape: NetworkShape,
    *,
    memory: RunMemory | None,
    restore: CheckpointState | None,
) -> ObservationNormalizer | None:
    """The statistics of observations; None if there are none to keep.

    The network standardises images one by one.

    Args:
        spec: Of the run.
        shape: Of the network.
        memory: What the run's processes share.
        restore: The checkpoint that the run goes on from.
    """
    if not spec.environment.normalize_observations or shape.standardizes_images:
        return None
    state = restore.normalization if restore else None
    if memory is not None:
        return memory.normalizer(state)
    return ObservationNormalizer(shape.interface.observation_size, state)


def new_store(
    spec: RunSpec,
    shape: NetworkShape,
    *,
    memory: RunMemory | None,
    restore: CheckpointState | None,
) -> HogwildParameterStore:
    """The weights, and the statistics of their optimizer.

    Args:
        spec: Of the run, with its seed set.
        shape: Of the network.
        memory: What the run's processes share.
        restore: The checkpoint that the run goes on from.

    Raises:
        CheckpointError: if the checkpoint is of another network.
    """
    size = shape.layout().size
    statistics: Statistics | None = None
    if restore is None:
        assert spec.seed is not None, "a run is trained with a definite seed"
        seed = integer_seed(seed_sequence(spec.seed, Purpose.INITIAL_WEIGHTS))
        weights = initial_weights(shape, seed=seed)
        wanted = spec.initial_settings()["optimizer"]
        kind: OptimizerKind = "adam" if wanted == "adam" else "rmsprop"
    elif restore.weights.shape != (size,) or restore.weights.dtype != np.float32:
        raise CheckpointError(
            f"the checkpoint has {restore.weights.size} weights; the network has {size}"
        )
    else:
        weights = restore.weights.copy()
        kind, statistics = restore.document.optimizer, restore.statistics
    if memory is not None:
        memory.store.begin(weights, optimizer=kind, statistics=statistics)
        return memory.store
    return ThreadParameterStore(
        weights,
        workers=SLOTS,
        optimizer=kind,
        statistics=statistics,
        pushes=restore.document.updates if restore is not None else 0,
    )
