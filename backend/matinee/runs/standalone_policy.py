"""A policy that Matinee has trained, played with NumPy alone; `policy.json` says how.

policy = Policy("folder of the checkpoint")
policy.begin()                                      before each episode
action = policy.act(observation)                    the most probable one
action = policy.act(observation, numpy_generator)   drawn, as in training
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file


class Policy:
    """Reads `policy.json` and `learner.safetensors` of one folder."""

    def __init__(self, folder: str | Path = ".") -> None:
        self.about = json.loads((Path(folder) / "policy.json").read_text(encoding="utf-8"))
        tensors = load_file(Path(folder) / "learner.safetensors")
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
        units = self._network["lstm_units"]
        self._h, self._c = np.zeros(units, np.float32), np.zeros(units, np.float32)

    def act(self, observation: Any, generator: np.random.Generator | None = None) -> Any:
        """An action of the environment: the most probable one, or one that is drawn."""
        outputs = self.outputs(observation)
        if self.about["branches"] is None:
            if generator is not None:
                deviations = np.exp(self._weights["policy.log_std"])
                outputs = outputs + deviations * generator.standard_normal(len(outputs))
            return self._numbers(outputs)
        if generator is not None:
            outputs = outputs + generator.gumbel(size=len(outputs))
        ends = np.cumsum(self.about["branches"])[:-1]
        return self._choices(np.array([np.argmax(part) for part in np.split(outputs, ends)]))

    def outputs(self, observation: Any) -> NDArray[Any]:
        """What the policy head says: logits of all choices, or means."""
        trunk, weights = self._network["trunk"], self._weights
        x = self._convolved(self._coded(observation)).ravel()
        for depth in range(self._network["hidden_layers"]):
            x = x @ weights[f"{trunk}.{depth}.weight"] + weights[f"{trunk}.{depth}.bias"]
            x = np.maximum(x, 0.0) if self._network["activation"] == "relu" else np.tanh(x)
        if self._network["lstm_units"]:
            x = self._remembered(x)
        outputs: NDArray[Any] = x @ weights["policy.weight"] + weights["policy.bias"]
        return outputs

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

    def _convolved(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        layers = self._network["convolutions"]
        if not layers:
            return x
        x = x.reshape(self._network["observation_shape"])
        floor = self._network["standard_floor"]
        if floor is not None:
            x = x - x.mean()
            x = x / max(np.sqrt((x * x).mean()), floor)
        for depth, layer in enumerate(layers):
            name, stride = f"{self._network['trunk']}.convolution.{depth}", layer["stride"]
            windows = np.lib.stride_tricks.sliding_window_view(
                x, (layer["side"], layer["side"]), axis=(1, 2)
            )[:, ::stride, ::stride]
            sums = np.tensordot(
                self._weights[f"{name}.weight"], windows, axes=([1, 2, 3], [0, 3, 4])
            )
            x = np.maximum(sums + self._weights[f"{name}.bias"][:, None, None], 0.0)
        return x

    def _remembered(self, x: NDArray[Any]) -> NDArray[Any]:
        name = f"{self._network['trunk']}.lstm"
        gates = x @ self._weights[f"{name}.input"] + self._h @ self._weights[f"{name}.recurrent"]
        i, f, g, o = np.split(gates + self._weights[f"{name}.bias"], 4)
        self._c = _sigmoid(f) * self._c + _sigmoid(i) * np.tanh(g)
        self._h = _sigmoid(o) * np.tanh(self._c)
        return self._h

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
