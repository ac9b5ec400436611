"""What a learner sees of an environment's spaces, and why it sometimes can't."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from fakes.interfaces import discrete
from fakes.probe_environments import ShiftedActions, Spoken
from matinee.contracts.agent_interface import AgentInterface, GaussianActions
from matinee.environments.interface import agent_interface, untrainable_reason
from matinee.errors import EnvironmentBuildError


def test_both_sides_are_told() -> None:
    """Observations and actions, after translation."""
    assert agent_interface(
        ShiftedActions.observation_space, ShiftedActions.action_space
    ) == discrete(1, 2)
    picture = spaces.Box(0, 255, (96, 96, 3), np.uint8)
    assert agent_interface(picture, spaces.Box(-1, 1, (3,))) == AgentInterface(
        (3, 96, 96), "uint8", GaussianActions(3)
    )
    spoken = agent_interface(Spoken.observation_space, Spoken.action_space)
    assert spoken.unseen == ("observations['talk'] (Text)",)


@pytest.mark.parametrize(
    ("observations", "actions", "reason"),
    [
        (spaces.Text(3), spaces.Discrete(2), "observations are Text"),
        (spaces.Discrete(2), spaces.Text(3), "actions are Text"),
    ],
)
def test_a_refusal_says_which_side(
    observations: gymnasium.Space[object], actions: gymnasium.Space[object], reason: str
) -> None:
    """What the snapshot shows is what building would say."""
    assert (untrainable_reason(observations, actions) or "").startswith(reason)
    with pytest.raises(EnvironmentBuildError, match=reason) as caught:
        agent_interface(observations, actions)
    assert caught.value.code == "untrainable_environment"
