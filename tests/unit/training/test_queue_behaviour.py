"""What an environment thread of ga3c remembers of how it chose actions."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.distributions import Floats
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.rollout import Rollout
from matinee.training.parameter_store import ThreadParameterStore
from matinee.training.phase_clock import PhaseClock
from matinee.training.prediction import PredictionDesk
from matinee.training.queue_behaviour import QueueBehaviour

LENGTH, ENVIRONMENTS = 3, 2
SHAPE = NetworkShape(interface=discrete(4, 3), hidden=(8,), activation="tanh", shared_trunk=True)


class Scene:
    """A behaviour whose weights are pushed on from outside."""

    def __init__(self) -> None:
        self.weights = initial_weights(SHAPE, seed=1)
        self.store = ThreadParameterStore(self.weights, workers=1, optimizer="rmsprop")
        self.desk = PredictionDesk()
        self.behaviour = QueueBehaviour(
            SHAPE,
            store=self.store,
            desk=self.desk,
            clock=PhaseClock(),
            gives_up=lambda: False,
        )
        self._generator = np.random.default_rng(5)

    def push(self) -> None:
        """Somebody has learned something."""
        self.store.updates.add(0, 1)
        self.weights += self._generator.normal(size=self.weights.size).astype(np.float32)

    def play(self, *, pull_interval: int = 1, pushes: int = 0) -> Rollout:
        """A rollout on random observations, during which there are so many pushes."""
        rollout = Rollout(
            length=LENGTH,
            environments=ENVIRONMENTS,
            interface=SHAPE.interface,
            keeps_log_probability=True,
        )
        self.behaviour.begin_rollout(pull_interval=pull_interval)
        for _ in range(pushes):
            self.push()
        rollout.observations[:] = self._generator.normal(size=rollout.observations.shape)
        noise = self.behaviour.distribution.noise(self._generator, (LENGTH, ENVIRONMENTS))
        for t in range(LENGTH):
            rollout.actions[t] = self.behaviour.act(rollout.observations[t], noise[t])
        rollout.version = self.behaviour.end_rollout(rollout, epsilon=0.0)
        return rollout


def log_probabilities(rollout: Rollout, weights: Floats) -> Floats:
    """The slow way: log softmax of each step by itself."""
    policy = NumpyActorCritic(SHAPE, weights)
    steps = []
    for t in range(LENGTH):
        logits = policy.outputs(rollout.observations[t]).astype(np.float64)
        normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        steps.append(np.take_along_axis(normalized, rollout.actions[t], axis=1)[:, 0])
    return np.array(steps)


def test_a_rollout_is_of_the_weights_that_it_began_with() -> None:
    """Pushes meanwhile change neither its version nor its probabilities."""
    scene = Scene()
    scene.push()
    before = scene.weights.copy()

    rollout = scene.play(pushes=2)

    assert rollout.version == 1
    assert rollout.log_probability == pytest.approx(log_probabilities(rollout, before), abs=1e-5)


def test_the_copy_serves_for_as_many_rollouts_as_asked() -> None:
    """Three rollouts on one copy; a shorter interval takes effect at the next rollout."""
    scene = Scene()

    versions = [scene.play(pull_interval=interval, pushes=1).version for interval in (3, 3, 3, 3)]
    assert versions == [0, 0, 0, 3]

    versions = [scene.play(pull_interval=interval, pushes=1).version for interval in (9, 9, 2)]
    assert versions == [3, 3, 6]


def test_a_predictors_rollout_is_of_the_predictors_weights() -> None:
    """Its version is the oldest of those that acted; the thread's own copy did not."""
    scene = Scene()
    scene.push()
    weights = initial_weights(SHAPE, seed=2)
    policy = NumpyActorCritic(SHAPE, weights)
    scene.desk.staff(1, is_over=lambda: False)

    def predict() -> None:
        version = 9
        while (requests := scene.desk.take(0)) is not None:
            for request in requests:
                request.answer(policy.outputs(request.observations).copy(), version)
                version -= 1

    predictor = threading.Thread(target=predict, daemon=True)
    predictor.start()
    rollout = scene.play()
    scene.desk.leave(0)
    scene.desk.staff(0, is_over=lambda: False)
    predictor.join(30.0)

    assert rollout.version == 7
    assert rollout.log_probability == pytest.approx(log_probabilities(rollout, weights), abs=1e-5)
