r"""Forward and backward pass of the multilayer perceptron by hand, in NumPy.

For a layer h_{l+1} = f(z), z = h_l W + b, and the derivative d of the loss by h_{l+1}:

    ∂L/∂z = d ⊙ f'(z),   ∂L/∂W = h_lᵀ ∂L/∂z,   ∂L/∂b = Σ_batch ∂L/∂z,   ∂L/∂h_l = ∂L/∂z Wᵀ

with f' = 1 - h² for tanh and 1[h > 0] for relu. For nets this small autograd costs several times
its arithmetic. Every buffer is kept from call to call, so one object serves one thread.

Reference: Rumelhart, Hinton & Williams 1986.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.distributions import Floats
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.floating_point_flags import flags_of_products_ignored
from matinee.algorithm.networks import ActivationName, NetworkShape

_BYTE_SCALE = np.float32(1.0 / 255.0)


class MlpNetwork:
    """Outputs, values and their derivative by all weights. See `PolicyValueNetwork`."""

    def __init__(self, shape: NetworkShape, flat: FloatVector) -> None:
        layout = shape.layout()
        views = layout.views(flat)
        self._spans = {slot.name: slot for slot in layout.slots}
        self._size = shape.interface.observation_size
        self._outputs = shape.policy_outputs

        def trunk(name: str, *heads: str) -> _Trunk:
            return _Trunk(name, heads, views, depth=len(shape.hidden), activation=shape.activation)

        self._trunks = (
            (trunk("trunk", "policy", "value"),)
            if shape.shared_trunk
            else (trunk(shape.policy_trunk, "policy"), trunk(shape.value_trunk, "value"))
        )
        self._capacity = 0
        self._heads: Floats = np.zeros(0, np.float32)
        self._scaled: Floats = np.zeros((0, self._size), np.float32)

    @flags_of_products_ignored
    def forward(self, observations: NDArray[np.generic]) -> tuple[Floats, Floats]:
        """Policy outputs, shape (P, B), and values, shape (B,). Valid until the next call.

        Args:
            observations: Shape: (B, *observation shape).
        """
        inputs = self._inputs(observations)
        count = len(inputs)
        if count > self._capacity:
            self._capacity = count
            self._heads = np.empty((self._outputs + 1) * count, np.float32)
            for trunk in self._trunks:
                trunk.reserve(count)
        heads = self._heads[: (self._outputs + 1) * count].reshape(self._outputs + 1, count)
        if len(self._trunks) == 1:
            self._trunks[0].forward(inputs, out=heads)
        else:
            self._trunks[0].forward(inputs, out=heads[:-1])
            self._trunks[1].forward(inputs, out=heads[-1:])
        return heads[:-1], heads[-1]

    @flags_of_products_ignored
    def backward(self, by_heads: Floats, out: FloatVector) -> None:
        """Write the derivative by all weights of the trunks and heads to `out`.

        Args:
            by_heads: The derivative by each policy output and, in the last row, by the value, for
                the batch that went forward last. Shape: (P + 1, B).
            out: Shape: (size,).
        """
        views = {
            name: out[slot.start : slot.stop].reshape(slot.shape)
            for name, slot in self._spans.items()
        }
        if len(self._trunks) == 1:
            self._trunks[0].backward(by_heads, views)
        else:
            self._trunks[0].backward(by_heads[:-1], views)
            self._trunks[1].backward(by_heads[-1:], views)

    def _inputs(self, observations: NDArray[np.generic]) -> Floats:
        flat = observations.reshape(-1, self._size)
        if flat.dtype == np.float32:
            return flat  # type: ignore[return-value]  # narrowed by its dtype
        if len(self._scaled) < len(flat):
            self._scaled = np.empty((len(flat), self._size), np.float32)
        scaled = self._scaled[: len(flat)]
        np.multiply(flat, _BYTE_SCALE, out=scaled, casting="unsafe")
        return scaled


class _Trunk:
    """Hidden layers and the heads on top of them, which are one matrix product together."""

    def __init__(
        self,
        name: str,
        heads: tuple[str, ...],
        views: dict[str, NDArray[np.float32]],
        *,
        depth: int,
        activation: ActivationName,
    ) -> None:
        self._names = [f"{name}.{index}" for index in range(depth)]
        self._layers = [(views[f"{n}.weight"], views[f"{n}.bias"]) for n in self._names]
        self._tanh = activation == "tanh"
        self._heads = heads
        self._head_layers = [(views[f"{head}.weight"], views[f"{head}.bias"]) for head in heads]
        widths = [weight.shape[1] for weight, _ in self._head_layers]
        ends = np.cumsum(widths).tolist()
        self._rows = [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]
        features = self._layers[-1][0].shape[1]
        self._head_weight = np.empty((features, ends[-1]), np.float32)
        self._head_bias = np.empty((ends[-1], 1), np.float32)
        self._by_head_weight = np.empty((ends[-1], features), np.float32)
        self._head_rows: Floats = np.zeros((0, ends[-1]), np.float32)
        self._positive: list[NDArray[np.bool_]] = []
        self._buffers: list[tuple[Floats, Floats]] = []
        self._ones: Floats = np.ones(0, np.float32)
        self._activations: list[Floats] = []

    def reserve(self, count: int) -> None:
        """Make room for batches of up to `count`."""
        self._ones = np.ones(count, np.float32)
        self._head_rows = np.empty((count, self._head_rows.shape[1]), np.float32)
        self._positive = [np.empty((count, len(bias)), np.bool_) for _, bias in self._layers]
        self._buffers = [
            (np.empty((count, len(bias)), np.float32), np.empty((count, len(bias)), np.float32))
            for _, bias in self._layers
        ]

    def forward(self, inputs: Floats, out: Floats) -> None:
        """Write what the heads say to `out`, shape (heads' widths together, B)."""
        count = len(inputs)
        self._activations = [inputs]
        features = inputs
        for index, (weight, bias) in enumerate(self._layers):
            after = self._buffers[index][0][:count]
            np.matmul(features, weight, out=after)
            np.add(after, bias, out=after)
            if self._tanh:
                np.tanh(after, out=after)
            else:
                # Twice as fast as a maximum, and the backward pass needs the mask again.
                positive = np.greater(after, 0.0, out=self._positive[index][:count])
                np.multiply(after, positive, out=after)
            self._activations.append(after)
            features = after
        for rows, (weight, bias) in zip(self._rows, self._head_layers, strict=True):
            self._head_weight[:, rows] = weight
            self._head_bias[rows, 0] = bias
        # A product written straight into `out` would be transposed, and several times slower.
        head_rows = np.matmul(features, self._head_weight, out=self._head_rows[:count])
        np.add(head_rows.T, self._head_bias, out=out)

    def backward(self, by_heads: Floats, views: dict[str, NDArray[np.float32]]) -> None:
        """Write the derivative by this trunk's and its heads' weights; uses up the activations."""
        count = by_heads.shape[1]
        np.matmul(by_heads, self._activations[-1], out=self._by_head_weight)
        by_head_bias = by_heads.sum(axis=1)
        for head, rows in zip(self._heads, self._rows, strict=True):
            views[f"{head}.weight"][...] = self._by_head_weight[rows].T
            views[f"{head}.bias"][...] = by_head_bias[rows]
        ones = self._ones[:count]
        above: Floats = by_heads.T
        weight_above: Floats = self._head_weight.T
        for index in range(len(self._layers) - 1, -1, -1):
            after = self._activations[index + 1]
            derivative = self._buffers[index][1][:count]
            np.matmul(above, weight_above, out=derivative)
            if self._tanh:
                np.multiply(after, after, out=after)
                np.subtract(np.float32(1.0), after, out=after)
                np.multiply(derivative, after, out=derivative)
            else:
                np.multiply(derivative, self._positive[index][:count], out=derivative)
            name = self._names[index]
            np.matmul(self._activations[index].T, derivative, out=views[f"{name}.weight"])
            np.matmul(ones, derivative, out=views[f"{name}.bias"])
            above, weight_above = derivative, self._layers[index][0].T
