"""The learning half of ga3c: take batches of segments from the queue and push their gradient."""

from __future__ import annotations

from matinee.algorithm.networks import NetworkShape
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.learner import LocalLearner
from matinee.training.phase_clock import PhaseClock
from matinee.training.sample_queue import SampleQueue, Segment
from matinee.training.shared_parts import SharedParts
from matinee.training.turns import Seat

WAIT_SLICE_S = 0.05
"""How long to wait for samples before looking at the gate again."""


class OptimizerThread:
    """One of possibly several; they share the queue and the weights, and nothing else."""

    def __init__(
        self,
        slot: int,
        shape: NetworkShape,
        *,
        queue: SampleQueue,
        shared: SharedParts,
        clock: PhaseClock,
        turns_pay: bool,
    ) -> None:
        self._slot = slot
        self._seat = Seat(shared.turns)
        self._turns_pay = turns_pay
        self._queue = queue
        self._shared = shared
        self._clock = clock
        self._learner = LocalLearner(slot, shape, shared=shared, clock=clock)

    def run(self) -> None:
        """Learn until the control says stop. The thread's whole life."""
        shared, slot = self._shared, self._slot
        try:
            while shared.control.may_begin(
                slot, reserves=Reservation(env_steps=0, updates=1), on_standing=self._stand
            ):
                revision, values = shared.board.read(slot)
                self._queue.resize(values.queue_capacity)
                with self._clock.waiting_for_queue():
                    segments = self._queue.take(values.min_batch, WAIT_SLICE_S)
                if not segments:
                    continue
                pays = self._turns_pay and not values.is_slowed_down
                with self._seat.turn(self._clock, pays=pays):
                    self._learn(segments, values, revision=revision)
                shared.budget.check()
        finally:
            shared.board.stand_down(slot)
            shared.control.end(slot)

    def _learn(
        self, segments: list[Segment], values: HyperparameterValues, *, revision: int
    ) -> None:
        self._learner.pull()
        fresh = self._fresh(segments, max_policy_lag=values.max_policy_lag)
        if fresh:
            rollouts = [segment.rollout for segment in fresh]
            self._learner.compute(rollouts, values)
            self._learner.push(
                values,
                revision=revision,
                version=min(segment.rollout.version for segment in fresh),
            )
            self._queue.recycle(rollouts)

    def _fresh(self, segments: list[Segment], *, max_policy_lag: int) -> list[Segment]:
        """Those that are not too old; 0 keeps all."""
        if max_policy_lag == 0:
            return segments
        newest = self._learner.version
        fresh = [
            segment for segment in segments if newest - segment.rollout.version <= max_policy_lag
        ]
        if len(fresh) < len(segments):
            self._queue.count_dropped(len(segments) - len(fresh))
        return fresh

    def _stand(self) -> None:
        self._clock.stand()
        self._shared.board.stand_down(self._slot)
