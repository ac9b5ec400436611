"""A network with a distribution on top: from coefficients of a loss to one flat gradient.

`PolicyValueNetwork` is the seam: whoever can go forward and back fits. A plain MLP does so by hand
(`mlp_gradients`), everything else by autograd (`torch_gradients`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Actions, Floats, new_distribution
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.lstm import Episodes
from matinee.algorithm.mlp_gradients import MlpNetwork
from matinee.algorithm.networks import LOG_STD, NetworkShape

if TYPE_CHECKING:
    from matinee.algorithm.torch_gradients import TorchNetwork


class PolicyValueNetwork(Protocol):
    """A network that goes forward and back. One per thread, on the thread's own weights."""

    def forward(self, observations: NDArray[Any]) -> tuple[Floats, Floats]:
        """Policy outputs, shape (P, B), and values, shape (B,). Valid until the next call.

        Args:
            observations: Shape: (B, *observation shape).
        """

    def backward(self, by_heads: Floats, out: FloatVector) -> None:
        """Write the derivative by all weights of the trunks and heads to `out`.

        Args:
            by_heads: The derivative by each policy output and, in the last row, by the value, for
                the batch that went forward last. Shape: (P + 1, B).
            out: Shape: (size,).
        """


IMAGES_AT_ONCE = 256
"""Of a batch that nothing goes back through: a rollout of images as floats, and what each layer
makes of them, may be hundreds of megabytes."""


@dataclass(frozen=True)
class Evaluation:
    """What the network says about a batch.

    Attributes:
        log_probability: log π(a|s). Shape: (B,).
        entropy: H(π(·|s)). Shape: (B,).
        values: V(s). Shape: (B,).
        states: Recurrent state after each step; None without recurrence. Shape: (T, N, S).
    """

    log_probability: Floats
    entropy: Floats
    values: Floats
    states: Floats | None = None


class DifferentiablePolicy:
    """A network and the distribution on top of it. One per thread.

    Args:
        shape: Of the network.
        flat: The weights, changed by their owner between calls. Shape: (size,).
        network: Goes forward and back on these weights; left out: the fastest for the shape.
    """

    def __init__(
        self, shape: NetworkShape, flat: FloatVector, *, network: PolicyValueNetwork | None = None
    ) -> None:
        layout = shape.layout()
        self._log_std_slot = next((slot for slot in layout.slots if slot.name == LOG_STD), None)
        self._log_std = layout.views(flat).get(LOG_STD)
        self._distribution = new_distribution(shape.interface.actions, self._log_std)
        self._at_once = IMAGES_AT_ONCE if shape.convolution_layers else None
        self._recurrent: TorchNetwork | None = None
        if network is None and not shape.is_in_numpy:
            # Not at the top: a plain network learns without torch, which takes seconds to load.
            from matinee.algorithm.torch_gradients import TorchNetwork

            network = TorchNetwork(shape, flat)
            self._recurrent = network if shape.lstm_units else None
        self._network = MlpNetwork(shape, flat) if network is None else network
        self._by_heads: Floats = np.zeros((shape.policy_outputs + 1, 0), np.float32)

    @property
    def mean_std(self) -> float:
        """Mean σ of a Gaussian policy; nan for others."""
        return np.nan if self._log_std is None else float(np.exp(self._log_std).mean())

    def forward(
        self, observations: NDArray[Any], actions: Actions, episodes: Episodes | None = None
    ) -> Evaluation:
        """What the network says. Shapes: (B, *observation shape), (B, K).

        Args:
            observations: What was seen.
            actions: What was done.
            episodes: How the steps hang together, for a network that remembers.
        """
        states: Floats | None = None
        if self._recurrent is not None:
            outputs, values = self._recurrent.forward(observations, episodes)
            states = self._recurrent.states
        else:
            outputs, values = self._network.forward(observations)
        log_probability, entropy = self._distribution.evaluate(outputs, actions)
        return Evaluation(log_probability, entropy, values, states)

    def evaluate(self, observations: NDArray[Any], actions: Actions) -> Evaluation:
        """Like `forward` without recurrence, of any number of samples; nothing can go back."""
        if self._at_once is None or len(observations) <= self._at_once:
            return self.forward(observations, actions)
        parts = [
            self.forward(
                observations[start : start + self._at_once], actions[start : start + self._at_once]
            )
            for start in range(0, len(observations), self._at_once)
        ]
        return Evaluation(
            np.concatenate([part.log_probability for part in parts]),
            np.concatenate([part.entropy for part in parts]),
            np.concatenate([part.values for part in parts]),
        )

    def backward(
        self, *, log_probability: Floats, entropy: Floats, value: Floats, out: FloatVector
    ) -> None:
        """Write Σ_b c_π ∇log π + c_H ∇H + c_V ∇V of the batch that went forward last to `out`."""
        if self._by_heads.shape[1] != len(value):
            self._by_heads = np.empty((len(self._by_heads), len(value)), np.float32)
        by_heads = self._by_heads
        by_log_std = self._distribution.derive(
            log_probability=log_probability, entropy=entropy, out=by_heads[:-1]
        )
        by_heads[-1] = value
        self._network.backward(by_heads, out)
        if by_log_std is not None:
            assert self._log_std_slot is not None, "only a Gaussian policy has a log_std"
            out[self._log_std_slot.start : self._log_std_slot.stop] = by_log_std
