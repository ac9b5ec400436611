"""Agent interfaces of the simplest kind."""

from __future__ import annotations

from matinee.contracts.agent_interface import AgentInterface, CategoricalActions, GaussianActions


def discrete(observations: int, *branches: int) -> AgentInterface:
    """A vector of so many numbers is seen, and one value chosen in each branch."""
    return AgentInterface((observations,), "float32", CategoricalActions(branches))


def continuous(observations: int, dimension: int) -> AgentInterface:
    """A vector of so many numbers is seen, and a vector of so many given back."""
    return AgentInterface((observations,), "float32", GaussianActions(dimension))
