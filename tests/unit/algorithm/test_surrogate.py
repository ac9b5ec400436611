"""What PPO's epochs go over."""

from __future__ import annotations

import numpy as np

from matinee.algorithm.returns import Targets
from matinee.algorithm.surrogate import SurrogateBatch


def test_a_minibatch_keeps_what_belongs_together() -> None:
    """Every array is picked by the same indices; absent weights stay absent."""
    numbers = np.arange(5, dtype=np.float32)
    batch = SurrogateBatch(
        observations=numbers[:, None],
        actions=np.arange(5)[:, None],
        log_probability=-numbers,
        targets=Targets(advantages=10 * numbers, returns=100 * numbers),
        weights=None,
    )

    part = batch.minibatch(np.array([3, 1]))

    assert part.size == 2
    assert part.observations[:, 0].tolist() == [3.0, 1.0]
    assert part.actions[:, 0].tolist() == [3, 1]
    assert part.log_probability.tolist() == [-3.0, -1.0]
    assert part.targets.advantages.tolist() == [30.0, 10.0]
    assert part.targets.returns.tolist() == [300.0, 100.0]
    assert part.weights is None
