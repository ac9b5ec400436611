"""Acting: one thread steps a vector of environments and fills rollouts, whatever the mode.

What happens to a finished rollout is the business of whoever asked for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.behaviour import random_actions
from matinee.algorithm.distributions import ActionDistribution, Actions, Floats
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.recurrent_acting import RecurrentActorCritic
from matinee.algorithm.rollout import Rollout
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.factory import build_vector
from matinee.environments.normalization import NormalizedVector
from matinee.environments.vector import EnvironmentVector
from matinee.errors import BuildGivenUpError
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.phase_clock import PhaseClock
from matinee.training.shared_parts import SharedParts
from matinee.training.start_value import StartValues, Value
from matinee.training.step_reporter import StepReporter

REPORT_INTERVAL_S = 0.04
"""While training is slowed down, finished episodes are told this often within a rollout."""

_NOISE_STEPS = 64
"""Noise is drawn for this many steps at a time: few calls, little memory."""


@dataclass(frozen=True)
class ActingPlan:
    """What one acting thread needs to know about itself.

    Attributes:
        slot: Its number, from 0.
        environment: What it acts in.
        environments: How many of them.
        rollout_length: Of the first rollout, so that stepping knows how far it goes.
        environment_seed: Of their first episodes; later ones follow from it.
        action_seed: Of the choice of actions.
        generator_state: Of the choice of actions, from a checkpoint, instead of the seed.
        parameters: Of the environments' first episodes, by name; all that they have.
        freezes_normalization: First observations add nothing to the statistics.
        waits: The worker delay is waited for here. Where workers take turns one waits for all,
            because the others wait meanwhile anyway.
    """

    slot: int
    environment: EnvironmentSpec
    environments: int
    rollout_length: int
    environment_seed: int
    action_seed: np.random.SeedSequence
    generator_state: dict[str, object] | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    freezes_normalization: bool = False
    waits: bool = True

    def generator(self) -> np.random.Generator:
        """Of the choice of actions, as it is at the beginning."""
        generator = np.random.Generator(np.random.PCG64(self.action_seed))
        if self.generator_state is not None:
            generator.bit_generator.state = self.generator_state
        return generator


class ActingPolicy(Protocol):
    """Whatever chooses actions without remembering; see also `RecurrentActorCritic`."""

    distribution: ActionDistribution

    def act(self, observations: NDArray[Any], noise: Floats) -> Actions:
        """Sample an action for each observation: shapes (N, …) and (N, P) → (N, K)."""

    def values(self, observations: NDArray[Any]) -> Floats:
        """V of each observation: shape (N, …) → (N,)."""


class RolloutCollector:
    """Acts with a policy and fills rollouts. Lives in one thread; a context that owns environments.

    Args:
        plan: Who acts where, and from which seeds.
        shape: Of the network.
        policy: Chooses the actions.
        shared: What all threads of the run share.
        clock: Of the thread.
    """

    def __init__(
        self,
        plan: ActingPlan,
        shape: NetworkShape,
        *,
        policy: ActingPolicy | RecurrentActorCritic,
        shared: SharedParts,
        clock: PhaseClock,
    ) -> None:
        self._plan = plan
        self._shape = shape
        self._policy = policy
        self._memory = policy if isinstance(policy, RecurrentActorCritic) else None
        """The same policy, where it remembers."""
        self._begins = np.ones(plan.environments, np.bool_)
        """Where the next step opens an episode."""
        self._shared = shared
        self._clock = clock
        self._generator = plan.generator()
        self.generator_state = self._generator.bit_generator.state
        """As of the last rollout boundary; replaced, never changed."""
        self._reporter = StepReporter(
            plan.slot,
            plan.environments,
            env_steps=shared.env_steps,
            clock=shared.clock,
            telemetry=shared.telemetry,
            budget=shared.budget,
        )
        self._start_values = StartValues(value_by(policy), shared.telemetry.record_start)
        self._environment: EnvironmentVector | None = None
        self._parameters = plan.parameters
        self._normalized: NormalizedVector | None = None
        """The same vector, where observations are normalised."""
        self._observations: NDArray[Any] = np.empty(0, np.float32)
        self._times = np.zeros(plan.rollout_length)
        self._reported_rows = 0

    @property
    def generator(self) -> np.random.Generator:
        """The thread's own source of randomness."""
        return self._generator

    def __enter__(self) -> Self:
        """Build the environments and begin their first episodes; they are closed if that fails.

        If training is stopped while others build theirs there are none: no gate opens any more.
        """
        try:
            self._environment = build_vector(
                self._plan.environment,
                self._plan.environments,
                gives_up=self._shared.control.stopping.is_set,
                parameters=self._parameters,
            )
        except BuildGivenUpError:
            return self
        if self._shared.normalizer is not None:
            self._environment = self._normalized = NormalizedVector(
                self._environment,
                self._shared.normalizer,
                frozen=self._plan.freezes_normalization,
            )
        with ExitStack() as undo:
            undo.callback(self._close)
            self._observations = self._environment.reset(self._plan.environment_seed)
            undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell what is left to tell, and free the environments."""
        self.flush()
        self._close()

    def stand(self) -> None:
        """About to be held at the gate: tell the episodes that have ended so far."""
        self._clock.stand()
        self.flush()

    def flush(self) -> None:
        """Tell the episodes that have ended so far."""
        self._reporter.flush()

    def env_steps_of(self, rollout_length: int) -> int:
        """The most env steps that a rollout of this length adds."""
        return rollout_length * self._plan.environments

    def new_rollout(self, length: int, *, keeps_log_probability: bool = False) -> Rollout:
        """An empty rollout that fits."""
        return Rollout(
            length=length,
            environments=self._plan.environments,
            interface=self._shape.interface,
            keeps_log_probability=keeps_log_probability,
            state_size=self._shape.state_size,
        )

    def collect(self, rollout: Rollout, values: HyperparameterValues) -> bool:
        """Fill the rollout with the steps that come next; False if it was abandoned."""
        environment = self._environment
        assert environment is not None, "the collector is entered before it collects"
        self._begin(rollout)
        if self._normalized is not None:
            self._normalized.frozen = values.freeze_normalization
        parameters = values.parameters(self._parameters)
        if parameters != self._parameters:
            environment.set_parameters(parameters)
            self._parameters = parameters
        control = self._shared.control
        paced = values.is_slowed_down
        noise: Floats = np.empty((0, 0, 0), np.float32)
        clock = self._clock
        clock.go_on()
        for t in range(rollout.length):
            began = time.perf_counter()
            row = t % _NOISE_STEPS
            if row == 0:
                steps = min(_NOISE_STEPS, rollout.length - t)
                noise = self._policy.distribution.noise(
                    self._generator, (steps, self._plan.environments)
                )
                explored = self._explored(steps, values.epsilon)
            if self._memory is not None:
                assert rollout.begins is not None, "a rollout of a network that remembers"
                self._memory.forget(rollout.begins[t])
            actions = self._policy.act(rollout.observations[t], noise[row])
            if explored is not None:
                at_random, instead = explored
                np.copyto(actions, instead[row], where=at_random[row])
            rollout.actions[t] = actions
            acted = time.perf_counter()
            step = environment.step(actions)
            clock.stepped(act_s=acted - began, env_s=time.perf_counter() - acted)
            rollout.record(
                t,
                observations=step.observations,
                rewards=step.rewards,
                terminated=step.terminated,
                truncated=step.truncated,
                valid=step.valid,
                ended=step.ended,
            )
            if step.final is not None:
                rollout.record_final_observations(t, step.final.indices, step.final.observations)
            if self._memory is not None and step.truncated[0]:
                self._start_values.keep_state(t, self._memory.state_of(self._plan.environments)[:1])
            self._times[t] = time.perf_counter()
            if control.abandons_rollouts:
                self._start_values.drop()
                return False
            if paced:
                self._slow_down(rollout, t, values)
        # A copy: a rollout that was handed on belongs to somebody else.
        self._observations = rollout.observations[-1].copy()
        if rollout.begins is not None:
            self._begins = rollout.begins[-1].copy()
        self._report_rows(rollout, rollout.length)
        self._start_values.follow(rollout, values, now_s=self._times[-1])
        self.keep_generator_state()
        return True

    def _close(self) -> None:
        if self._environment is not None:
            self._environment.close()
            self._environment = None

    def keep_generator_state(self) -> None:
        """Here a resumed run would go on: at the end of a rollout, and after drawing more."""
        self.generator_state = self._generator.bit_generator.state

    def _begin(self, rollout: Rollout) -> None:
        if rollout.length != len(self._times):
            self._times = np.zeros(rollout.length)
        rollout.begin(
            self._observations,
            state=None if self._memory is None else self._memory.state_of(self._plan.environments),
            begins=self._begins,
        )
        self._reported_rows = 0

    def _report_rows(self, rollout: Rollout, until: int) -> None:
        """Tell the steps of the rollout before `until` that have not been told."""
        if until > self._reported_rows:
            self._reporter.add(rollout, slice(self._reported_rows, until), self._times)
            self._reported_rows = until

    def _explored(self, steps: int, epsilon: float) -> tuple[NDArray[np.bool_], Actions] | None:
        """Where to act at random, and how; None without random actions.

        Shapes: (steps, N, 1) and (steps, N, K).
        """
        if epsilon == 0.0:
            return None
        shape = (steps, self._plan.environments)
        at_random = self._generator.random((*shape, 1), dtype=np.float32) < epsilon
        return at_random, random_actions(self._generator, self._shape.interface.actions, shape)

    def _slow_down(self, rollout: Rollout, t: int, values: HyperparameterValues) -> None:
        if self._times[t] - self._reporter.flushed_at >= REPORT_INTERVAL_S:
            self._report_rows(rollout, t + 1)
            self._reporter.flush()
            self._shared.budget.check()
        pacer = self._shared.pacer
        with self._clock.waiting():
            pacer.limit(self._plan.environments, per_second=values.target_steps_per_second)
            if self._plan.waits:
                pacer.delay(values.worker_delay_s)


def value_by(policy: ActingPolicy | RecurrentActorCritic) -> Value:
    """V of single observations by the weights that act."""
    if not isinstance(policy, RecurrentActorCritic):
        return lambda observation, _: float(policy.values(observation)[0])
    at_start = np.zeros_like(policy.state_of(1))

    def value(observation: NDArray[Any], state: Floats | None) -> float:
        return float(policy.values(observation, at_start if state is None else state)[0])

    return value
