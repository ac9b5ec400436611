"""How an environment thread of ga3c chooses actions, and what it remembers of the choice.

The learner corrects for the age of the data by ρ = π/μ, so each segment carries log μ(a|s), the
log-probability of each action under the weights, and the rate of random actions, that made it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.behaviour import behaviour_log_probability
from matinee.algorithm.distributions import Actions, Floats
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.rollout import Rollout
from matinee.training.parameter_store import ParameterStore
from matinee.training.phase_clock import PhaseClock
from matinee.training.prediction import PredictionDesk


class QueueBehaviour:
    """Acts with a copy of the weights that is renewed every so many segments, or by a predictor.

    Args:
        shape: Of the network.
        store: Where the weights are.
        desk: Where predictors are asked, while there are any.
        clock: Of the thread.
        gives_up: Whether a predictor's answer is worth waiting for no longer.
    """

    def __init__(
        self,
        shape: NetworkShape,
        *,
        store: ParameterStore,
        desk: PredictionDesk,
        clock: PhaseClock,
        gives_up: Callable[[], bool],
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._gives_up = gives_up
        self._actions = shape.interface.actions
        self._weights = np.zeros(shape.layout().size, np.float32)
        self._policy = NumpyActorCritic(shape, self._weights)
        self.distribution = self._policy.distribution
        self._outputs: list[Floats] = []
        self._own_version = 0
        self._rollouts_on_copy: int | None = None
        self._acted: set[int] = set()
        """Versions of the weights that chose actions of this rollout."""

    def begin_rollout(self, *, pull_interval: int) -> None:
        """Renew the copy of the weights, if it has served for `pull_interval` rollouts."""
        played = self._rollouts_on_copy
        if played is None or played >= pull_interval:
            self._own_version = self._store.pull(self._weights)
            played = 0
        self._rollouts_on_copy = played + 1
        self._outputs.clear()
        self._acted.clear()

    def act(self, observations: NDArray[Any], noise: Floats) -> Actions:
        """Sample an action for each observation; shapes as for the policy."""
        answer = self._ask(observations)
        if answer is None:
            outputs, version = self._policy.outputs(observations).copy(), self._own_version
        else:
            outputs, version = answer
        self._acted.add(version)
        self._outputs.append(outputs)
        return self.distribution.sample(outputs, noise)

    def values(self, observations: NDArray[Any]) -> Floats:
        """V by the thread's own copy of the weights, also where predictors act. Shape: (N,)."""
        return self._policy.values(observations)

    def _ask(self, observations: NDArray[Any]) -> tuple[Floats, int] | None:
        if self._desk.predictors == 0:
            return None
        began = time.perf_counter()
        with self._clock.waiting_for_queue():
            answer = self._desk.ask(observations, gives_up=self._gives_up)
        # Whoever calls `act` takes all of it for choosing.
        self._clock.acted(began - time.perf_counter())
        return answer

    def end_rollout(self, rollout: Rollout, *, epsilon: float) -> int:
        """Write log μ of the actions taken into the rollout.

        Args:
            rollout: As collected with this behaviour.
            epsilon: Share of random actions in it.

        Returns:
            The version of the weights that acted: the oldest, where several did.
        """
        assert rollout.log_probability is not None, "segments keep what their behaviour was"
        outputs = np.concatenate(self._outputs)
        taken = rollout.actions.reshape(len(outputs), -1)
        log_probability, _ = self.distribution.evaluate(np.ascontiguousarray(outputs.T), taken)
        rollout.log_probability[...] = behaviour_log_probability(
            log_probability, taken, epsilon=epsilon, actions=self._actions
        ).reshape(rollout.log_probability.shape)
        self._note_value(rollout)
        return min(self._acted)

    def _note_value(self, rollout: Rollout) -> None:
        """Keep V of the first environment, so that the learner sees how far the critic moves."""
        assert rollout.acting_values is not None, "segments keep what their behaviour was"
        rollout.acting_values[0] = self.values(rollout.observations[:-1, 0]).mean()
