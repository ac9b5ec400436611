"""RMSProp and Adam whose statistics are shared by all workers, in place on the flat vector.

Several threads may call `apply` at the same time, without a lock (Hogwild): an update can then be
lost in part, or be computed from half-new statistics, but every statistic of squared gradients
stays non-negative, because it is only ever multiplied by its decay and added to. Updates under a
lock are exact.

References: Mnih et al. 2016, §4 and Supplement 7 (shared RMSProp); Tieleman & Hinton 2012;
Kingma & Ba 2015, Algorithm 1; Recht et al. 2011 (Hogwild).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, assert_never

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.flat_parameters import FloatVector

OptimizerKind = Literal["rmsprop", "adam"]
OPTIMIZER_KINDS: Final[tuple[OptimizerKind, ...]] = ("rmsprop", "adam")
EpsilonMode = Literal["inside", "outside"]


@dataclass(frozen=True)
class StepSettings:
    """The numbers of one optimizer step; each may change from push to push."""

    learning_rate: float
    epsilon: float
    epsilon_mode: EpsilonMode
    rmsprop_decay: float
    adam_beta1: float
    adam_beta2: float


class SharedOptimizer(Protocol):
    """Turns gradients into steps. One object for all workers."""

    @property
    def kind(self) -> OptimizerKind:
        """Which optimizer this is."""

    def apply(
        self, weights: FloatVector, gradient: FloatVector, *, step: StepSettings, scratch: Scratch
    ) -> None:
        """Move `weights` in place along `gradient` of the loss.

        Args:
            weights: The shared weights. Shape: (size,).
            gradient: d, unchanged by the call. Shape: (size,).
            step: Learning rate and the like.
            scratch: Of the calling thread.
        """

    def statistics(self) -> Mapping[str, NDArray[np.floating]]:
        """The shared arrays themselves, by name; what a checkpoint keeps."""


class Scratch:
    """Working memory of one thread, so that a step allocates nothing."""

    def __init__(self, size: int) -> None:
        self.first = np.empty(size, dtype=np.float32)
        self.second = np.empty(size, dtype=np.float32)


class SharedRMSProp:
    """Non-centred RMSProp without momentum.

    g ← α g + (1-α) d²,   θ ← θ - η d / √(g + ε)   or, "outside",   θ ← θ - η d / (√g + ε)

    ε inside the root and g₀ = 0 as in the paper's Supplement 7; outside as in torch.optim.RMSprop.
    `square_average` is g, shape (size,).
    """

    def __init__(self, statistics: Mapping[str, NDArray[np.floating]]) -> None:
        self._statistics = statistics
        self._square_average = statistics["square_average"]

    @property
    def kind(self) -> OptimizerKind:
        """Which optimizer this is."""
        return "rmsprop"

    def apply(
        self, weights: FloatVector, gradient: FloatVector, *, step: StepSettings, scratch: Scratch
    ) -> None:
        """One step; see the class for the equations."""
        square_average = self._square_average
        _decay_towards_square(square_average, gradient, step.rmsprop_decay, scratch.first)
        denominator = scratch.first
        if step.epsilon_mode == "inside":
            np.add(square_average, np.float32(step.epsilon), out=denominator)
            np.sqrt(denominator, out=denominator)
        else:
            np.sqrt(square_average, out=denominator)
            np.add(denominator, np.float32(step.epsilon), out=denominator)
        np.divide(gradient, denominator, out=denominator)
        np.multiply(denominator, np.float32(step.learning_rate), out=denominator)
        np.subtract(weights, denominator, out=weights)

    def statistics(self) -> Mapping[str, NDArray[np.floating]]:
        """The shared arrays themselves, by name."""
        return self._statistics


class SharedAdam:
    """Adam with bias correction that stays right when β₁ or β₂ change during the run.

    m ← β₁ m + (1-β₁) d,   v ← β₂ v + (1-β₂) d²,   θ ← θ - η m̂ / (√v̂ + ε)
    m̂ = m / (1 - Π β₁),    v̂ = v / (1 - Π β₂)

    With constant β the products are βᵗ, as in Kingma & Ba 2015, Algorithm 1. `average` is m and
    `square_average` is v, shape (size,); `beta_products` is (Π β₁, Π β₂).
    """

    def __init__(self, statistics: Mapping[str, NDArray[np.floating]]) -> None:
        self._statistics = statistics
        self._average = statistics["average"]
        self._square_average = statistics["square_average"]
        self._beta_products = statistics["beta_products"]

    @property
    def kind(self) -> OptimizerKind:
        """Which optimizer this is."""
        return "adam"

    def apply(
        self, weights: FloatVector, gradient: FloatVector, *, step: StepSettings, scratch: Scratch
    ) -> None:
        """One step; see the class for the equations."""
        beta1, beta2 = step.adam_beta1, step.adam_beta2
        np.multiply(self._average, np.float32(beta1), out=self._average)
        np.multiply(gradient, np.float32(1.0 - beta1), out=scratch.first)
        np.add(self._average, scratch.first, out=self._average)
        _decay_towards_square(self._square_average, gradient, beta2, scratch.first)
        self._beta_products *= (beta1, beta2)
        first_weight, second_weight = (1.0 - self._beta_products).tolist()

        denominator, update = scratch.first, scratch.second
        np.sqrt(self._square_average, out=denominator)
        np.divide(denominator, np.float32(math.sqrt(second_weight)), out=denominator)
        np.add(denominator, np.float32(step.epsilon), out=denominator)
        np.divide(self._average, denominator, out=update)
        np.multiply(update, np.float32(step.learning_rate / first_weight), out=update)
        np.subtract(weights, update, out=weights)

    def statistics(self) -> Mapping[str, NDArray[np.floating]]:
        """The shared arrays themselves, by name."""
        return self._statistics


def empty_statistics(kind: OptimizerKind, size: int) -> dict[str, NDArray[np.floating]]:
    """What an optimizer for `size` weights knows before its first step."""
    match kind:
        case "rmsprop":
            return {"square_average": np.zeros(size, dtype=np.float32)}
        case "adam":
            return {
                "average": np.zeros(size, dtype=np.float32),
                "square_average": np.zeros(size, dtype=np.float32),
                "beta_products": np.ones(2, dtype=np.float64),
            }
        case _:
            assert_never(kind)


def optimizer_on(
    kind: OptimizerKind, statistics: Mapping[str, NDArray[np.floating]]
) -> SharedOptimizer:
    """An optimizer that goes on from these statistics, and keeps them there.

    Args:
        kind: Which one.
        statistics: Arrays as `empty_statistics` makes them, perhaps in memory that processes share.
    """
    match kind:
        case "rmsprop":
            return SharedRMSProp(statistics)
        case "adam":
            return SharedAdam(statistics)
        case _:
            assert_never(kind)


def new_optimizer(kind: OptimizerKind, size: int) -> SharedOptimizer:
    """An optimizer with empty statistics for `size` weights."""
    return optimizer_on(kind, empty_statistics(kind, size))


def clip_by_global_norm(gradient: FloatVector, *, norm: float, maximum: float) -> bool:
    """Scale `gradient` in place to length `maximum` if it is longer; 0 means no clipping.

    d ← d min(1, c / ‖d‖₂), over all weights at once.

    Reference: Pascanu, Mikolov & Bengio 2013, Algorithm 1.

    Args:
        gradient: d. Shape: (size,).
        norm: ‖d‖₂, finite.
        maximum: c.

    Returns:
        Whether it was longer.
    """
    if maximum == 0.0 or norm <= maximum:
        return False
    np.multiply(gradient, np.float32(maximum / norm), out=gradient)
    return True


def _decay_towards_square(
    square_average: FloatVector, gradient: FloatVector, decay: float, scratch: FloatVector
) -> None:
    np.multiply(square_average, np.float32(decay), out=square_average)
    np.multiply(gradient, gradient, out=scratch)
    np.multiply(scratch, np.float32(1.0 - decay), out=scratch)
    np.add(square_average, scratch, out=square_average)
