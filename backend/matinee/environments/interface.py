"""Whether and how a learner can deal with an environment's spaces: the one place that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium

from matinee.contracts.agent_interface import AgentInterface
from matinee.contracts.policy_file import SpaceCoding
from matinee.environments.actions import ActionDecoder, action_decoder, action_problem
from matinee.environments.observations import (
    ObservationEncoder,
    observation_encoder,
    observation_problem,
    unseen_parts,
)
from matinee.errors import EnvironmentBuildError


@dataclass(frozen=True)
class Translation:
    """Between an environment's spaces and a learner's arrays."""

    observations: ObservationEncoder
    actions: ActionDecoder
    unseen: tuple[str, ...]

    @property
    def interface(self) -> AgentInterface:
        """What the learner sees."""
        return AgentInterface(
            observation_shape=self.observations.shape,
            observation_dtype=self.observations.dtype,
            actions=self.actions.interface,
            unseen=self.unseen,
        )

    @property
    def coding(self) -> SpaceCoding:
        """The same for who plays a policy elsewhere."""
        return SpaceCoding(observation=self.observations.describe(), action=self.actions.describe())


def untrainable_reason(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> str | None:
    """Why nothing here can train on these spaces; None if it can."""
    return observation_problem(observation_space) or action_problem(action_space)


def translation(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> Translation:
    """Between these spaces and a learner.

    Raises:
        EnvironmentBuildError: if nothing here can train on them.
    """
    reason = untrainable_reason(observation_space, action_space)
    if reason is not None:
        raise EnvironmentBuildError(reason, code="untrainable_environment")
    return Translation(
        observation_encoder(observation_space),
        action_decoder(action_space),
        unseen_parts(observation_space),
    )


def agent_interface(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> AgentInterface:
    """How the network sees these spaces.

    Raises:
        EnvironmentBuildError: if nothing here can train on them.
    """
    return translation(observation_space, action_space).interface
