"""Rollouts side by side: what a gradient is computed from.

Rollouts of the same length become one block, as if one thread had stepped all their environments.
A batch is the steps of all blocks in one row, and its network goes forward once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions, Floats
from matinee.algorithm.lstm import Episodes
from matinee.algorithm.rollout import Rollout

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Steps of one or several rollouts of the same length. See `Rollout` for the arrays.

    Attributes:
        ends: Steps, environments and observations of truncated ends that the rows don't show.
        episodes: How the steps hang together; None without recurrence.
    """

    observations: NDArray[Any]
    actions: Actions
    rewards: NDArray[np.float32]
    terminated: Flags
    truncated: Flags
    valid: Flags
    log_behaviour: Floats | None
    acting_values: Floats | None
    ends: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]] | None
    episodes: Episodes | None


@dataclass(frozen=True)
class Batch:
    """All steps of all blocks, valid or not, in one row.

    Attributes:
        blocks: Where they come from, in this order.
        observations: Shape: (B, *observation shape).
        actions: Shape: (B, K).
        valid: Shape: (B,), like the rest.
        sample_weights: 1/(number of valid steps) for valid steps, else 0.
        log_behaviour: log μ(a|s), if the rollouts keep it.
        episodes: How the steps hang together; None without recurrence.
    """

    blocks: Sequence[Block]
    observations: NDArray[Any]
    actions: Actions
    valid: Flags
    sample_weights: Floats
    log_behaviour: Floats | None
    episodes: Episodes | None


def batch_of(rollouts: Sequence[Rollout]) -> Batch:
    """Put rollouts side by side; one alone is not copied.

    Args:
        rollouts: At least one; all keep log-probabilities, or none does.

    Raises:
        ValueError: if no step is valid, or recurrent rollouts differ in length.
    """
    by_length: dict[int, list[Rollout]] = {}
    for rollout in rollouts:
        by_length.setdefault(rollout.length, []).append(rollout)
    blocks = [_block(group) for group in by_length.values()]
    episodes = blocks[0].episodes
    if episodes is not None and len(blocks) > 1:
        raise ValueError("recurrent rollouts go side by side only if they are equally long")
    valid = in_a_row([block.valid for block in blocks])
    samples = int(np.count_nonzero(valid))
    if samples == 0:
        raise ValueError("a rollout without valid steps has no loss")
    sample_weights = valid.astype(np.float32)
    np.divide(sample_weights, np.float32(samples), out=sample_weights)
    log_behaviour = [block.log_behaviour for block in blocks if block.log_behaviour is not None]
    return Batch(
        blocks=blocks,
        observations=_rows([block.observations[:-1] for block in blocks]),
        actions=_rows([block.actions for block in blocks]),
        valid=valid,
        sample_weights=sample_weights,
        log_behaviour=in_a_row(log_behaviour) if log_behaviour else None,
        episodes=episodes,
    )


def in_a_row(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """All numbers of arrays of any shape, one after the other; of one array as a view."""
    if len(parts) == 1:
        return parts[0].reshape(-1)
    return np.concatenate([part.reshape(-1) for part in parts])


def _rows(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Arrays of shape (T, N, …) as one of shape (B, …)."""
    rows = [part.reshape(-1, *part.shape[2:]) for part in parts]
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


def _block(rollouts: Sequence[Rollout]) -> Block:
    if len(rollouts) == 1:
        return _block_of_one(rollouts[0])
    parts = [_block_of_one(rollout) for rollout in rollouts]

    def beside(arrays: Sequence[NDArray[Any] | None], axis: int) -> NDArray[Any] | None:
        present = [array for array in arrays if array is not None]
        return np.concatenate(present, axis=axis) if present else None

    return Block(
        observations=np.concatenate([part.observations for part in parts], axis=1),
        actions=np.concatenate([part.actions for part in parts], axis=1),
        rewards=np.concatenate([part.rewards for part in parts], axis=1),
        terminated=np.concatenate([part.terminated for part in parts], axis=1),
        truncated=np.concatenate([part.truncated for part in parts], axis=1),
        valid=np.concatenate([part.valid for part in parts], axis=1),
        log_behaviour=beside([part.log_behaviour for part in parts], axis=1),
        acting_values=beside([part.acting_values for part in parts], axis=0),
        ends=_joined_ends(rollouts),
        episodes=_joined_episodes(parts),
    )


def _block_of_one(rollout: Rollout) -> Block:
    return Block(
        observations=rollout.observations,
        actions=rollout.actions,
        rewards=rollout.rewards,
        terminated=rollout.terminated,
        truncated=rollout.truncated,
        valid=rollout.valid,
        log_behaviour=rollout.log_probability,
        acting_values=rollout.acting_values,
        ends=rollout.final_observations(),
        episodes=_episodes(rollout),
    )


def _episodes(rollout: Rollout) -> Episodes | None:
    if rollout.initial_state is None or rollout.begins is None:
        return None
    return Episodes(rollout.initial_state, rollout.begins)


def _joined_episodes(blocks: Sequence[Block]) -> Episodes | None:
    parts = [block.episodes for block in blocks if block.episodes is not None]
    if not parts:
        return None
    return Episodes(
        np.concatenate([part.initial_state for part in parts]),
        np.concatenate([part.begins for part in parts], axis=1),
    )


def _joined_ends(
    rollouts: Sequence[Rollout],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]] | None:
    steps, environments, observations = [], [], []
    offset = 0
    for rollout in rollouts:
        ends = rollout.final_observations()
        if ends is not None:
            steps.append(ends[0])
            environments.append(ends[1] + offset)
            observations.append(ends[2])
        offset += rollout.environments
    if not steps:
        return None
    return np.concatenate(steps), np.concatenate(environments), np.concatenate(observations)
