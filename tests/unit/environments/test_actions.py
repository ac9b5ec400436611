"""A policy's choices as an environment's actions."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from matinee.contracts.agent_interface import CategoricalActions, GaussianActions
from matinee.environments.actions import action_decoder, action_problem

SPACES = [
    spaces.Discrete(3),
    spaces.Discrete(3, start=-1),
    spaces.MultiDiscrete([2, 3]),
    spaces.MultiDiscrete(np.array([[2, 3], [4, 2]]), start=np.array([[1, 2], [3, 4]])),
    spaces.MultiBinary(3),
    spaces.MultiBinary((2, 2)),
    spaces.Box(-2.0, 5.0, (2,), np.float32),
    spaces.Box(np.array([0.0, -np.inf]), np.array([1.0, 3.0]), dtype=np.float64),
    spaces.Box(-np.inf, np.inf, (2, 2), np.float64),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_whatever_a_policy_chooses_is_in_the_space(space: gymnasium.Space[Any]) -> None:
    """One by one and in batches, of the space's own shape and dtype."""
    decoder = action_decoder(space)
    rng = np.random.default_rng(0)
    interface = decoder.interface
    if isinstance(interface, CategoricalActions):
        actions: np.ndarray[Any, Any] = rng.integers(0, interface.branches, (50, interface.width))
    else:
        actions = rng.normal(0, 3, (50, interface.width)).astype(np.float32)

    singles = decoder.singles(actions)

    assert all(space.contains(action) for action in singles)
    batched = gymnasium.vector.utils.batch_space(space, 50)
    assert batched.contains(decoder.batch(actions))
    assert action_problem(space) is None


def test_choices_begin_where_the_space_does() -> None:
    """A policy's 0 is the space's first value, in every branch."""
    decoder = action_decoder(spaces.MultiDiscrete([2, 3], start=[5, -1]))

    assert decoder.interface == CategoricalActions((2, 3))
    assert decoder.batch(np.array([[0, 0], [1, 2]])).tolist() == [[5, -1], [6, 1]]
    assert action_decoder(spaces.Discrete(2, start=4)).singles(np.array([[0], [1]])) == [4, 5]


def test_bits_are_choices_of_two() -> None:
    """MultiBinary(3) has three branches."""
    assert action_decoder(spaces.MultiBinary(3)).interface == CategoricalActions((2, 2, 2))


def test_one_is_a_bound_and_more_is_clipped() -> None:
    """-1, 0, 1 are lowest, middle, highest; a dimension without bounds takes what is given."""
    low, high = np.array([0.0, -np.inf, -np.inf]), np.array([4.0, np.inf, 2.0])
    decoder = action_decoder(spaces.Box(low, high, dtype=np.float64))
    given = np.array([[-1, -7, -7], [0, 0, 0], [1, 1, 1], [9, 9, 9]], np.float32)

    assert decoder.interface == GaussianActions(3)
    assert decoder.batch(given).tolist() == [[0, -7, -7], [2, 0, 0], [4, 1, 1], [4, 9, 2]]


def test_bounds_that_are_only_a_formality_are_none() -> None:
    """±3.4e38 is float32's largest number, not a range to spread actions over."""
    largest = float(np.finfo(np.float32).max)
    decoder = action_decoder(spaces.Box(-largest, largest, (1,), np.float32))

    assert decoder.batch(np.array([[2.5]], np.float32)).tolist() == [[2.5]]


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (spaces.Box(0, 5, (2,), np.int64), "a Box of int64"),
        (spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 1))), "actions are a Tuple of several"),
        (spaces.Dict({"a": spaces.Discrete(2)}), "actions are a Dict of several"),
        (spaces.Text(3), "actions are Text; Discrete"),
        (spaces.Box(0.0, 1.0, (0,)), "actions are empty"),
        (spaces.Discrete(2**20), "1,048,576 values"),
    ],
    ids=str,
)
def test_other_spaces_are_refused_with_the_reason(space: gymnasium.Space[Any], reason: str) -> None:
    """In words, with the name of the space."""
    assert reason in (action_problem(space) or "")


def test_asking_for_a_refused_spaces_decoder_is_an_error() -> None:
    """Whoever calls has to ask first."""
    with pytest.raises(TypeError, match="action_problem"):
        action_decoder(spaces.Text(3))
