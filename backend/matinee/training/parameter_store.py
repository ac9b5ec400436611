"""The shared weights: workers pull a copy and push gradients, without waiting for each other.

`ParameterStore` is the port. Behind it everything lies in the memory of one process
(`ThreadParameterStore`) or in memory that several share (`SharedMemoryParameterStore`); what a
push does is the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.shared_optimizers import (
    OPTIMIZER_KINDS,
    OptimizerKind,
    Scratch,
    SharedOptimizer,
    clip_by_global_norm,
    empty_statistics,
    optimizer_on,
)
from matinee.errors import NonFiniteError
from matinee.training.counters import Numbers, SlotCounter
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.patient_lock import PatientLock
from matinee.training.process_lock import ProcessLock
from matinee.training.shared_arrays import ArrayPlan, SharedArrays

Statistics = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class PushReport:
    """What became of one gradient.

    Attributes:
        gradient_norm: ‖d‖₂ before clipping.
        clipped: Whether it was longer than allowed.
        policy_lag: Pushes since the weights that acted were pulled.
        concurrent_pushes: Pushes by others that ended while this one moved the weights.
        update_ratio: ‖Δθ‖₂ / ‖θ‖₂ of this step; nan unless it was measured.
        lock_s: How long it waited for the lock.
    """

    gradient_norm: float
    clipped: bool
    policy_lag: int
    concurrent_pushes: float = math.nan
    update_ratio: float = math.nan
    lock_s: float = 0.0


RATIO_INTERVAL_S = 0.05
"""A worker measures the length of its step at most once in so many seconds."""


class ParameterStore(Protocol):
    """Where the weights live."""

    def pull(self, into: FloatVector) -> int:
        """Copy the weights, shape (size,), and return their version: the number of pushes."""

    def forget_own_statistics(self, worker: int) -> None:
        """A new worker begins in this slot: what its predecessor kept for itself is gone."""

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
            pulled_version: Of the weights that acted, as `pull` returned it.

        Raises:
            NonFiniteError: if the gradient holds NaN or infinity; the weights stay as they were.
        """


@dataclass(frozen=True)
class StoreMemory:
    """Everything that pushes change, and the locks between them.

    Attributes:
        weights: Shape: (size,).
        statistics: Of each kind of optimizer, whichever is in use.
        exchange: One number: which optimizer is in use, and since which revision; see `_exchange`.
        updates: Pushes, by worker.
        update_lock: Guards weights and statistics during a push, where `update_lock` asks for it.
        exchange_lock: Guards the exchange of the optimizer for one of another kind.
    """

    weights: FloatVector
    statistics: Mapping[OptimizerKind, Statistics]
    exchange: Numbers
    updates: SlotCounter
    update_lock: AbstractContextManager[object]
    exchange_lock: AbstractContextManager[object]


class HogwildParameterStore:
    """What a push does, wherever the memory is.

    By default pushes take no lock (Hogwild, Recht et al. 2011): single numbers don't tear, but two
    pushes at once may lose part of one. With `update_lock: per_update` they take turns.

    Without `shared_statistics` each worker of a3c moves the shared weights by statistics of its
    own. These begin as a copy of the shared ones, which then stand still, and no checkpoint keeps
    them.

    Args:
        memory: Shared with all who push.
        workers: How many threads push.
    """

    def __init__(self, memory: StoreMemory, *, workers: int) -> None:
        self._memory = memory
        self._optimizers: dict[OptimizerKind, SharedOptimizer] = {
            kind: optimizer_on(kind, memory.statistics[kind]) for kind in OPTIMIZER_KINDS
        }
        self._no_lock = nullcontext()
        self._scratch: list[Scratch | None] = [None] * workers
        self._own: list[SharedOptimizer | None] = [None] * workers
        self._ratio_due_s = [0.0] * workers
        self.updates = memory.updates

    def pull(self, into: FloatVector) -> int:
        """Copy the weights, shape (size,), and return their version: the number of pushes."""
        version = self.updates.total()
        np.copyto(into, self._memory.weights)
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
        optimizer = self._optimizer_of(worker, values, revision)
        memory = self._memory
        scratch = self._scratch_of(worker)
        now = time.perf_counter()
        ratio = math.nan
        with memory.update_lock if values.update_lock == "per_update" else self._no_lock:
            lock_s = time.perf_counter() - now
            # Within the lock, so that the steps of those who had it before are not in it.
            before = memory.weights.copy() if now >= self._ratio_due_s[worker] else None
            version = self.updates.total()
            optimizer.apply(memory.weights, gradient, step=values.step, scratch=scratch)
            concurrent = self.updates.total() - version
            if before is not None:
                self._ratio_due_s[worker] = now + RATIO_INTERVAL_S
                ratio = _ratio(before, memory.weights)
            self.updates.add(worker, 1)
        return PushReport(
            gradient_norm=norm,
            clipped=clipped,
            policy_lag=version - pulled_version,
            concurrent_pushes=concurrent,
            update_ratio=ratio,
            lock_s=lock_s,
        )

    def statistics(self) -> tuple[OptimizerKind, dict[str, NDArray[np.floating]]]:
        """Kind and a copy of the statistics of the optimizer in use."""
        kind, _ = self._in_use()
        return kind, {name: array.copy() for name, array in self._memory.statistics[kind].items()}

    def forget_own_statistics(self, worker: int) -> None:
        """A new worker begins in this slot: what its predecessor kept for itself is gone."""
        self._own[worker] = None

    def _optimizer_of(
        self, worker: int, values: HyperparameterValues, revision: int
    ) -> SharedOptimizer:
        """The shared optimizer, or the worker's own where statistics are not shared."""
        shared = self._optimizer_for(values, revision)
        if values.shared_statistics or values.algorithm != "a3c":
            self._own[worker] = None
            return shared
        own = self._own[worker]
        if own is None or own.kind != shared.kind:
            copies = {name: array.copy() for name, array in shared.statistics().items()}
            own = self._own[worker] = optimizer_on(shared.kind, copies)
        return own

    def _optimizer_for(self, values: HyperparameterValues, revision: int) -> SharedOptimizer:
        """The optimizer in use, exchanged first if a newer revision asks for another kind.

        A worker that still runs on older hyperparameters pushes into the newer optimizer: going by
        the revision, the exchange happens once, and its statistics start anew once.
        """
        kind, since_revision = self._in_use()
        if values.optimizer == kind or revision <= since_revision:
            return self._optimizers[kind]
        memory = self._memory
        with memory.exchange_lock:
            kind, since_revision = self._in_use()
            if values.optimizer != kind and revision > since_revision:
                kind = values.optimizer
                _begin_anew(memory.statistics[kind], kind)
                memory.exchange[0] = _exchange(kind, revision)
            return self._optimizers[kind]

    def _in_use(self) -> tuple[OptimizerKind, int]:
        """The kind of optimizer, and the revision that asked for it."""
        revision, kind = divmod(self._memory.exchange[0], len(OPTIMIZER_KINDS))
        return OPTIMIZER_KINDS[kind], revision

    def _scratch_of(self, worker: int) -> Scratch:
        scratch = self._scratch[worker]
        if scratch is None:
            scratch = self._scratch[worker] = Scratch(self._memory.weights.size)
        return scratch


class ThreadParameterStore(HogwildParameterStore):
    """Weights and optimizer statistics in the memory of one process.

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
        statistics: Statistics | None = None,
        pushes: int = 0,
    ) -> None:
        by_kind = {kind: empty_statistics(kind, weights.size) for kind in OPTIMIZER_KINDS}
        for name, array in (statistics or {}).items():
            by_kind[optimizer][name][...] = array
        super().__init__(
            StoreMemory(
                weights=weights,
                statistics=by_kind,
                exchange=[_exchange(optimizer, _FROM_THE_BEGINNING)],
                updates=SlotCounter(workers, base=pushes),
                # What each guards: see `StoreMemory`.
                update_lock=PatientLock("update lock"),
                exchange_lock=PatientLock("exchange of the optimizer"),
            ),
            workers=workers,
        )


class SharedMemoryParameterStore(HogwildParameterStore):
    """The same in memory that several processes share, each with a store of its own over it.

    Args:
        arrays: Made by the first process with `shared_store_plan` in its plan.
        workers: How many threads push, in all processes.
        pushes: Counted before a resume; the same in every process.
    """

    def __init__(self, arrays: SharedArrays, *, workers: int, pushes: int = 0) -> None:
        # The locks need its descriptor, which is closed when nobody holds the arrays any more.
        self._arrays = arrays
        super().__init__(
            StoreMemory(
                weights=arrays[_WEIGHTS],
                statistics={
                    kind: {
                        name: arrays[_statistic(kind, name)] for name in empty_statistics(kind, 0)
                    }
                    for kind in OPTIMIZER_KINDS
                },
                exchange=arrays.integers(_EXCHANGE),
                updates=SlotCounter(workers, base=pushes, slots=arrays.integers(_UPDATES)),
                # What each guards: see `StoreMemory`.
                update_lock=ProcessLock(arrays.descriptor, byte=_UPDATE_LOCK_BYTE),
                exchange_lock=ProcessLock(arrays.descriptor, byte=_EXCHANGE_LOCK_BYTE),
            ),
            workers=workers,
        )

    def begin(
        self,
        weights: FloatVector,
        *,
        optimizer: OptimizerKind,
        statistics: Statistics | None = None,
    ) -> None:
        """Fill the memory, before any other process looks at it.

        Args:
            weights: The initial weights. Shape: (size,).
            optimizer: Which one to begin with.
            statistics: Of that optimizer, from a checkpoint; None: it starts anew.
        """
        memory = self._memory
        np.copyto(memory.weights, weights)
        _begin_anew(memory.statistics[optimizer], optimizer)
        for name, array in (statistics or {}).items():
            memory.statistics[optimizer][name][...] = array
        memory.exchange[0] = _exchange(optimizer, _FROM_THE_BEGINNING)


_WEIGHTS = "weights"
_UPDATES = "updates"
_EXCHANGE = "exchange"
_UPDATE_LOCK_BYTE = 0
_EXCHANGE_LOCK_BYTE = 1
_FROM_THE_BEGINNING = -1
"""Older than the revision of any change."""


def shared_store_plan(size: int, *, workers: int) -> dict[str, ArrayPlan]:
    """The arrays that a `SharedMemoryParameterStore` needs.

    Args:
        size: How many weights.
        workers: How many threads push, in all processes.
    """
    return {
        _WEIGHTS: ArrayPlan("float32", (size,)),
        _UPDATES: ArrayPlan("int64", (workers,)),
        _EXCHANGE: ArrayPlan("int64", (1,)),
        **{
            _statistic(kind, name): ArrayPlan(array.dtype.name, array.shape)
            for kind in OPTIMIZER_KINDS
            for name, array in empty_statistics(kind, size).items()
        },
    }


def _statistic(kind: OptimizerKind, name: str) -> str:
    return f"{kind}.{name}"


def _exchange(kind: OptimizerKind, revision: int) -> int:
    """Both in one number, so that nobody reads one without the other."""
    return revision * len(OPTIMIZER_KINDS) + OPTIMIZER_KINDS.index(kind)


def _begin_anew(statistics: Statistics, kind: OptimizerKind) -> None:
    for name, array in empty_statistics(kind, 1).items():
        # Every number of an empty statistic is the same.
        statistics[name][...] = array.flat[0]


def _ratio(before: FloatVector, after: FloatVector) -> float:
    """‖Δθ‖₂ / ‖θ‖₂; without the lock, steps that others made meanwhile are in it."""
    length = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / length if length > 0.0 else math.nan


def _norm(gradient: FloatVector) -> float:
    """‖d‖₂, also where the squares overflow float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = float(np.dot(gradient, gradient))
    if np.isfinite(squares):
        return float(np.sqrt(squares))
    return float(np.linalg.norm(gradient.astype(np.float64)))
