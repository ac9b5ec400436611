"""What plays a policy elsewhere: `policy.json` in a checkpoint, beside the weights.

Whoever reads it needs nothing of Matinee, no torch, and no description of gymnasium's spaces: it
says how an observation becomes numbers, what the network does with them, and how its outputs become
an action. Weight matrices have shape (inputs, outputs): a layer is `x @ W + b`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

POLICY_FILE = "policy.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ObservationPart(_Part):
    """One Box, Discrete, MultiDiscrete or MultiBinary of an observation, in the vector."""

    path: list[str | int] = Field(description="Keys and indices that lead to it; empty: it is all.")
    start: int
    stop: int
    factors: list[float] | None = Field(
        default=None, description="What its numbers are multiplied by, in a row; null: by nothing."
    )
    first_values: list[int] | None = Field(
        default=None, description="Of each choice, which are coded one-hot; null: it has none."
    )
    choices: list[int] = Field(default=[], description="Number of values of each choice.")


class ObservationCoding(_Part):
    """How an observation becomes the network's input."""

    kind: Literal["vector", "image"]
    parts: list[ObservationPart] = Field(default=[], description="Of a vector, in order.")
    channel_axis: int | None = Field(
        default=None, description="Of an image: 0 or -1; 2: it has no axis for channels."
    )


class ActionCoding(_Part):
    """How a policy's choice becomes an action of the environment."""

    first_values: list[int] = Field(default=[], description="Added to each choice.")
    shape: list[int] = Field(description="Of the action; empty: a plain number.")
    dtype: str
    low: list[float | None] = Field(default=[], description="Of numbers; null: no bound.")
    high: list[float | None] = Field(default=[], description="Of numbers; null: no bound.")
    centre: list[float] = Field(default=[], description="a = centre + half_range · u, clipped.")
    half_range: list[float] = Field(default=[], description="For the policy's numbers u.")


class SpaceCoding(_Part):
    """Both of an environment."""

    observation: ObservationCoding
    action: ActionCoding


class ConvolutionFile(_Part):
    """Square filters without padding, then relu."""

    side: int
    stride: int


class NetworkFile(_Part):
    """What the policy's half of the network does, from the observation upwards."""

    observation_shape: list[int]
    divisor: float = Field(description="What each number is divided by first.")
    standard_floor: float | None = Field(
        description="The image is brought to mean 0 and variance 1 by itself, with at least this "
        "standard deviation; null: it is not."
    )
    convolutions: list[ConvolutionFile]
    hidden_layers: int
    activation: Literal["tanh", "relu"]
    lstm_units: int = Field(description="0: there is none. Gates: input, forget, candidate, output")
    trunk: str = Field(description="Prefix of the names of its arrays.")


class NormalizationFile(_Part):
    """x' = clip((x - mean) / sqrt(m2 / count + epsilon), ±clip), before the network."""

    clip: float
    epsilon: float


class WeightArray(_Part):
    """`weights[start:stop].reshape(shape)` of the tensor `weights`."""

    start: int
    stop: int
    shape: list[int]


class MakingFile(_Part):
    """How the environment is made where there is no Matinee."""

    packages: list[str] = Field(description="What pip installs for it.")
    module: str | None = Field(
        description="Registers it when it is imported; null: gymnasium knows it anyway."
    )
    atari: dict[str, JsonValue] | None = Field(
        description="Arguments of `ale_py.vector_env.AtariVectorEnv`, which prepares pictures as "
        "in training; a lost life does not end the game. null: it is no game of the ALE."
    )


class PolicyFile(_Part):
    """All of it."""

    format: Literal["matinee-policy/1"] = "matinee-policy/1"
    environment_id: str
    environment_kwargs: dict[str, JsonValue]
    environment_parameters: dict[str, float] = Field(
        default={},
        description="Of its physics, by the names of the hyperparameters, as they were at the "
        "checkpoint. Empty: it has none that can be changed.",
    )
    making: MakingFile | None = Field(
        default=None, description="null: an older version has written this."
    )
    coding: SpaceCoding | None = Field(
        description="null: the environment is prepared as the ALE's vector environment does it, "
        "and its image goes in as it is."
    )
    normalization: NormalizationFile | None = Field(
        description="Its arrays are `normalization.count`, `.mean` and `.m2`; null: there is none."
    )
    network: NetworkFile
    branches: list[int] | None = Field(
        description="Logits of each choice, one after the other; null: the outputs are means of "
        "normal distributions, and `policy.log_std` the logarithms of their deviations."
    )
    arrays: dict[str, WeightArray]

    @property
    def can_be_played(self) -> bool:
        """Not a game of the ALE of a version that did not say how its pictures are prepared."""
        return self.coding is not None or (
            self.making is not None and self.making.atari is not None
        )
