"""Choosing actions with a network that remembers: its state goes on from step to step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.acting import ActingNetwork, Buffers, HiddenLayers, affine
from matinee.algorithm.distributions import Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.floating_point_flags import flags_of_products_ignored
from matinee.algorithm.lstm import LstmLayer
from matinee.algorithm.networks import NetworkShape


class RecurrentActorCritic(ActingNetwork):
    """The forward pass of a network with LSTMs, one step at a time. One per thread."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        views = shape.layout().views(flat)
        super().__init__(shape, views)
        self._trunks = {
            trunk: (HiddenLayers(shape, views, trunk), LstmLayer(views, trunk))
            for trunk in shape.trunks
        }
        self._width = 2 * shape.lstm_units
        self._units = shape.lstm_units
        self._policy_at = 0
        self._value_at = self._width * (len(shape.trunks) - 1)
        self._buffers: dict[str, Buffers] = {trunk: {} for trunk in shape.trunks}
        self._state: Floats = np.zeros((0, shape.state_size), np.float32)

    def state_of(self, environments: int) -> Floats:
        """Before the next step; 0 if so many were not acted in before. Shape: (N, S)."""
        if len(self._state) != environments:
            self._state = np.zeros((environments, self._state.shape[1]), np.float32)
        return self._state

    def forget(self, where: NDArray[np.bool_]) -> None:
        """Episodes begin here: their state is 0. Shape: (N,)."""
        if where.any():
            self.state_of(len(where))[where] = 0.0

    @flags_of_products_ignored
    def outputs(self, observations: NDArray[Any]) -> Floats:
        """What the policy head says after one more step, which is remembered; shape (N, P)."""
        self._state = self._step(observations, self.state_of(len(observations)))
        return affine(self._policy_head, self._hidden(self._state, self._policy_at), {}, -1)

    @flags_of_products_ignored
    def values(self, observations: NDArray[Any], state: Floats) -> Floats:
        """V of observations that are seen in this state, which stays as it is.

        Shapes: (N, *observation shape), (N, S) → (N,).
        """
        after = self._step(observations, state)
        return affine(self._value_head, self._hidden(after, self._value_at), {}, -1)[:, 0]

    def _hidden(self, state: Floats, at: int) -> Floats:
        return np.ascontiguousarray(state[:, at : at + self._units])

    def _step(self, observations: NDArray[Any], state: Floats) -> Floats:
        parts = [
            lstm.step(
                layers(observations, self._buffers[trunk]),
                state[:, index * self._width : (index + 1) * self._width],
            )
            for index, (trunk, (layers, lstm)) in enumerate(self._trunks.items())
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
