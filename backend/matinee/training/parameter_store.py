"""The shared weights: workers pull a copy and push gradients, without waiting for each other.

`ParameterStore` is the port. `ThreadParameterStore` keeps everything in the memory of one process;
shared memory between processes can stand behind the same port.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.shared_optimizers import (
    OptimizerKind,
    Scratch,
    SharedOptimizer,
    clip_by_global_norm,
    new_optimizer,
)
from matinee.errors import NonFiniteError
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameters import HyperparameterValues


@dataclass(frozen=True)
class PushReport:
    """What became of one gradient.

    Attributes:
        gradient_norm: ‖d‖₂ before clipping.
        clipped: Whether it was longer than allowed.
        policy_lag: Pushes by others since this worker pulled.
    """

    gradient_norm: float
    clipped: bool
    policy_lag: int


class ParameterStore(Protocol):
    """Where the weights live."""

    def pull(self, into: FloatVector) -> int:
        """Copy the weights, shape (size,), and return their version: the number of pushes."""

    def push(
        self,
        worker: int,
        gradient: FloatVector,
        *,
        values: HyperparameterValues,
        revision: int,
        pulled_version: int,
    ) -> PushReport:
        """Clip a gradient, shape (size,), in place, and move the weights along it.

        Args:
            worker: Who pushes; one thread for each.
            gradient: Of the loss.
            values: Hyperparameters of the step.
            revision: Of these hyperparameters.
            pulled_version: What `pull` returned before the gradient was computed.

        Raises:
            NonFiniteError: if the gradient holds NaN or infinity; the weights stay as they were.
        """


class ThreadParameterStore:
    """Weights and optimizer statistics in the memory of one process.

    By default pushes take no lock (Hogwild, Recht et al. 2011): single numbers don't tear, but two
    pushes at once may lose part of one. With `update_lock: per_update` they take turns.

    Args:
        weights: The initial weights; the store owns them from now on.
        workers: How many threads push.
        optimizer: Which one to begin with.
        statistics: Of that optimizer, from a checkpoint; None: it starts anew.
        pushes: Counted before a resume.
    """

    def __init__(
        self,
        weights: FloatVector,
        *,
        workers: int,
        optimizer: OptimizerKind,
        statistics: Mapping[str, NDArray[np.floating]] | None = None,
        pushes: int = 0,
    ) -> None:
        self._weights = weights
        self._optimizer = new_optimizer(optimizer, weights.size)
        for name, array in (statistics or {}).items():
            self._optimizer.statistics()[name][...] = array
        self._optimizer_revision = -1
        self._update_lock = threading.Lock()
        """Guards weights and statistics during a push, where `update_lock` is `per_update`."""
        self._exchange_lock = threading.Lock()
        """Guards the exchange of `_optimizer` for one of another kind."""
        self._no_lock = nullcontext()
        self._scratch = [Scratch(weights.size) for _ in range(workers)]
        self.updates = SlotCounter(workers, base=pushes)

    def pull(self, into: FloatVector) -> int:
        """Copy the weights, shape (size,), and return their version: the number of pushes."""
        version = self.updates.total()
        np.copyto(into, self._weights)
        return version

    def push(
        self,
        worker: int,
        gradient: FloatVector,
        *,
        values: HyperparameterValues,
        revision: int,
        pulled_version: int,
    ) -> PushReport:
        """Clip a gradient, shape (size,), in place, and move the weights along it.

        Raises:
            NonFiniteError: if the gradient holds NaN or infinity; the weights stay as they were.
        """
        norm = _norm(gradient)
        if not np.isfinite(norm):
            bad = int(np.count_nonzero(~np.isfinite(gradient)))
            raise NonFiniteError(
                f"{bad} of the gradient's {gradient.size} numbers are NaN or infinite; "
                "the weights were left as they were. Try a lower learning rate"
            )
        clipped = clip_by_global_norm(gradient, norm=norm, maximum=values.max_gradient_norm)
        optimizer = self._optimizer_for(values, revision)
        lock = self._update_lock if values.update_lock == "per_update" else self._no_lock
        with lock:
            lag = self.updates.total() - pulled_version
            optimizer.apply(
                self._weights, gradient, step=values.step, scratch=self._scratch[worker]
            )
            self.updates.add(worker, 1)
        return PushReport(gradient_norm=norm, clipped=clipped, policy_lag=lag)

    def statistics(self) -> tuple[OptimizerKind, dict[str, NDArray[np.floating]]]:
        """Kind and a copy of the statistics of the optimizer in use."""
        optimizer = self._optimizer
        return optimizer.kind, {
            name: array.copy() for name, array in optimizer.statistics().items()
        }

    def _optimizer_for(self, values: HyperparameterValues, revision: int) -> SharedOptimizer:
        """The optimizer in use, exchanged first if a newer revision asks for another kind.

        A worker that still runs on older hyperparameters pushes into the newer optimizer: going by
        the revision, the exchange happens once, and its statistics start anew once.
        """
        optimizer = self._optimizer
        if values.optimizer == optimizer.kind or revision <= self._optimizer_revision:
            return optimizer
        with self._exchange_lock:
            if values.optimizer != self._optimizer.kind and revision > self._optimizer_revision:
                self._optimizer = new_optimizer(values.optimizer, self._weights.size)
                self._optimizer_revision = revision
            return self._optimizer


def _norm(gradient: FloatVector) -> float:
    """‖d‖₂, also where the squares overflow float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = float(np.dot(gradient, gradient))
    if np.isfinite(squares):
        return float(np.sqrt(squares))
    return float(np.linalg.norm(gradient.astype(np.float64)))
