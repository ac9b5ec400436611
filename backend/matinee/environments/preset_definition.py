"""What a preset is as data, and what several presets have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PresetDefinition:
    """One preset.

    Attributes:
        name: For the command line and the API.
        title: Of its card.
        summary: What happens.
        teaches: What to look at, and what to try.
        document: The run spec, without the preset's name.
    """

    name: str
    title: str
    summary: str
    teaches: str
    document: dict[str, Any]


def variant_of(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy in which some fields, and some hyperparameters, are others."""
    return {
        **document,
        **changes,
        "hyperparameters": {**document["hyperparameters"], **changes.get("hyperparameters", {})},
    }


SEPARATE_TANH = {"hidden": [64, 64], "activation": "tanh", "shared_trunk": False}

PPO: dict[str, Any] = {
    "algorithm": "ppo",
    "network": SEPARATE_TANH,
    "workers": 1,
    "envs_per_worker": 32,
    "hyperparameters": {
        "optimizer": "adam",
        "learning_rate": 0.001,
        "rollout_length": 64,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "entropy_coefficient": 0.0,
        "epochs": 4,
        "minibatches": 16,
        "normalize_advantage": True,
    },
}
"""What suits most problems that are no race."""
