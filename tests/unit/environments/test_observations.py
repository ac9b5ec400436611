"""Observations of every kind of space as arrays."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from matinee.environments.observations import (
    observation_encoder,
    observation_problem,
    unseen_parts,
)

BOX = spaces.Box(-1.0, 1.0, (3,), np.float32)
MIXED = spaces.Dict(
    {
        "place": spaces.Box(-1.0, 1.0, (2, 2), np.float64),
        "choice": spaces.Discrete(3, start=2),
        "several": spaces.Tuple((spaces.MultiDiscrete([2, 3]), spaces.MultiBinary(2))),
        "grid": spaces.MultiDiscrete(np.array([[2, 2], [3, 3]])),
    }
)

FLAT = [
    BOX,
    spaces.Box(-1.0, 1.0, (), np.float64),
    spaces.Box(0, 9, (2, 3), np.int64),
    spaces.Discrete(4),
    spaces.Discrete(4, start=-2),
    spaces.MultiDiscrete([3, 2]),
    spaces.MultiBinary((2, 3)),
    MIXED,
    spaces.Tuple((spaces.Discrete(2), MIXED)),
]


@pytest.mark.parametrize("space", FLAT, ids=str)
def test_a_flat_observation_is_gymnasiums_own(space: gymnasium.Space[Any]) -> None:
    """Number for number what `gymnasium.spaces.flatten` makes of it."""
    encoder = observation_encoder(space)
    space.seed(1)
    for _ in range(20):
        observation = space.sample()
        out = np.full(encoder.shape, np.nan, np.float32)
        encoder.write(observation, out)
        expected = np.asarray(spaces.flatten(space, observation), np.float32).ravel()

        np.testing.assert_array_equal(out, expected)
    assert observation_problem(space) is None
    assert encoder.dtype == "float32"


@pytest.mark.parametrize("space", FLAT, ids=str)
def test_a_batch_is_its_rows(space: gymnasium.Space[Any]) -> None:
    """However gymnasium lays batches out: an array for each leaf."""
    encoder = observation_encoder(space)
    batched = gymnasium.vector.utils.batch_space(space, 3)
    batched.seed(2)
    batch = batched.sample()
    rows = np.empty((3, *encoder.shape), np.float32)
    for row, observation in zip(rows, gymnasium.vector.utils.iterate(batched, batch), strict=True):
        encoder.write(observation, row)

    np.testing.assert_array_equal(encoder.batch(batch, 3), rows)


@pytest.mark.parametrize(
    ("given", "shape", "dtype"),
    [
        ((96, 80, 3), (3, 96, 80), np.uint8),
        ((4, 84, 84), (4, 84, 84), np.uint8),
        ((84, 84), (1, 84, 84), np.uint8),
        ((40, 40, 3), (3, 40, 40), np.float32),
        ((40, 40, 40), (40, 40, 40), np.uint8),
    ],
)
def test_pictures_have_their_channels_first(
    given: tuple[int, ...], shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    """The channels are the shorter one of the first and last axis; bytes stay bytes."""
    space = spaces.Box(0, 255, given, dtype)  # type: ignore[arg-type]  # both are allowed
    encoder = observation_encoder(space)
    space.seed(3)
    picture = space.sample()
    one = np.zeros(encoder.shape, encoder.dtype)
    encoder.write(picture, one)

    assert encoder.shape == shape
    assert encoder.dtype == np.dtype(dtype).name
    expected = picture if given == shape else np.moveaxis(np.atleast_3d(picture), -1, 0)
    if len(given) == 3 and given[0] == given[2]:
        expected = np.moveaxis(picture, -1, 0)
    np.testing.assert_array_equal(one, expected)
    np.testing.assert_array_equal(encoder.batch(picture[None], 1)[0], one)


def test_a_picture_too_small_for_convolutions_is_a_vector() -> None:
    """MiniGrid's 7 x 7 cells, say; bytes are divided by their bounds."""
    high = np.broadcast_to(np.array([10, 5, 0], np.uint8), (2, 2, 3))
    encoder = observation_encoder(spaces.Box(0, high, (2, 2, 3), np.uint8))
    out = np.zeros(encoder.shape, np.float32)
    encoder.write(high, out)

    assert encoder.shape == (12,)
    np.testing.assert_allclose(out, [1, 1, 0] * 4)


def test_text_is_left_out() -> None:
    """Of a Dict or Tuple; the rest is seen."""
    space = spaces.Dict({"mission": spaces.Text(10), "near": spaces.Discrete(2)})
    out = np.zeros(2, np.float32)
    observation_encoder(space).write({"mission": "go", "near": 1}, out)

    assert out.tolist() == [0.0, 1.0]
    assert unseen_parts(space) == ("observations['mission'] (Text)",)
    assert unseen_parts(MIXED) == ()


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (spaces.Text(5), "observations are Text; Box, Discrete"),
        (
            spaces.Dict({"said": spaces.Text(5), "heard": spaces.Tuple([spaces.Text(3)])}),
            r"of Dict\(.*: observations\['heard'\]\[0\] \(Text\), observations\['said'\] \(Text\)",
        ),
        (spaces.Box(0.0, 1.0, (0,)), r"observations are empty: Box\(.*\(0,\), float32\)"),
        (spaces.Sequence(spaces.Discrete(2)), "observations are Sequence; Box"),
        (
            spaces.Dict({"a": spaces.Tuple((spaces.Discrete(2), spaces.Graph(BOX, None)))}),
            r"observations\['a'\]\[1\] are Graph; Box",
        ),
        (spaces.Discrete(2**23), "8,388,608 numbers"),
    ],
    ids=["text", "only_text", "empty", "sequence", "nested_graph", "huge"],
)
def test_what_cannot_be_encoded_is_named_with_its_place(
    space: gymnasium.Space[Any], reason: str
) -> None:
    """The space, and where in the Dict or Tuple it is."""
    assert re.search(reason, observation_problem(space) or "")
