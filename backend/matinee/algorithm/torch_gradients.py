"""The network in torch, whose derivative is eager autograd's: for what is not a plain MLP.

Each thread owns one, on its local copy of the weights: never on the shared weights, which other
threads change in place while a graph would be alive.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matinee.algorithm.convolutions import FloatImages, convolved
from matinee.algorithm.distributions import Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.lstm import Episodes
from matinee.algorithm.networks import LOG_STD, LSTM_GATES, NetworkShape


class TorchNetwork:
    """Outputs, values and their derivative by all weights. See `PolicyValueNetwork`."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        layout = shape.layout()
        self._shape = shape
        self._slots = [slot for slot in layout.slots if slot.name != LOG_STD]
        views = layout.views(flat)
        self._leaves = {
            slot.name: torch.from_numpy(views[slot.name]).requires_grad_() for slot in self._slots
        }
        scale = shape.image_scale
        self._images = FloatImages(channels_last=True, floor=scale.floor)
        self._largest = scale.largest
        self._activation = torch.tanh if shape.activation == "tanh" else torch.relu
        self._heads: tuple[Tensor, Tensor] | None = None
        self._states: list[Tensor] = []

    def forward(
        self, observations: NDArray[np.generic], episodes: Episodes | None = None
    ) -> tuple[Floats, Floats]:
        """Policy outputs, shape (P, B), and values, shape (B,), keeping the graph."""
        outputs, values = self.heads(torch.from_numpy(observations), episodes)
        self._heads = outputs, values
        return (
            np.ascontiguousarray(outputs.detach().numpy().T),
            values.detach().numpy(),
        )

    @property
    def states(self) -> Floats:
        """The recurrent state after each step of the batch that went forward last.

        Shape: (T, N, S).
        """
        return np.concatenate([state.detach().numpy() for state in self._states], axis=2)

    def backward(self, by_heads: Floats, out: FloatVector) -> None:
        """Write the derivative by all weights of the trunks and heads to `out`, from the graph."""
        assert self._heads is not None, "backward follows forward"
        gradients = torch.autograd.grad(
            self._heads,
            tuple(self._leaves.values()),
            grad_outputs=(torch.from_numpy(by_heads[:-1].T), torch.from_numpy(by_heads[-1])),
        )
        self._heads = None
        for slot, part in zip(self._slots, gradients, strict=True):
            out[slot.start : slot.stop] = part.numpy().ravel()

    def heads(
        self, observations: Tensor, episodes: Episodes | None = None
    ) -> tuple[Tensor, Tensor]:
        """Policy outputs, shape (B, P), and values, shape (B,)."""
        shape = self._shape
        self._states.clear()
        observations = (
            self._images(observations)
            if shape.convolution_layers
            else observations.float() / self._largest
        )
        features = {
            trunk: self._features(index, trunk, observations, episodes)
            for index, trunk in enumerate(shape.trunks)
        }
        leaves = self._leaves
        outputs = torch.addmm(
            leaves["policy.bias"], features[shape.policy_trunk], leaves["policy.weight"]
        )
        values = torch.addmm(
            leaves["value.bias"], features[shape.value_trunk], leaves["value.weight"]
        )
        return outputs, values.squeeze(1)

    def _features(
        self, index: int, trunk: str, observations: Tensor, episodes: Episodes | None
    ) -> Tensor:
        shape = self._shape
        names = shape.convolution_names(trunk)
        weights = [(self._leaves[f"{n}.weight"], self._leaves[f"{n}.bias"]) for n in names]
        features = (
            convolved(
                observations,
                shape.convolution_layers,
                weights,
                largest=self._largest,
                channels_last=True,
            )
            if names
            else observations.flatten(1)
        )
        for depth in range(len(shape.hidden)):
            weight = self._leaves[f"{trunk}.{depth}.weight"]
            bias = self._leaves[f"{trunk}.{depth}.bias"]
            features = self._activation(torch.addmm(bias, features, weight))
        if shape.lstm_units == 0:
            return features
        assert episodes is not None, "a network that remembers is told how steps hang together"
        width = 2 * shape.lstm_units
        before = episodes.initial_state[:, index * width : (index + 1) * width]
        return self._recurrent_features(trunk, features, episodes, torch.from_numpy(before))

    def _recurrent_features(
        self, trunk: str, features: Tensor, episodes: Episodes, before: Tensor
    ) -> Tensor:
        """Backpropagation through time: one graph over all steps. See `lstm` for the equations."""
        units = self._shape.lstm_units
        leaves = self._leaves
        recurrent = leaves[f"{trunk}.lstm.recurrent"]
        by_input = torch.addmm(
            leaves[f"{trunk}.lstm.bias"], features, leaves[f"{trunk}.lstm.input"]
        )
        steps = by_input.reshape(episodes.length, -1, by_input.shape[1])
        goes_on = torch.from_numpy(~episodes.begins[:-1]).float().unsqueeze(2)
        h, c = before[:, :units], before[:, units:]
        hidden: list[Tensor] = []
        states: list[Tensor] = []
        for t in range(episodes.length):
            h, c = h * goes_on[t], c * goes_on[t]
            i, f, g, o = torch.chunk(torch.addmm(steps[t], h, recurrent), LSTM_GATES, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            hidden.append(h)
            states.append(torch.cat((h.detach(), c.detach()), dim=1))
        self._states.append(torch.stack(states))
        return torch.cat(hidden)
