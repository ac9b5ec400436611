"""Test episodes on a snapshot of the weights, in an environment of their own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.policies import new_policy
from matinee.algorithm.recurrent_acting import RecurrentActorCritic
from matinee.contracts.run_spec import EnvironmentSpec, EvaluationSpec
from matinee.environments.factory import build_vector
from matinee.environments.normalization import NormalizedVector, ObservationNormalizer
from matinee.environments.vector import EnvironmentVector
from matinee.errors import BuildGivenUpError, EvaluationHangsError
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.parameter_store import ParameterStore
from matinee.training.seeding import Purpose, integer_seed, seed_sequence

LONGEST_EPISODE_STEPS = 100_000
"""A greedy policy can run in circles for ever where the environment has no time limit."""

LOCK_PATIENCE_S = 10.0
"""Whoever plays while others wait has been told to stop, and does so at its next env step."""

_WAIT_SLICE_S = 0.05


@dataclass(frozen=True)
class EvaluationResult:
    """Test episodes on one snapshot of the weights.

    Attributes:
        env_step: Of training, when the snapshot was taken.
        deterministic: The most probable action each time; else sampled from the policy.
        returns: Raw, one for each episode.
        lengths: Env steps, one for each episode.
    """

    env_step: int
    deterministic: bool
    returns: tuple[float, ...]
    lengths: tuple[int, ...]

    @property
    def mean_return(self) -> float:
        """Mean over the episodes."""
        return float(np.mean(self.returns))

    @property
    def std_return(self) -> float:
        """Standard deviation over the episodes, of the population."""
        return float(np.std(self.returns))


class Evaluator:
    """Plays test episodes. Any thread may ask; one plays at a time.

    Args:
        environment: Which.
        shape: Of the network.
        seed: Of the run.
        store: Where the weights are.
        env_steps: Of training.
        normalizer: Of observations, where they are normalised.
        parameters: Tells those that training has now, which test episodes have from their first to
            their last; None: the environment's own.
    """

    def __init__(
        self,
        environment: EnvironmentSpec,
        shape: NetworkShape,
        *,
        seed: int,
        store: ParameterStore,
        env_steps: SlotCounter,
        normalizer: ObservationNormalizer | None = None,
        parameters: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        self._parameters = parameters
        self._normalizer = normalizer
        self._environment_spec = environment
        self._seed = seed
        self._store = store
        self._env_steps = env_steps
        self._lock = threading.Lock()
        """Guards the weights, the policy's buffers, the count of evaluations and that of steps.
        Held while foreign code runs, which may hang: nobody waits for it without end."""
        self._weights = np.zeros(shape.layout().size, np.float32)
        self._policy = new_policy(shape, self._weights)
        self._evaluations = 0
        self.steps = 0
        """Env steps of all test episodes so far; anybody may look."""

    def evaluate(
        self, episodes: int, *, deterministic: bool, should_stop: Callable[[], bool]
    ) -> EvaluationResult | None:
        """Play test episodes on the present weights.

        Args:
            episodes: How many, at least one.
            deterministic: The most probable action each time; else sampled from the policy.
            should_stop: Asked after each step, and while waiting for other threads.

        Returns:
            None if told to stop before all episodes were played.

        Raises:
            EvaluationHangsError: if test episodes that another thread plays do not end.
        """
        if not self._may_play(should_stop):
            return None
        try:
            return self._play(episodes, deterministic=deterministic, should_stop=should_stop)
        finally:
            self._lock.release()

    def _may_play(self, should_stop: Callable[[], bool]) -> bool:
        """Wait for the lock; False if told to stop first."""
        deadline_s = time.monotonic() + LOCK_PATIENCE_S
        while not self._lock.acquire(timeout=_WAIT_SLICE_S):
            if should_stop():
                return False
            if time.monotonic() > deadline_s:
                raise EvaluationHangsError(
                    f"waited {LOCK_PATIENCE_S:g} s for the test episodes that another thread plays"
                )
        return True

    def _play(
        self, episodes: int, *, deterministic: bool, should_stop: Callable[[], bool]
    ) -> EvaluationResult | None:
        """Holds the lock."""
        env_step = self._env_steps.total()
        self._store.pull(self._weights)
        self._evaluations += 1
        seeds = seed_sequence(
            self._seed, Purpose.EVALUATION, worker=self._evaluations, occasion=env_step
        )
        try:
            environment: EnvironmentVector = build_vector(
                self._environment_spec,
                1,
                evaluation=True,
                gives_up=should_stop,
                parameters=None if self._parameters is None else self._parameters(),
            )
        except BuildGivenUpError:
            return None
        if self._normalizer is not None:
            environment = NormalizedVector(environment, self._normalizer.snapshot(), frozen=True)
        try:
            generator = np.random.default_rng(seeds)
            observations = environment.reset(integer_seed(seeds))
            self._forget(np.ones(1, np.bool_))
            returns: list[float] = []
            lengths: list[int] = []
            total, length = 0.0, 0
            while len(returns) < episodes:
                if should_stop():
                    return None
                if deterministic:
                    actions = self._policy.act_greedily(observations)
                else:
                    noise = self._policy.distribution.noise(generator, (1,))
                    actions = self._policy.act(observations, noise)
                step = environment.step(actions)
                self.steps += 1
                observations = step.observations
                self._forget(step.ended | ~step.valid)
                if not step.valid[0]:
                    continue
                total += float(step.rewards[0])
                length += 1
                ended = bool(step.ended[0])
                if length >= LONGEST_EPISODE_STEPS and not ended:
                    observations = environment.reset(integer_seed(seeds.spawn(1)[0]))
                    self._forget(np.ones(1, np.bool_))
                    ended = True
                if ended:
                    returns.append(total)
                    lengths.append(length)
                    total, length = 0.0, 0
        finally:
            environment.close()
        return EvaluationResult(env_step, deterministic, tuple(returns), tuple(lengths))

    def _forget(self, where: NDArray[np.bool_]) -> None:
        """An episode begins here, for a network that remembers."""
        if isinstance(self._policy, RecurrentActorCritic):
            self._policy.forget(where)


class PeriodicEvaluation:
    """A thread that evaluates every so many env steps.

    Args:
        spec: How often, how many episodes, and by which policy.
        on_result: Called on this thread after each evaluation.
    """

    def __init__(
        self,
        spec: EvaluationSpec,
        *,
        evaluator: Evaluator,
        control: TrainingControl,
        env_steps: SlotCounter,
        on_result: Callable[[], None],
    ) -> None:
        self._spec = spec
        self._evaluator = evaluator
        self._control = control
        self._env_steps = env_steps
        self._on_result = on_result
        self.results: deque[EvaluationResult] = deque()
        """Not yet taken by the host."""

    def run(self) -> None:
        """Evaluate until training stops. The thread's whole life."""
        interval = self._spec.every_env_steps
        if interval is None or self._spec.episodes == 0:
            return
        due = self._env_steps.total() // interval * interval + interval
        while not self._control.stopping.wait(_WAIT_SLICE_S):
            now = self._env_steps.total()
            if now < due:
                continue
            due = now // interval * interval + interval
            for deterministic in self._spec.deterministic_kinds:
                result = self._evaluator.evaluate(
                    self._spec.episodes,
                    deterministic=deterministic,
                    should_stop=self._control.stopping.is_set,
                )
                if result is not None:
                    self.results.append(result)
                    self._on_result()
