"""What a batch held, in words: for the error that ends a run whose numbers are no longer finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.rollout import Rollout


def batch_in_words(rollouts: Sequence[Rollout]) -> str:
    """How many steps, and the range of their rewards, observations and actions.

    Args:
        rollouts: At least one. Steps that only reset an environment are left out.
    """
    steps = sum(int(np.count_nonzero(rollout.valid)) for rollout in rollouts)
    kinds = {
        "rewards": [rollout.rewards[rollout.valid] for rollout in rollouts],
        "observations": [rollout.observations[:-1][rollout.valid] for rollout in rollouts],
        "actions": [rollout.actions[rollout.valid] for rollout in rollouts],
    }
    ranges = "; ".join(f"{name} {_range_of(parts)}" for name, parts in kinds.items())
    return f"the batch had {steps} steps: {ranges}"


def _range_of(parts: Sequence[NDArray[Any]]) -> str:
    values = np.concatenate([part.ravel() for part in parts])
    finite = values[np.isfinite(values)]
    bad = values.size - finite.size
    words = f"{finite.min():.6g} to {finite.max():.6g}" if finite.size else "none finite"
    return f"{words} and {bad} that are NaN or infinite" if bad and finite.size else words
