"""A2C and PPO: one thread acts in all environments at once and learns from all of them together.

No gradient is ever old, and the same seed gives the same weights.

A2C takes one step along the gradient of each rollout. PPO goes over a rollout several times, in
minibatches, and clips how far the policy may move (Schulman et al. 2017, Algorithm 1).
"""

from __future__ import annotations

import numpy as np

from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.policies import new_policy
from matinee.training.collector import ActingPlan, RolloutCollector
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.learner import LocalLearner
from matinee.training.phase_clock import PhaseClock
from matinee.training.shared_parts import SharedParts

KL_TOLERANCE = 1.5
"""PPO stops its epochs when the policy has moved further than this times `target_kl`, as the
implementations of OpenAI (Spinning Up) and Stable-Baselines3 do."""


class SynchronousLearner:
    """The one thread of `a2c` and `ppo`."""

    def __init__(
        self, plan: ActingPlan, shape: NetworkShape, shared: SharedParts, *, clock: PhaseClock
    ) -> None:
        self._slot = plan.slot
        self._shared = shared
        self._learner = LocalLearner(plan.slot, shape, shared=shared, clock=clock)
        policy = new_policy(shape, self._learner.weights)
        self.collector = RolloutCollector(plan, shape, policy=policy, shared=shared, clock=clock)
        self._rollout = self.collector.new_rollout(plan.rollout_length)

    def run(self) -> None:
        """Train until the control says stop. The thread's whole life."""
        shared, slot = self._shared, self._slot
        try:
            with self.collector:
                while shared.control.may_begin(
                    slot,
                    reserves=Reservation(
                        env_steps=self.collector.env_steps_of(self._rollout.length), updates=1
                    ),
                    on_standing=self._stand,
                ):
                    revision, values = shared.board.read(slot)
                    self._learner.pull()
                    if self._rollout.length != values.rollout_length:
                        self._rollout = self.collector.new_rollout(values.rollout_length)
                    if not self.collector.collect(self._rollout, values):
                        return
                    if self._rollout.valid.any():
                        self._learn(values, revision=revision)
                    shared.budget.check()
        finally:
            shared.board.stand_down(slot)
            shared.control.end(slot)

    def _stand(self) -> None:
        self.collector.stand()
        self._shared.board.stand_down(self._slot)

    def _learn(self, values: HyperparameterValues, *, revision: int) -> None:
        if values.algorithm == "ppo":
            self._go_over(values, revision=revision)
            self.collector.keep_generator_state()
            return
        self._learner.compute([self._rollout], values)
        self._learner.push(values, revision=revision, version=self._learner.version)

    def _go_over(self, values: HyperparameterValues, *, revision: int) -> None:
        """PPO's epochs: each deals all samples of the rollout into minibatches, one step each."""
        learner = self._learner
        batch = learner.surrogate_batch(self._rollout, values)
        minibatches = min(values.minibatches, batch.size)
        for epoch in range(1, values.epochs + 1):
            order = self.collector.generator.permutation(batch.size)
            for indices in np.array_split(order, minibatches):
                if self._shared.control.abandons_rollouts:
                    return
                report = learner.compute_surrogate(batch, indices, values, rollout=self._rollout)
                if 0.0 < values.target_kl * KL_TOLERANCE < report.approximate_kl:
                    return
                learner.push(values, revision=revision, version=learner.version, epochs_done=epoch)
                learner.pull()
