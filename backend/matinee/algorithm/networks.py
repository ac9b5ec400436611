"""The shape of an actor-critic network: which weights there are, and where they begin.

A trunk of hidden layers, perhaps with convolutions at the bottom and an LSTM on top, carries a
policy head and a value head; without a shared trunk each head has one of its own. Weight matrices
have shape (inputs, outputs), so that a layer is `x @ W + b` in NumPy and torch alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from matinee.algorithm.convolutions import (
    CONVOLUTIONS,
    ConvolutionLayer,
    ConvolutionName,
    ImageScale,
    image_scale,
    sizes_after,
)
from matinee.algorithm.flat_parameters import FlatLayout, FloatVector
from matinee.contracts.agent_interface import (
    AgentInterface,
    CategoricalActions,
    GaussianActions,
)

POLICY_HEAD_GAIN = 0.01
"""Starts the policy near uniform. Reference: Andrychowicz et al. 2021, §3.2; OpenAI baselines."""

VALUE_HEAD_GAIN = 1.0
HIDDEN_GAIN = math.sqrt(2.0)
LSTM_GAIN = 1.0

LOG_STD = "policy.log_std"
"""Name of a Gaussian policy's log σ among the weights."""

FORGET_BIAS = 1.0
"""An LSTM begins by remembering. Reference: Gers et al. 2000; Jozefowicz et al. 2015, §3.1."""

LSTM_GATES = 4
"""Input, forget, candidate, output: the order of the columns of an LSTM's weights."""

ActivationName = Literal["tanh", "relu"]


@dataclass(frozen=True)
class NetworkShape:
    """Everything that fixes the number and order of the weights, and how they begin.

    Attributes:
        interface: What comes in, and what the policy chooses from.
        hidden: Units of each hidden layer, at least one layer.
        activation: Of the hidden layers.
        shared_trunk: One trunk for both heads, or one each.
        log_std_init: log σ of a Gaussian policy before training.
        convolution: At the bottom of each trunk, for images.
        lstm_units: Of an LSTM on top of each trunk; 0 for none.
        standardizes_images: Whether a convolution sees each image at mean 0 and variance 1.
    """

    interface: AgentInterface
    hidden: tuple[int, ...]
    activation: ActivationName
    shared_trunk: bool
    log_std_init: float = 0.0
    convolution: ConvolutionName = "none"
    lstm_units: int = 0
    standardizes_images: bool = False

    @property
    def convolution_layers(self) -> tuple[ConvolutionLayer, ...]:
        """At the bottom of each trunk; none for vectors."""
        return CONVOLUTIONS[self.convolution]

    @property
    def image_scale(self) -> ImageScale:
        """How the numbers of images become inputs."""
        return image_scale(self.interface.observation_dtype, standardizes=self.standardizes_images)

    def convolution_names(self, trunk: str) -> list[str]:
        """Of each layer's weights, without `.weight` and `.bias`."""
        return [f"{trunk}.convolution.{index}" for index in range(len(self.convolution_layers))]

    @property
    def is_in_numpy(self) -> bool:
        """Hidden layers only: acting and learning need no torch."""
        return not self.convolution_layers and self.lstm_units == 0

    @property
    def policy_outputs(self) -> int:
        """P: logits of all branches, or means."""
        match self.interface.actions:
            case CategoricalActions(branches=branches):
                return sum(branches)
            case GaussianActions(dimension=dimension):
                return dimension
            case _:
                assert_never(self.interface.actions)

    @property
    def policy_trunk(self) -> str:
        """Prefix of the trunk that the policy head reads."""
        return "trunk" if self.shared_trunk else "policy_trunk"

    @property
    def value_trunk(self) -> str:
        """Prefix of the trunk that the value head reads."""
        return "trunk" if self.shared_trunk else "value_trunk"

    @property
    def trunks(self) -> tuple[str, ...]:
        """Prefixes of all trunks: one, or the policy's and the value's."""
        return tuple(dict.fromkeys((self.policy_trunk, self.value_trunk)))

    @property
    def features(self) -> int:
        """What a trunk gives to its heads: F."""
        return self.lstm_units or self.hidden[-1]

    @property
    def state_size(self) -> int:
        """S: h and c of each trunk's LSTM, one after the other; 0 without recurrence."""
        return len(self.trunks) * 2 * self.lstm_units

    def layout(self) -> FlatLayout:
        """Names and shapes of all weight arrays, in the order of the flat vector."""
        return FlatLayout(self._shapes())

    def _shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for trunk in self.trunks:
            yield from self._trunk_shapes(trunk)
        yield "policy.weight", (self.features, self.policy_outputs)
        yield "policy.bias", (self.policy_outputs,)
        if isinstance(self.interface.actions, GaussianActions):
            yield LOG_STD, (self.policy_outputs,)
        yield "value.weight", (self.features, 1)
        yield "value.bias", (1,)

    def _trunk_shapes(self, trunk: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        inputs = self.interface.observation_size
        if self.convolution_layers:
            image = self.interface.observation_shape
            after = sizes_after(image, self.convolution_layers)
            channels = image[0]
            for name, layer in zip(
                self.convolution_names(trunk), self.convolution_layers, strict=True
            ):
                yield f"{name}.weight", (layer.filters, channels, layer.side, layer.side)
                yield f"{name}.bias", (layer.filters,)
                channels = layer.filters
            inputs = math.prod(after[-1])
        for index, units in enumerate(self.hidden):
            yield f"{trunk}.{index}.weight", (inputs, units)
            yield f"{trunk}.{index}.bias", (units,)
            inputs = units
        if self.lstm_units:
            gates = LSTM_GATES * self.lstm_units
            yield f"{trunk}.lstm.input", (inputs, gates)
            yield f"{trunk}.lstm.recurrent", (self.lstm_units, gates)
            yield f"{trunk}.lstm.bias", (gates,)


def initial_weights(shape: NetworkShape, *, seed: int) -> FloatVector:
    """Orthogonal matrices, zero biases.

    Gains: √2 in hidden layers and convolutions, 1 in an LSTM, 0.01 in the policy head (so that the
    first policy is nearly uniform), 1 in the value head. The forget gate's bias is 1.

    NumPy draws them: importing torch takes longer than CartPole takes to learn.

    Reference: Saxe et al. 2014; the gains are those of OpenAI baselines and Stable-Baselines3.

    Returns:
        Shape: (size of the layout,).
    """
    generator = np.random.default_rng(seed)
    layout = shape.layout()
    flat = np.zeros(layout.size, dtype=np.float32)
    for name, view in layout.views(flat).items():
        if name == LOG_STD:
            view[:] = shape.log_std_init
        elif name.endswith(".lstm.bias"):
            view[shape.lstm_units : 2 * shape.lstm_units] = FORGET_BIAS
        elif not name.endswith(".bias"):
            view[:] = _gain(name) * _orthogonal(view.shape, generator)
    return flat


def _orthogonal(shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.float64]:
    """A matrix from the uniform distribution of those with orthonormal rows or columns.

    What has more than two axes is a matrix with a row for each entry of the first. The Q of a QR
    decomposition is uniform once R's diagonal is positive.

    Reference: Mezzadri 2007, "How to generate random matrices from the classical compact groups".
    """
    rows, columns = shape[0], math.prod(shape[1:])
    normal = generator.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
    return (q if rows >= columns else q.T).reshape(shape)


def _gain(name: str) -> float:
    if name == "policy.weight":
        return POLICY_HEAD_GAIN
    if name == "value.weight":
        return VALUE_HEAD_GAIN
    return LSTM_GAIN if ".lstm." in name else HIDDEN_GAIN
