"""The acting half of ga3c: fill segments and put them in the queue."""

from __future__ import annotations

import time

import numpy as np

from matinee.algorithm.networks import NetworkShape
from matinee.training.collector import ActingPlan, RolloutCollector
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.phase_clock import PhaseClock
from matinee.training.prediction import PredictionDesk
from matinee.training.queue_behaviour import QueueBehaviour
from matinee.training.sample_queue import SampleQueue, Segment
from matinee.training.shared_parts import SharedParts
from matinee.training.turns import Seat

WAIT_SLICE_S = 0.05
"""How long to wait for room before looking at the gate again."""


class EnvironmentThread:
    """One worker of ga3c: acts, and learns nothing itself."""

    def __init__(
        self,
        plan: ActingPlan,
        shape: NetworkShape,
        *,
        queue: SampleQueue,
        desk: PredictionDesk,
        shared: SharedParts,
        clock: PhaseClock,
        turns_pay: bool,
    ) -> None:
        self.slot = plan.slot
        self._desk = desk
        self._seat = Seat(shared.turns)
        self._turns_pay = turns_pay
        self._behaviour = QueueBehaviour(
            shape, store=shared.store, desk=desk, clock=clock, gives_up=self._gives_up
        )
        self._queue = queue
        self._shared = shared
        self._clock = clock
        self.collector = RolloutCollector(
            plan, shape, policy=self._behaviour, shared=shared, clock=clock
        )
        self._length = plan.rollout_length
        self._environments = plan.environments

    def run(self) -> None:
        """Act until the control says stop. The thread's whole life."""
        shared, slot = self._shared, self.slot
        try:
            with self.collector:
                while self._may_go_on(self.collector.env_steps_of(self._length)):
                    _, values = shared.board.read(slot)
                    if values.rollout_length > self._length:
                        self._length = values.rollout_length
                        shared.budget.foresee(self.collector.env_steps_of(self._length))
                        continue  # To the gate: perhaps not all workers are needed any more.
                    with self._seat.turn(self._clock, pays=self._takes_turns(values)):
                        segment = self._fill(values)
                    if segment is None:
                        return
                    shared.budget.check()
                    if segment.samples and not self._deliver(segment):
                        return
        finally:
            shared.board.stand_down(slot)
            shared.control.end(slot)

    def _takes_turns(self, values: HyperparameterValues) -> bool:
        """Who asks a predictor for actions mostly waits, and would keep others waiting."""
        return self._turns_pay and self._desk.predictors == 0 and not values.is_slowed_down

    def _fill(self, values: HyperparameterValues) -> Segment | None:
        self._length = values.rollout_length
        rollout = self._queue.reuse(self._length, self._environments)
        if rollout is None:
            rollout = self.collector.new_rollout(self._length, keeps_log_probability=True)
        self._behaviour.begin_rollout(pull_interval=values.pull_interval)
        if not self.collector.collect(rollout, values):
            return None
        rollout.version = self._behaviour.end_rollout(rollout, epsilon=values.epsilon)
        return Segment(
            rollout=rollout,
            samples=int(np.count_nonzero(rollout.valid)),
            made_at=time.perf_counter(),
        )

    def _deliver(self, segment: Segment) -> bool:
        """Put the segment in the queue; while it is full, stand at the gate when asked to."""
        while not self._has_put(segment):
            if not self._may_go_on(0):
                return False
        return True

    def _has_put(self, segment: Segment) -> bool:
        with self._clock.waiting_for_queue():
            return self._queue.put(segment, WAIT_SLICE_S)

    def _may_go_on(self, env_steps: int) -> bool:
        return self._shared.control.may_begin(
            self.slot,
            reserves=Reservation(env_steps=env_steps, updates=0),
            on_standing=self._stand,
        )

    def _gives_up(self) -> bool:
        return self._shared.control.abandons_rollouts

    def _stand(self) -> None:
        self.collector.stand()
        self._shared.board.stand_down(self.slot)
