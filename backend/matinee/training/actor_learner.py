"""A3C: each thread pulls, acts, computes a gradient and pushes; until told to stop.

Reference: Mnih et al. 2016, Algorithm S3. Each thread steps a vector of environments instead of
one, and its gradient is a mean over all their steps.
"""

from __future__ import annotations

from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.policies import new_policy
from matinee.training.collector import ActingPlan, RolloutCollector
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.learner import LocalLearner
from matinee.training.phase_clock import PhaseClock
from matinee.training.shared_parts import SharedParts
from matinee.training.turns import Seat, turns_pay


class ActorLearner:
    """One worker: what it does between two gates. Used by one thread, whose clock it moves."""

    def __init__(
        self, plan: ActingPlan, shape: NetworkShape, shared: SharedParts, *, clock: PhaseClock
    ) -> None:
        self.slot = plan.slot
        self._learner = LocalLearner(plan.slot, shape, shared=shared, clock=clock)
        policy = new_policy(shape, self._learner.weights)
        self.collector = RolloutCollector(plan, shape, policy=policy, shared=shared, clock=clock)
        self._rollout = self.collector.new_rollout(plan.rollout_length)
        self._rollouts_on_copy: int | None = None
        self._clock = clock
        self._turns_pay = turns_pay(shape, plan.environment, plan.environments)

    @property
    def env_steps_reserved(self) -> int:
        """The most env steps that the next rollout adds, unless its length is changed."""
        return self.collector.env_steps_of(self._rollout.length)

    def lengthens(self, values: HyperparameterValues) -> bool:
        """Whether rollouts are now longer than what was reserved at the gate."""
        if values.rollout_length <= self._rollout.length:
            return False
        self._rollout = self.collector.new_rollout(values.rollout_length)
        return True

    def takes_turns(self, values: HyperparameterValues) -> bool:
        """Whether it gets in the way of other threads, and they in its."""
        return self._turns_pay and not values.is_slowed_down

    def wait_for_turn(self, seat: Seat) -> None:
        """Until no other thread of this process that takes turns computes."""
        if not seat.has_turn:
            with self._clock.waiting():
                seat.take()

    def pull_and_act(self, values: HyperparameterValues) -> bool:
        """Fill the next rollout, with the newest weights where they are due.

        Returns:
            False if it was abandoned.
        """
        played = self._rollouts_on_copy
        if played is None or played >= values.pull_interval:
            self._learner.pull()
            played = 0
        self._rollouts_on_copy = played + 1
        if self._rollout.length != values.rollout_length:
            self._rollout = self.collector.new_rollout(values.rollout_length)
        return self.collector.collect(self._rollout, values)

    def compute_gradient(self, values: HyperparameterValues) -> bool:
        """Compute the gradient of what was seen; False if there was nothing to learn from."""
        if not self._rollout.valid.any():
            return False
        self._learner.compute([self._rollout], values)
        return True

    def push(self, values: HyperparameterValues, *, revision: int) -> None:
        """Move the shared weights along the gradient."""
        self._learner.push(values, revision=revision, version=self._learner.version)


def run_actor_learner(worker: ActorLearner, shared: SharedParts) -> None:
    """Train until the control says stop. A thread's whole life."""
    control, board = shared.control, shared.board
    seat = Seat(shared.turns)

    def stand() -> None:
        seat.give()
        worker.collector.stand()
        board.stand_down(worker.slot)

    try:
        with worker.collector:
            while control.may_begin(
                worker.slot,
                reserves=Reservation(env_steps=worker.env_steps_reserved, updates=1),
                on_standing=stand,
            ):
                revision, values = board.read(worker.slot)
                if worker.lengthens(values):
                    shared.budget.foresee(worker.env_steps_reserved)
                    continue  # To the gate: perhaps not all workers are needed any more.
                takes_turns = worker.takes_turns(values)
                if takes_turns:
                    worker.wait_for_turn(seat)
                else:
                    seat.give()
                if not worker.pull_and_act(values):
                    return
                if takes_turns and seat.is_over():
                    seat.give()
                    worker.wait_for_turn(seat)
                if worker.compute_gradient(values):
                    worker.push(values, revision=revision)
                shared.budget.check()
    finally:
        seat.give()
        board.stand_down(worker.slot)
        control.end(worker.slot)
