"""Learning: a thread's own copy of the weights, the gradient of a loss, and its push."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.loss_report import LossReport
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.rollout import Rollout
from matinee.algorithm.surrogate import SurrogateBatch
from matinee.errors import NonFiniteError
from matinee.training.batch_words import batch_in_words
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.phase_clock import PhaseClock
from matinee.training.sampled_rollouts import RolloutSample
from matinee.training.shared_parts import SharedParts
from matinee.training.update_records import UpdateRecord, batch_report

DETAIL_INTERVAL_S = 0.05
"""Dear diagnostics are computed this often, and not with every update."""


class LocalLearner:
    """Pulls weights, computes gradients on them and pushes. Lives in one thread.

    Args:
        slot: Whose counters and statistics a push uses.
        shape: Of the network.
        shared: What all threads of the run share.
        clock: Of the thread.
    """

    def __init__(
        self, slot: int, shape: NetworkShape, *, shared: SharedParts, clock: PhaseClock
    ) -> None:
        self._slot = slot
        self._shared = shared
        self._clock = clock
        size = shape.layout().size
        self.weights = np.zeros(size, np.float32)
        """The local copy. Shape: (size,)."""
        self._gradient = np.zeros(size, np.float32)
        self._estimator = GradientEstimator(shape, self.weights)
        self._version = 0
        self._report: LossReport | None = None
        self._rollouts: Sequence[Rollout] = ()
        self._detail_due_at = 0.0
        self._samples = 0
        shared.store.forget_own_statistics(slot)

    @property
    def version(self) -> int:
        """Of the local copy."""
        return self._version

    def pull(self) -> None:
        """Bring the local copy up to date."""
        began = time.perf_counter()
        self._version = self._shared.store.pull(self.weights)
        self._clock.learned(time.perf_counter() - began)

    def compute(self, rollouts: Sequence[Rollout], values: HyperparameterValues) -> LossReport:
        """The gradient of the actor-critic loss, kept for `push`.

        Raises:
            NonFiniteError: if the loss is NaN or infinite.
        """
        began = time.perf_counter()
        detailed = self._is_detail_due()
        report = self._estimator.gradient(
            rollouts, objective=values.objective, out=self._gradient, detailed=detailed
        )
        self._samples = sum(int(np.count_nonzero(rollout.valid)) for rollout in rollouts)
        if detailed:
            self._shared.telemetry.record_rollout(RolloutSample.of(rollouts[0]))
        self._clock.learned(time.perf_counter() - began)
        return self._checked(report, rollouts)

    def surrogate_batch(self, rollout: Rollout, values: HyperparameterValues) -> SurrogateBatch:
        """What PPO's epochs go over: samples, advantages and returns, fixed for the update."""
        began = time.perf_counter()
        batch = self._estimator.surrogate_batch(rollout, objective=values.objective)
        self._clock.learned(time.perf_counter() - began)
        return batch

    def compute_surrogate(
        self,
        batch: SurrogateBatch,
        indices: NDArray[np.intp],
        values: HyperparameterValues,
        *,
        rollout: Rollout,
    ) -> LossReport:
        """The gradient of PPO's loss on a minibatch, kept for `push`.

        Args:
            batch: Of this update.
            indices: Which samples of it.
            values: Hyperparameters of the step.
            rollout: Where the batch comes from, to tell what was wrong with it.

        Raises:
            NonFiniteError: if the loss is NaN or infinite.
        """
        began = time.perf_counter()
        detailed = self._is_detail_due()
        report = self._estimator.surrogate_gradient(
            batch, indices, objective=values.objective, out=self._gradient, detailed=detailed
        )
        self._samples = len(indices)
        if detailed:
            self._shared.telemetry.record_rollout(RolloutSample.of(rollout))
        self._clock.learned(time.perf_counter() - began)
        return self._checked(report, [rollout])

    def push(
        self,
        values: HyperparameterValues,
        *,
        revision: int,
        version: int,
        epochs_done: float = math.nan,
    ) -> None:
        """Move the shared weights along the gradient, and tell about it.

        Args:
            values: Hyperparameters of the step.
            revision: Of these hyperparameters.
            version: Of the weights that the data was made with.
            epochs_done: Passes over the data so far, this one included (ppo).

        Raises:
            NonFiniteError: if the gradient holds NaN or infinity.
        """
        assert self._report is not None, "a gradient is computed before it is pushed"
        began = time.perf_counter()
        try:
            pushed = self._shared.store.push(
                self._slot,
                self._gradient,
                values=values,
                revision=revision,
                pulled_version=version,
            )
        except NonFiniteError as error:
            raise NonFiniteError(f"{error}; {batch_in_words(self._rollouts)}") from error
        self._clock.pushed(time.perf_counter() - began, lock_s=pushed.lock_s)
        self._shared.telemetry.record_update(
            self._slot,
            UpdateRecord(
                self._report,
                pushed,
                values,
                batch_report(self._samples, values, epochs_done=epochs_done),
            ),
        )

    def _is_detail_due(self) -> bool:
        now = time.perf_counter()
        if now < self._detail_due_at:
            return False
        self._detail_due_at = now + DETAIL_INTERVAL_S
        return True

    def _checked(self, report: LossReport, rollouts: Sequence[Rollout]) -> LossReport:
        if not report.is_finite:
            raise NonFiniteError(_non_finite_message(report, rollouts))
        self._report, self._rollouts = report, rollouts
        return report


def _non_finite_message(report: LossReport, rollouts: Sequence[Rollout]) -> str:
    """What is NaN or infinite, and where it came from: the environment or the learner."""
    parts = {
        "policy loss": report.policy_loss,
        "value loss": report.value_loss,
        "entropy": report.entropy,
    }
    bad = ", ".join(f"{name} {value}" for name, value in parts.items() if not math.isfinite(value))
    if any(not np.isfinite(rollout.rewards).all() for rollout in rollouts):
        origin = "the environment gave a reward that is NaN or infinite"
    elif any(not np.isfinite(rollout.observations).all() for rollout in rollouts):
        origin = "the environment gave an observation that is NaN or infinite"
    else:
        origin = "rewards and observations were finite; try a lower learning rate or reward scale"
    return f"the loss is not finite ({bad}): {origin}; {batch_in_words(rollouts)}"
