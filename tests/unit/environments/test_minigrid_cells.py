"""MiniGrid's cells as numbers from 0 to 1."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.minigrid_cells import LARGEST_CELL, with_true_bounds

pytest.importorskip("minigrid")


def test_cells_are_scaled_by_what_they_can_be() -> None:
    """Empty is 1/10, walls 2/10, the goal 8/10; direction is one-hot; no mission."""
    vector = build_vector(EnvironmentSpec(id="MiniGrid-Empty-5x5-v0"), 2)
    seen = vector.reset(0)
    cells = seen[:, 4:].reshape(2, 7, 7, 3)

    assert vector.interface.observation_shape == (7 * 7 * 3 + 4,)
    assert (seen[:, :4].sum(axis=1) == 1).all()
    assert set(np.rint(cells[..., 0] * 10).ravel()) == {1, 2, 8}
    assert seen.max() == 1.0
    vector.close()


def test_the_bounds_are_the_packages() -> None:
    """No object, colour or state has a larger number."""
    from minigrid.core import constants

    assert max(constants.OBJECT_TO_IDX.values()) == LARGEST_CELL[0]
    assert max(constants.COLOR_TO_IDX.values()) == LARGEST_CELL[1]
    assert max(constants.STATE_TO_IDX.values()) <= LARGEST_CELL[2]


def test_other_environments_are_left_alone() -> None:
    """Without a picture there is nothing to bound."""
    environment = gymnasium.make("CartPole-v1")

    assert with_true_bounds(environment) is environment
