"""Running mean and variance of observations, shared by all workers of a run.

Sums of several samples are merged with the parallel form of Welford's method: with δ = μ_b - μ_a,

    n = n_a + n_b,   μ = μ_a + δ·n_b/n,   M₂ = M₂a + M₂b + δ²·n_a·n_b/n,   σ² = M₂/n.

References: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for computing
sample variances"; Schulman's normalisation of observations with a clip, as in OpenAI Baselines.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.agent_interface import AgentInterface
from matinee.environments.vector import EnvironmentVector, FinalObservations, StepResult

CLIP = 10.0
"""Normalised observations stay within ±10 standard deviations."""

LARGEST_BATCH = 4096
"""Observations that a worker keeps to itself before it adds them to the shared statistics."""

GROWTH = 8
"""While the shared statistics are young, a worker adds what it has once it is 1/8 of them."""

EPSILON = 1e-8
"""Added to the variance: an observation that never changes becomes 0 and not NaN."""


@dataclass(frozen=True)
class NormalizationState:
    """The statistics as arrays, for a checkpoint.

    Attributes:
        count: Observations seen. Shape: ().
        mean: Shape: (n,).
        m2: Sum of squared deviations from the mean. Shape: (n,).
    """

    count: NDArray[np.float64]
    mean: NDArray[np.float64]
    m2: NDArray[np.float64]


class _Scale(NamedTuple):
    """What turns observations into normalised ones; replaced as a whole, never changed."""

    seen: float
    """Observations that the statistics stood on."""

    mean: NDArray[np.float32]
    inverse_std: NDArray[np.float32]


def statistics_length(size: int) -> int:
    """Numbers in which the statistics of observations of `size` numbers are kept."""
    return 1 + 2 * size


class ObservationNormalizer:
    """The shared statistics: one object for each process.

    Reading takes the lock only where somebody has added observations since the last time; merging
    takes it for some microseconds.

    Args:
        size: Numbers in an observation.
        state: Statistics to go on from, of a checkpoint.
        memory: Where the statistics are kept, if other processes share them; all zeros at first.
            Shape: (statistics_length(size),).
        lock: Guards the memory, among processes if they share it.

    Raises:
        ValueError: if the state is not of this size.
    """

    def __init__(
        self,
        size: int,
        state: NormalizationState | None = None,
        *,
        memory: NDArray[np.float64] | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        self._lock = threading.Lock() if lock is None else lock
        """Guards the memory: count, mean and sum of squares are of one moment."""
        numbers = np.zeros(statistics_length(size)) if memory is None else memory
        self._count = numbers[:1]
        self._mean = numbers[1 : 1 + size]
        self._m2 = numbers[1 + size :]
        if state is not None:
            if state.mean.shape != (size,) or state.m2.shape != (size,):
                raise ValueError(
                    f"the statistics are of {state.mean.size} numbers; observations have {size}"
                )
            self._mean[:] = state.mean
            self._m2[:] = state.m2
            self._count[0] = state.count
        self._scale = self._new_scale()

    @property
    def count(self) -> float:
        """Observations that the statistics stand on."""
        return float(self._count[0])

    def merge(self, observations: NDArray[np.float32]) -> None:
        """Add observations to the statistics.

        Args:
            observations: Not normalised. Shape: (K, n).
        """
        added = len(observations)
        mean = observations.mean(axis=0, dtype=np.float64)
        m2 = np.square(observations - mean).sum(axis=0)
        with self._lock:
            before = float(self._count[0])
            total = before + added
            delta = mean - self._mean
            self._mean += delta * (added / total)
            self._m2 += m2 + delta**2 * (before * added / total)
            self._count[0] = total

    def normalize(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """(x - μ)/σ within ±10, as a new array; shape (…, n). Before any sample: clipped only."""
        if self._count[0] != self._scale.seen:
            with self._lock:
                self._scale = self._new_scale()
        scale = self._scale
        normal = observations - scale.mean
        normal *= scale.inverse_std
        return np.clip(normal, -CLIP, CLIP, out=normal)

    def state(self) -> NormalizationState:
        """The statistics, of one moment."""
        with self._lock:
            return NormalizationState(np.array(self._count[0]), self._mean.copy(), self._m2.copy())

    def snapshot(self) -> ObservationNormalizer:
        """One that stays as this one is now, for test episodes."""
        return ObservationNormalizer(len(self._mean), self.state())

    def _new_scale(self) -> _Scale:
        count = float(self._count[0])
        if count == 0.0:
            return _Scale(
                0.0, np.zeros(len(self._mean), np.float32), np.ones(len(self._mean), np.float32)
            )
        return _Scale(
            count,
            self._mean.astype(np.float32),
            (1.0 / np.sqrt(self._m2 / count + EPSILON)).astype(np.float32),
        )


class NormalizedVector:
    """A vector whose observations, last ones too, come normalised.

    What it sees is added to the shared statistics in batches, which grow with them. A test
    episode's vector is frozen: it uses the statistics and adds nothing.

    Args:
        vector: Gives flat float32 observations.
        normalizer: Shared with the other workers.
        frozen: Add nothing to the statistics; may be changed at any time by the stepping thread.
    """

    def __init__(
        self,
        vector: EnvironmentVector,
        normalizer: ObservationNormalizer,
        *,
        frozen: bool = False,
    ) -> None:
        self._vector = vector
        self._normalizer = normalizer
        self._kept: list[NDArray[np.float32]] = []
        self._kept_count = 0
        self.frozen = frozen

    @property
    def count(self) -> int:
        """N."""
        return self._vector.count

    @property
    def interface(self) -> AgentInterface:
        """Shapes and types of observations and actions."""
        return self._vector.interface

    def reset(self, seed: int) -> NDArray[Any]:
        """Begin everywhere; shape (N, n)."""
        return self._seen(self._vector.reset(seed))

    def step(self, actions: NDArray[Any]) -> StepResult:
        """Do `actions`: int64 of shape (N, K) or float32 of shape (N, d)."""
        step = self._vector.step(actions)
        final = step.final
        if final is not None:
            final = FinalObservations(final.indices, self._normalizer.normalize(final.observations))
        return step._replace(observations=self._seen(step.observations), final=final)

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """From each environment's next reset on."""
        self._vector.set_parameters(parameters)

    def close(self) -> None:
        """Free what the environments hold; what was not added yet is added, unless frozen."""
        if not self.frozen:
            self._merge()
        self._vector.close()

    def _seen(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self.frozen:
            self._kept.append(observations.copy())
            self._kept_count += len(observations)
            if self._kept_count >= min(LARGEST_BATCH, self._normalizer.count / GROWTH):
                self._merge()
        return self._normalizer.normalize(observations)

    def _merge(self) -> None:
        if self._kept:
            self._normalizer.merge(np.concatenate(self._kept))
            self._kept = []
            self._kept_count = 0
