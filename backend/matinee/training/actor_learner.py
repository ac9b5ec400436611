"""One A3C thread: pull, act, compute returns and gradient, push; until told to stop.

Reference: Mnih et al. 2016, Algorithm S3. Each thread steps a vector of environments instead of
one, and its gradient is a mean over all their steps.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.behaviour import random_actions
from matinee.algorithm.distributions import Actions, Floats
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.loss_report import LossReport
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.rollout import Rollout
from matinee.contracts.agent_interface import CategoricalActions
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.wrappers import EnvironmentVector
from matinee.errors import NonFiniteError
from matinee.training.budget import Budget
from matinee.training.clock import TrainingClock
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameter_board import HyperparameterBoard
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.pacing import Pacer
from matinee.training.parameter_store import ParameterStore, PushReport
from matinee.training.step_reporter import StepReporter
from matinee.training.telemetry import Telemetry, UpdateRecord

REPORT_INTERVAL_S = 0.04
"""While training is slowed down, finished episodes are told this often within a rollout."""

_NOISE_STEPS = 64
"""Noise is drawn for this many steps at a time: few calls, little memory."""


@dataclass(frozen=True)
class SharedParts:
    """What all workers of a run share."""

    store: ParameterStore
    board: HyperparameterBoard
    control: TrainingControl
    pacer: Pacer
    telemetry: Telemetry
    clock: TrainingClock
    env_steps: SlotCounter
    budget: Budget


@dataclass(frozen=True)
class WorkerPlan:
    """What one worker needs to know about itself.

    Attributes:
        worker: Its number, from 0.
        environment: What it acts in.
        environments: How many of them.
        rollout_length: Of the first rollout, so that stepping knows how far it goes.
        environment_seed: Of their first episodes; later ones follow from it.
        action_seed: Of the choice of actions.
        generator_state: Of the choice of actions, from a checkpoint, instead of the seed.
    """

    worker: int
    environment: EnvironmentSpec
    environments: int
    rollout_length: int
    environment_seed: int
    action_seed: np.random.SeedSequence
    generator_state: dict[str, object] | None = None


class ActorLearner:
    """The loop of one thread. Lives as long as the thread; only `generator_state` is for others."""

    def __init__(self, plan: WorkerPlan, shape: NetworkShape, shared: SharedParts) -> None:
        self._plan = plan
        self._worker = plan.worker
        self._shape = shape
        self._shared = shared
        self._generator = np.random.Generator(np.random.PCG64(plan.action_seed))
        if plan.generator_state is not None:
            self._generator.bit_generator.state = plan.generator_state
        self.generator_state = self._generator.bit_generator.state
        """As of the last rollout boundary; replaced, never changed."""

        size = shape.layout().size
        self._local = np.zeros(size, np.float32)
        self._gradient = np.zeros(size, np.float32)
        self._policy = NumpyActorCritic(shape, self._local)
        self._estimator = GradientEstimator(shape, self._local)
        self._reporter = StepReporter(
            plan.worker,
            plan.environments,
            env_steps=shared.env_steps,
            clock=shared.clock,
            telemetry=shared.telemetry,
            budget=shared.budget,
        )
        self._rollout = self._new_rollout(plan.rollout_length)
        self._times = np.zeros(plan.rollout_length)
        self._reported_rows = 0

    def run(self) -> None:
        """Train until the control says stop. The thread's whole life."""
        shared, worker = self._shared, self._worker
        try:
            environment = build_vector(self._plan.environment, self._plan.environments)
            try:
                self._rollout.observations[-1] = environment.reset(self._plan.environment_seed)
                self._train(environment)
            finally:
                environment.close()
        finally:
            self._reporter.flush()
            shared.board.stand_down(worker)
            shared.control.end(worker)

    def _train(self, environment: EnvironmentVector) -> None:
        shared, worker = self._shared, self._worker
        while shared.control.may_begin(
            worker,
            env_steps=self._rollout.length * self._plan.environments,
            on_standing=self._stand,
        ):
            self.generator_state = self._generator.bit_generator.state
            revision, values = shared.board.read(worker)
            version = shared.store.pull(self._local)
            if not self._collect(environment, values):
                return
            if self._rollout.valid.any():
                self._learn(values, revision=revision, pulled_version=version)
            shared.budget.check()

    def _stand(self) -> None:
        """Before waiting at the gate: all is told, and no hyperparameters are in use."""
        self._reporter.flush()
        self._shared.board.stand_down(self._worker)

    # ---- acting ----------------------------------------------------------------------------------

    def _collect(self, environment: EnvironmentVector, values: HyperparameterValues) -> bool:
        """Fill the rollout; False if it was abandoned."""
        rollout = self._begin_rollout(values.rollout_length)
        control = self._shared.control
        paced = values.target_steps_per_second > 0.0 or values.worker_delay_s > 0.0
        noise = np.empty((0, 0, 0), np.float32)
        for t in range(rollout.length):
            if t % _NOISE_STEPS == 0:
                noise = self._noise(min(_NOISE_STEPS, rollout.length - t))
                explored = self._explored(len(noise), values.epsilon)
            actions = self._policy.act(rollout.observations[t], noise[t % _NOISE_STEPS])
            if explored is not None:
                chosen, at_random = explored
                row = t % _NOISE_STEPS
                np.copyto(actions, at_random[row], where=chosen[row])
            rollout.actions[t] = actions
            step = environment.step(actions)
            rollout.record(
                t,
                observations=step.observations,
                rewards=step.rewards,
                terminated=step.terminated,
                truncated=step.truncated,
                valid=step.valid,
            )
            if step.final is not None:
                rollout.record_final_observations(t, step.final.indices, step.final.observations)
            self._times[t] = time.perf_counter()
            if control.abandons_rollouts:
                return False
            if paced:
                self._slow_down(t, values)
        self._report_rows(rollout.length)
        return True

    def _begin_rollout(self, length: int) -> Rollout:
        last = self._rollout.observations[-1]
        if length != self._rollout.length:
            self._rollout = self._new_rollout(length)
            self._times = np.zeros(length)
        self._rollout.begin(last)
        self._reported_rows = 0
        return self._rollout

    def _new_rollout(self, length: int) -> Rollout:
        return Rollout(
            length=length,
            environments=self._plan.environments,
            interface=self._shape.interface,
        )

    def _report_rows(self, until: int) -> None:
        """Tell the steps of the rollout before `until` that have not been told."""
        if until > self._reported_rows:
            self._reporter.add(self._rollout, slice(self._reported_rows, until), self._times)
            self._reported_rows = until

    def _noise(self, steps: int) -> Floats:
        return self._policy.distribution.noise(self._generator, (steps, self._plan.environments))

    def _explored(self, steps: int, epsilon: float) -> tuple[NDArray[np.bool_], Actions] | None:
        """Where to act at random, and how; None without random actions.

        Shapes: (steps, N, 1), (steps, N, K).
        """
        if epsilon == 0.0:
            return None
        shape = (steps, self._plan.environments)
        chosen = self._generator.random((*shape, 1), dtype=np.float32) < epsilon
        return chosen, random_actions(self._generator, self._shape.interface.actions, shape)

    def _slow_down(self, t: int, values: HyperparameterValues) -> None:
        if self._times[t] - self._reporter.flushed_at >= REPORT_INTERVAL_S:
            self._report_rows(t + 1)
            self._reporter.flush()
            self._shared.budget.check()
        self._shared.pacer.limit(self._plan.environments, per_second=values.target_steps_per_second)
        self._shared.pacer.delay(values.worker_delay_s)

    # ---- learning --------------------------------------------------------------------------------

    def _learn(self, values: HyperparameterValues, *, revision: int, pulled_version: int) -> None:
        loss = self._estimator.gradient(
            (self._rollout,), objective=values.objective, out=self._gradient, detailed=True
        )
        if not loss.is_finite:
            raise NonFiniteError(_non_finite_message(loss, self._rollout))
        push = self._shared.store.push(
            self._worker,
            self._gradient,
            values=values,
            revision=revision,
            pulled_version=pulled_version,
        )
        self._shared.telemetry.record_update(
            self._worker, self._update_record(loss, push, values.learning_rate)
        )

    def _update_record(
        self, loss: LossReport, push: PushReport, learning_rate: float
    ) -> UpdateRecord:
        actions = self._shape.interface.actions
        most = math.log(actions.combinations) if isinstance(actions, CategoricalActions) else 0.0
        return UpdateRecord(
            policy_loss=loss.policy_loss,
            value_loss=loss.value_loss,
            entropy=loss.entropy,
            entropy_fraction=loss.entropy / most if most > 0.0 else math.nan,
            explained_variance=loss.explained_variance,
            gradient_norm=push.gradient_norm,
            gradient_clipped=float(push.clipped),
            policy_lag=float(push.policy_lag),
            value_mean=loss.value_mean,
            advantage_std=loss.advantage_std,
            learning_rate=learning_rate,
        )


def _non_finite_message(loss: LossReport, rollout: Rollout) -> str:
    """What is NaN or infinite, and where it came from: the environment or the learner."""
    parts = {
        "policy loss": loss.policy_loss,
        "value loss": loss.value_loss,
        "entropy": loss.entropy,
    }
    bad = ", ".join(f"{name} {value}" for name, value in parts.items() if not math.isfinite(value))
    if not np.isfinite(rollout.rewards).all():
        origin = "the environment gave a reward that is NaN or infinite"
    elif not np.isfinite(rollout.observations).all():
        origin = "the environment gave an observation that is NaN or infinite"
    else:
        origin = "rewards and observations were finite; try a lower learning rate or reward scale"
    return f"the loss is not finite ({bad}): {origin}"
