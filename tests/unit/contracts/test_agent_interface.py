"""How a learner sees an environment."""

from __future__ import annotations

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions, GaussianActions


def test_the_last_axis_of_actions_is_as_wide_as_there_are_choices() -> None:
    """One number for each branch, or for each dimension."""
    assert CategoricalActions((4,)).width == 1
    assert CategoricalActions((2, 3, 2)).width == 3
    assert GaussianActions(6).width == 6


def test_branches_combine() -> None:
    """|A| is the product of their sizes: the uniform behaviour's probability is 1/|A|."""
    assert CategoricalActions((2, 3, 2)).combinations == 12


def test_an_image_is_so_many_numbers() -> None:
    """Channels times height times width."""
    assert AgentInterface((4, 84, 84), "uint8", CategoricalActions((6,))).observation_size == 28224
