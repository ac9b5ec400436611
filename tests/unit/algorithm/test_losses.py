"""The terms of the loss, and the coefficients that make their gradient."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.algorithm.losses import entropy_bonus, policy_gradient, value_error


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
