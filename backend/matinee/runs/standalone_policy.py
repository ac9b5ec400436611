"""A policy that Matinee has trained, played with NumPy alone; `policy.json` says how.

policy = Policy("folder of the checkpoint")
policy.begin()                                      before each episode
action = policy.act(observation)                    the most probable one
action = policy.act(observation, numpy_generator)   drawn, as in training
outputs, value = policy.look(observation)           what the network says of it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

VALUE_TRUNK = "value_trunk"
"""Where the value has a trunk of its own."""


class Policy:
    """Reads `policy.json` and `learner.safetensors` of one folder."""

    def __init__(self, folder: str | Path = ".") -> None:
        about = json.loads((Path(folder) / "policy.json").read_text(encoding="utf-8"))
        self._take(about, load_file(Path(folder) / "learner.safetensors"))

    @classmethod
    def of(cls, about: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Policy:
        """The same from what these files hold."""
        policy = cls.__new__(cls)
        policy._take(about, tensors)  # noqa: SLF001 - it is one of ours
        return policy

    def _take(self, about: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> None:
        self.about = about
        self._network = self.about["network"]
        self._weights = {
            name: tensors["weights"][each["start"] : each["stop"]].reshape(each["shape"])
            for name, each in self.about["arrays"].items()
        }
        self._normalization = None
        if self.about["normalization"] is not None:
            epsilon, clip = (self.about["normalization"][name] for name in ("epsilon", "clip"))
            count, mean, m2 = (tensors[f"normalization.{name}"] for name in ("count", "mean", "m2"))
            # Before any sample they are clipped only.
            deviation = np.sqrt(m2 / count + epsilon) if count > 0 else np.ones_like(m2)
            self._normalization = mean, 1.0 / deviation, clip
        self.begin()

    def begin(self) -> None:
        """An episode begins: what the network remembers is nothing."""
        nothing = np.zeros(self._network["lstm_units"], np.float32)
        self._memory = dict.fromkeys((self._network["trunk"], VALUE_TRUNK), (nothing, nothing))

    def go_on_from(self, other: Policy) -> None:
        """Remember what another one of the same shape does: weights changed amid an episode."""
        self._memory = dict(other._memory)

    def act(self, observation: Any, generator: np.random.Generator | None = None) -> Any:
        """An action of the environment: the most probable one, or one that is drawn."""
        return self.choose(self.outputs(observation), generator)

    def choose(self, outputs: NDArray[Any], generator: np.random.Generator | None = None) -> Any:
        """An action of the environment, from what the policy head says."""
        if self.about["branches"] is None:
            if generator is not None:
                outputs = outputs + self.deviations * generator.standard_normal(len(outputs))
            return self._numbers(outputs)
        if generator is not None:
            outputs = outputs + generator.gumbel(size=len(outputs))
        ends = np.cumsum(self.about["branches"])[:-1]
        return self._choices(np.array([np.argmax(part) for part in np.split(outputs, ends)]))

    def outputs(self, observation: Any) -> NDArray[Any]:
        """What the policy head says: logits of all choices, or means."""
        return self._head("policy", self._features(self._coded(observation), self._own_trunk))

    def look(self, observation: Any) -> tuple[NDArray[Any], float]:
        """What the policy head says, and V of what is seen.

        V is the return that is expected from here in the learner's terms: discounted, and of
        rewards that may be scaled or clipped.
        """
        x = self._coded(observation)
        features = self._features(x, self._own_trunk)
        outputs = self._head("policy", features)
        if any(name.startswith(f"{VALUE_TRUNK}.") for name in self._weights):
            features = self._features(x, VALUE_TRUNK)
        return outputs, float(self._head("value", features)[0])

    def probabilities(self, outputs: NDArray[Any]) -> NDArray[np.float64] | None:
        """Of all choices, in the order of the logits; None: actions are numbers."""
        if self.about["branches"] is None:
            return None
        ends = np.cumsum(self.about["branches"])[:-1]
        return np.concatenate([_softmax(part) for part in np.split(outputs, ends)])

    @property
    def deviations(self) -> NDArray[Any]:
        """Of actions that are numbers, from their means, in the policy's own units."""
        return np.asarray(np.exp(self._weights["policy.log_std"]))

    @property
    def _own_trunk(self) -> str:
        return str(self._network["trunk"])

    def _head(self, name: str, features: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(
            features @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )

    def _features(self, x: NDArray[np.float32], trunk: str) -> NDArray[Any]:
        weights = self._weights
        x = self._convolved(x, trunk).ravel()
        for depth in range(self._network["hidden_layers"]):
            x = x @ weights[f"{trunk}.{depth}.weight"] + weights[f"{trunk}.{depth}.bias"]
            x = np.maximum(x, 0.0) if self._network["activation"] == "relu" else np.tanh(x)
        return self._remembered(x, trunk) if self._network["lstm_units"] else x

    def _coded(self, observation: Any) -> NDArray[np.float32]:
        """The observation as numbers."""
        coding = self.about["coding"]
        if coding is None or coding["observation"]["kind"] == "image":
            x = np.asarray(observation, np.float32)
            axis = None if coding is None else coding["observation"]["channel_axis"]
            x = np.moveaxis(x, -1, 0) if axis == -1 else x
        else:
            parts = coding["observation"]["parts"]
            x = np.concatenate([_part(part, observation) for part in parts])
        if self._normalization is not None:
            mean, inverse, clip = self._normalization
            x = np.clip((x - mean) * inverse, -clip, clip)
        return np.asarray(x / np.float32(self._network["divisor"]), np.float32)

    def _convolved(self, x: NDArray[np.float32], trunk: str) -> NDArray[np.float32]:
        layers = self._network["convolutions"]
        if not layers:
            return x
        x = x.reshape(self._network["observation_shape"])
        floor = self._network["standard_floor"]
        if floor is not None:
            x = x - x.mean()
            x = x / max(np.sqrt((x * x).mean()), floor)
        for depth, layer in enumerate(layers):
            name, stride = f"{trunk}.convolution.{depth}", layer["stride"]
            windows = np.lib.stride_tricks.sliding_window_view(
                x, (layer["side"], layer["side"]), axis=(1, 2)
            )[:, ::stride, ::stride]
            sums = np.tensordot(
                self._weights[f"{name}.weight"], windows, axes=([1, 2, 3], [0, 3, 4])
            )
            x = np.maximum(sums + self._weights[f"{name}.bias"][:, None, None], 0.0)
        return x

    def _remembered(self, x: NDArray[Any], trunk: str) -> NDArray[Any]:
        name, (h, c) = f"{trunk}.lstm", self._memory[trunk]
        gates = x @ self._weights[f"{name}.input"] + h @ self._weights[f"{name}.recurrent"]
        i, f, g, o = np.split(gates + self._weights[f"{name}.bias"], 4)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(c)
        self._memory[trunk] = h, c
        return np.asarray(h)

    def _numbers(self, numbers: NDArray[Any]) -> Any:
        action = self.about["coding"]["action"]
        low = [-np.inf if bound is None else bound for bound in action["low"]]
        high = [np.inf if bound is None else bound for bound in action["high"]]
        numbers = np.asarray(action["centre"]) + np.asarray(action["half_range"]) * numbers
        return np.clip(numbers, low, high).astype(action["dtype"]).reshape(action["shape"])

    def _choices(self, choices: NDArray[Any]) -> Any:
        if self.about["coding"] is None:
            return int(choices[0])
        action = self.about["coding"]["action"]
        choices = choices + np.asarray(action["first_values"])
        if not action["shape"]:
            return int(choices[0])
        return choices.astype(action["dtype"]).reshape(action["shape"])


def _part(part: dict[str, Any], value: Any) -> NDArray[np.float32]:
    """A piece of the vector, from the whole observation."""
    for key in part["path"]:
        value = value[key]
    numbers = np.asarray(value).ravel()
    if part["first_values"] is not None:
        choices = zip(part["first_values"], part["choices"], numbers, strict=True)
        return np.concatenate(
            [np.arange(first, first + count) == value for first, count, value in choices]
        ).astype(np.float32)
    if part["factors"] is not None:
        numbers = numbers * np.asarray(part["factors"], np.float32)
    return numbers.astype(np.float32)


def _sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def _softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    weights = np.exp(np.asarray(logits, np.float64) - logits.max())
    return np.asarray(weights / weights.sum())
