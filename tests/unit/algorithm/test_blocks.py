"""Rollouts side by side."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.blocks import batch_of
from matinee.algorithm.rollout import Rollout

INTERFACE = discrete(2, 3)


def filled(length: int, environments: int, *, number: float, keeps: bool = True) -> Rollout:
    """A rollout full of one number, all valid, with a limit reset within its last step."""
    rollout = Rollout(
        length=length,
        environments=environments,
        interface=INTERFACE,
        keeps_log_probability=keeps,
    )
    seen = np.full((environments, 2), number, np.float32)
    rollout.begin(seen)
    for t in range(length):
        rollout.record(
            t,
            observations=seen,
            rewards=np.full(environments, number),
            terminated=np.zeros(environments, np.bool_),
            truncated=np.arange(environments) == 0,
            valid=np.ones(environments, np.bool_),
        )
    rollout.record_final_observations(length - 1, np.array([0]), seen[:1])
    if rollout.log_probability is not None:
        rollout.log_probability[:] = -number
    return rollout


def test_one_rollout_is_not_copied() -> None:
    """The batch looks at the rollout's own memory."""
    rollout = filled(4, 2, number=1.0)

    batch = batch_of([rollout])

    assert np.shares_memory(batch.observations, rollout.observations)
    assert batch.observations.shape == (8, 2)
    assert batch.sample_weights.sum() == pytest.approx(1.0)


def test_rollouts_of_one_length_become_one_block() -> None:
    """Environments side by side, and ends still point to theirs."""
    batch = batch_of([filled(4, 2, number=1.0), filled(4, 3, number=2.0)])

    (block,) = batch.blocks
    assert block.rewards.tolist() == [[1.0, 1.0, 2.0, 2.0, 2.0]] * 4
    assert block.ends is not None
    assert block.ends[0].tolist() == [3, 3]
    assert block.ends[1].tolist() == [0, 2]
    assert block.ends[2][:, 0].tolist() == [1.0, 2.0]
    assert batch.log_behaviour is not None
    assert batch.log_behaviour.tolist() == [-1.0, -1.0, -2.0, -2.0, -2.0] * 4


def test_rollouts_of_several_lengths_stay_apart() -> None:
    """Two blocks, whose steps follow each other in the batch."""
    batch = batch_of([filled(2, 1, number=1.0), filled(3, 2, number=2.0)])

    assert [block.valid.shape for block in batch.blocks] == [(2, 1), (3, 2)]
    assert batch.observations[:, 0].tolist() == [1.0] * 2 + [2.0] * 6
    assert len(batch.actions) == len(batch.valid) == 8


def test_steps_that_only_reset_weigh_nothing() -> None:
    """The weights are 1/(valid steps), or 0."""
    rollout = filled(2, 2, number=1.0, keeps=False)
    rollout.valid[1, 0] = False

    batch = batch_of([rollout])

    assert batch.sample_weights.tolist() == pytest.approx([1 / 3, 1 / 3, 0.0, 1 / 3])
    assert batch.log_behaviour is None


def test_a_batch_without_valid_steps_is_refused() -> None:
    """The mean over nothing is an error, not NaN."""
    rollout = filled(2, 2, number=1.0)
    rollout.valid[:] = False

    with pytest.raises(ValueError, match="without valid steps"):
        batch_of([rollout])
