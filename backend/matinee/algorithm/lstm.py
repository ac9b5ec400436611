r"""The long short-term memory after the hidden layers: what it computes, and its state.

With x_t what the hidden layers say and [i f g o] = x_t W + h_{t-1} U + b in four parts:

    c_t = σ(f) c_{t-1} + σ(i) tanh(g),   h_t = σ(o) tanh(c_t)

Before the first step of an episode h and c are 0.

Reference: Hochreiter & Schmidhuber 1997; the forget gate: Gers, Schmidhuber & Cummins 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Floats
from matinee.algorithm.networks import LSTM_GATES


@dataclass(frozen=True)
class Episodes:
    """How the steps of a batch hang together, for a network that remembers.

    Attributes:
        initial_state: Before the first row. Shape: (N, S).
        begins: Where a row opens an episode, so that the state before it is 0. The last row is
            that of the observations after the last step. Shape: (T + 1, N).
    """

    initial_state: Floats
    begins: NDArray[np.bool_]

    @property
    def length(self) -> int:
        """T: steps, which are the rows of the batch over N."""
        return len(self.begins) - 1


class LstmLayer:
    """One step at a time, in NumPy, for acting.

    Args:
        views: The network's weights by name.
        trunk: Prefix of the names.
    """

    def __init__(self, views: dict[str, NDArray[np.float32]], trunk: str) -> None:
        self._input = views[f"{trunk}.lstm.input"]
        self._recurrent = views[f"{trunk}.lstm.recurrent"]
        self._bias = views[f"{trunk}.lstm.bias"]

    def step(self, features: Floats, state: Floats) -> Floats:
        """The state after one more step. Shapes: (N, F), (N, 2U) → (N, 2U): h, then c."""
        units = len(self._recurrent)
        h, c = state[:, :units], state[:, units:]
        gates = features @ self._input + h @ self._recurrent + self._bias
        i, f, g, o = (gates[:, k * units : (k + 1) * units] for k in range(LSTM_GATES))
        after: Floats = np.empty_like(state)
        after[:, units:] = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        after[:, :units] = _sigmoid(o) * np.tanh(after[:, units:])
        return after


def _sigmoid(x: Floats) -> Floats:
    """1/(1 + e^-x), by way of tanh, which can't overflow."""
    half = np.float32(0.5)
    result: Floats = half * np.tanh(half * x) + half
    return result
