"""The three terms of the loss."""

from __future__ import annotations

import pytest
import torch

from matinee.algorithm.losses import actor_critic_loss

TERMS = actor_critic_loss(
    torch.tensor([-1.0, -2.0, -9.0]),
    torch.tensor([0.5, 0.3, 9.0]),
    torch.tensor([1.0, 2.0, 9.0]),
    advantages=torch.tensor([3.0, -1.0, 9.0]),
    returns=torch.tensor([2.0, 4.0, 0.0]),
    sample_weights=torch.tensor([0.5, 0.5, 0.0]),
)


def test_each_term_is_a_mean_over_valid_steps() -> None:
    """By hand: the third step is padding and counts nowhere."""
    assert TERMS.policy.item() == pytest.approx((1.0 * 3.0 + 2.0 * -1.0) / 2)
    assert TERMS.value.item() == pytest.approx((0.5 * 1.0 + 0.5 * 4.0) / 2)
    assert TERMS.entropy.item() == pytest.approx((0.5 + 0.3) / 2)


def test_entropy_is_subtracted_from_the_loss() -> None:
    """It is a bonus: more of it makes the loss smaller."""
    total = TERMS.total(entropy_coefficient=0.1, value_coefficient=2.0)

    assert total.item() == pytest.approx(0.5 - 0.1 * 0.4 + 2.0 * 1.25)
