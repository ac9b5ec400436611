"""A policy in an environment, played step by step by one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.episodes import EpisodeStep
from matinee.player.scene import Scene
from matinee.player.weights import PlayedPolicy

LONGEST_EPISODE_STEPS = 100_000
"""A greedy policy can run in circles for ever where the environment has no time limit."""


@dataclass(frozen=True)
class Thought:
    """What the network says of an observation.

    Attributes:
        outputs: Logits of all choices, or means.
        value: V.
        probabilities: Of all choices; None: actions are numbers.
        mean: Of actions that are numbers, in the environment's units, before they are cut.
        deviation: Of these.
    """

    outputs: NDArray[Any]
    value: float
    probabilities: list[float] | None
    mean: list[float] | None
    deviation: list[float] | None


class Stage:
    """Plays one episode after the other.

    Args:
        scene: The environment; the first episode has yet to begin.
        played: Who plays.
        deterministic: The most probable action each time; else drawn.
        seed: Of the first episode, and of the draws.

    Attributes:
        played: Who thought that.
        thought: What the network says of what is seen now; None: no episode has begun.
        episode: From 1; 0: none has begun.
        length: Steps of the episode so far.
        total: Its return so far.
    """

    def __init__(
        self, scene: Scene, played: PlayedPolicy, *, deterministic: bool, seed: int
    ) -> None:
        self.scene = scene
        self.played = played
        self.deterministic = deterministic
        self._seed: int | None = seed
        self._generator = np.random.default_rng(seed)
        self._coming: PlayedPolicy | None = None
        self._observation: Any = None
        self._is_over = True
        self.thought: Thought | None = None
        self.episode, self.length, self.total = 0, 0, 0.0

    @property
    def is_over(self) -> bool:
        """Whether the episode has ended, or none has begun."""
        return self._is_over

    def begin(self) -> None:
        """Begin the next episode."""
        self._swap()
        self._observation = self.scene.begin(self._seed)
        # As in training: the environment's own generator goes on from episode to episode.
        self._seed = None
        self.played.policy.begin()
        self._is_over = False
        self.episode, self.length, self.total = self.episode + 1, 0, 0.0
        self.thought = self._think()

    def take(self, played: PlayedPolicy) -> None:
        """Other weights of the same network play from the next thought on.

        What was thought already is acted on by those that thought it.
        """
        self._coming = played

    @property
    def newest(self) -> PlayedPolicy:
        """The last that was taken."""
        return self._coming or self.played

    def step(self) -> EpisodeStep:
        """One step of the episode."""
        thought = self.thought
        assert thought is not None, "an episode has begun"
        generator = None if self.deterministic else self._generator
        action = self.played.policy.choose(thought.outputs, generator)
        came = self.scene.step(action)
        self._observation = came.observation
        self.length += 1
        self.total += came.reward
        truncated = came.truncated or (self.length >= LONGEST_EPISODE_STEPS and not came.terminated)
        self._is_over = came.terminated or truncated
        # Of the last thing seen, too: a truncated episode goes on in what is expected from there.
        self._swap()
        self.thought = self._think()
        return EpisodeStep.model_construct(
            value=thought.value,
            probabilities=thought.probabilities,
            mean=thought.mean,
            deviation=thought.deviation,
            action=np.asarray(action).tolist(),
            reward=came.reward,
            terminated=came.terminated,
            truncated=truncated,
        )

    def _swap(self) -> None:
        """Let those play that were taken last."""
        if self._coming is None:
            return
        coming, self._coming = self._coming, None
        coming.policy.go_on_from(self.played.policy)
        self.scene.change(coming.about.environment_parameters)
        self.played = coming

    def _think(self) -> Thought:
        """What the network says of what is seen now: once for each, for it may remember."""
        policy = self.played.policy
        outputs, value = policy.look(self._observation)
        probabilities = policy.probabilities(outputs)
        is_choice = probabilities is not None
        return Thought(
            outputs=outputs,
            value=value,
            probabilities=None if probabilities is None else probabilities.tolist(),
            mean=None if is_choice else self._in_place(outputs),
            deviation=None if is_choice else self._in_size(policy.deviations),
        )

    def _in_place(self, numbers: NDArray[Any]) -> list[float]:
        """Numbers of the policy in the environment's units, before they are cut to its bounds."""
        assert self.played.about.coding is not None, "games of the ALE have choices"
        centre = np.asarray(self.played.about.coding.action.centre)
        return [float(number) for number in centre + self._in_size(numbers)]

    def _in_size(self, numbers: NDArray[Any]) -> list[float]:
        assert self.played.about.coding is not None
        half_range = np.asarray(self.played.about.coding.action.half_range)
        return [float(number) for number in half_range * numbers]
