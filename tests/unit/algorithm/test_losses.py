"""The terms of the loss, and the coefficients that make their gradient."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matinee.algorithm.losses import (
    clipped_surrogate,
    entropy_bonus,
    offset_policy_gradient,
    policy_gradient,
    value_error,
)


def numbers(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A vector; the third step is padding and must count nowhere."""
    return np.array(values, np.float32)


WEIGHTS = numbers(0.5, 0.5, 0.0)


def test_the_policy_term_is_a_mean_over_valid_steps() -> None:
    """-mean log π A, by hand, and c = -w A."""
    term = policy_gradient(
        numbers(-1.0, -2.0, -9.0), numbers(3.0, -1.0, 9.0), sample_weights=WEIGHTS
    )

    assert term.value == pytest.approx((1.0 * 3.0 + 2.0 * -1.0) / 2)
    assert term.coefficients.tolist() == [-1.5, 0.5, 0.0]


def test_entropy_is_subtracted_from_the_loss() -> None:
    """It is a bonus: the term is H itself, the coefficient -β w."""
    term = entropy_bonus(numbers(0.5, 0.3, 9.0), coefficient=0.1, sample_weights=WEIGHTS)

    assert term.value == pytest.approx((0.5 + 0.3) / 2)
    assert term.coefficients.tolist() == pytest.approx([-0.05, -0.05, 0.0])


def test_the_value_term_is_half_the_mean_squared_error() -> None:
    """½ mean (R - V)², by hand, and c = -c_v w (R - V)."""
    term = value_error(
        numbers(1.0, 2.0, 9.0), numbers(2.0, 4.0, 0.0), coefficient=2.0, sample_weights=WEIGHTS
    )

    assert term.value == pytest.approx((0.5 * 1.0 + 0.5 * 4.0) / 2)
    assert term.coefficients.tolist() == [-1.0, -2.0, 0.0]


def test_the_offset_takes_what_never_happens_out_of_the_gradient() -> None:
    """GA3C: c = -w A π/(π + ε): as without the offset for likely actions, 0 for impossible ones."""
    term = offset_policy_gradient(
        numbers(math.log(0.5), math.log(1e-12), -1.0),
        numbers(2.0, 2.0, 9.0),
        sample_weights=WEIGHTS,
    )

    assert term.coefficients.tolist() == pytest.approx([-1.0, 0.0, 0.0], abs=1e-5)
    assert term.value == pytest.approx(-0.5 * 2.0 * (math.log(0.5) + math.log(1e-6)), rel=1e-4)


@pytest.mark.parametrize(
    ("ratio", "advantage", "value", "coefficient"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 2.0, -2.2, -2.2),
        (1.5, 2.0, -2.4, 0.0),
        (0.5, 2.0, -1.0, -1.0),
        (0.5, -2.0, 1.6, 0.0),
        (1.5, -2.0, 3.0, 3.0),
    ],
    ids=["start", "inside", "gained_enough", "way_back_up", "lost_enough", "way_back_down"],
)
def test_the_surrogate_stops_where_the_policy_moved_far_enough(
    ratio: float, advantage: float, value: float, coefficient: float
) -> None:
    """-min(r A, clip(r, 0.8, 1.2) A) by hand; the gradient is cut only in the direction of A."""
    term = clipped_surrogate(
        numbers(ratio), numbers(advantage), clip_range=0.2, sample_weights=numbers(1.0)
    )

    assert term.value == pytest.approx(value)
    assert term.coefficients.tolist() == pytest.approx([coefficient])
