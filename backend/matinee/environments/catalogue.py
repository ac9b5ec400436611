"""Curated environments and presets, as data: this module imports neither gymnasium nor torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from matinee.contracts.presets import Preset, PresetMeasurement
from matinee.contracts.run_spec import parse_run_spec

MEASUREMENTS_FILE = "preset_measurements.json"
"""Beside this module; written by benchmarks/measure_presets.py."""

CURATED_ENVIRONMENTS: Mapping[str, str] = MappingProxyType(
    {
        "CartPole-v1": "Balance a pole on a cart. Solved in seconds; the place to start.",
        "CartPole-v0": "The same with episodes of 200 steps, as in older texts.",
        "Acrobot-v1": "Swing a two-link arm above a line. Reward comes late.",
        "MountainCar-v0": "Rock a weak car out of a valley. Hard for A3C: no reward before the "
        "goal, so it is about exploration.",
        "LunarLander-v3": "Land between two flags. Takes minutes; needs Box2D.",
    }
)
"""Environments that people meet first, each in a sentence."""

_CARTPOLE_A3C: dict[str, Any] = {
    "algorithm": "a3c",
    "environment": {"id": "CartPole-v1"},
    "network": {"hidden": [64], "activation": "tanh", "shared_trunk": True},
    "workers": 2,
    "envs_per_worker": 64,
    "hyperparameters": {
        "optimizer": "adam",
        "learning_rate": 0.02,
        "max_gradient_norm": 0.5,
        "entropy_coefficient": 0.0,
        "value_coefficient": 0.5,
        "rollout_length": 8,
        "gamma": 0.99,
        "gae_lambda": 0.95,
    },
}

_NOTEBOOK: dict[str, Any] = {
    "algorithm": "a3c",
    "environment": {"id": "CartPole-v0"},
    "network": {"hidden": [16], "activation": "relu", "shared_trunk": True},
    "workers": 8,
    "envs_per_worker": 1,
    "hyperparameters": {
        "optimizer": "rmsprop",
        "learning_rate": 0.005,
        "rmsprop_decay": 0.99,
        # The notebook clips nothing. TensorFlow's RMSProp begins with g = 1, which damps the first
        # steps; ours begins with 0 as the paper's, so it takes the paper's large epsilon instead.
        # Measured over 5 seeds: with 1e-5 and a clip of 0.5 four of five policies collapse.
        "optimizer_epsilon": 0.1,
        "max_gradient_norm": 0.0,
        "entropy_coefficient": 0.01,
        # The notebook's 0.5 multiplies (R - V)², ours multiplies half of it.
        "value_coefficient": 1.0,
        "rollout_length": 8,
        "gamma": 0.99,
        "gae_lambda": 1.0,
        "epsilon": {
            "schedule": "linear",
            "from": 0.4,
            "to": 0.15,
            "from_env_step": 0,
            "until_env_step": 75_000,
        },
        "worker_delay_s": 0.001,
    },
    "budget": {"env_steps": None, "seconds": 30.0, "target_return": None},
    "evaluation": {"episodes": 1},
}


@dataclass(frozen=True)
class _Entry:
    name: str
    title: str
    summary: str
    teaches: str
    document: dict[str, Any]


_PRESETS = (
    _Entry(
        name="cartpole-lesson",
        title="CartPole, slow enough to watch",
        summary="The fast CartPole learner held to about 3,000 steps a second for five minutes, "
        "without a target: time to watch it learn and to steer it.",
        teaches="Watch the return climb while entropy falls. Then double the learning rate, set "
        "the speed limit to 0, or switch off the bootstrap at time limits, and see what happens.",
        document={
            **_CARTPOLE_A3C,
            "hyperparameters": {
                **_CARTPOLE_A3C["hyperparameters"],
                "target_steps_per_second": 3000.0,
            },
            "budget": {"env_steps": None, "seconds": 300.0, "target_return": None},
        },
    ),
    _Entry(
        name="cartpole-a3c",
        title="CartPole, as fast as it goes",
        summary="A3C tuned for time on CartPole-v1; it ends as soon as the mean return of 100 "
        "episodes reaches 475.",
        teaches="How little time it takes. Try one worker, or a tenth of the environments.",
        document={**_CARTPOLE_A3C, "budget": {"env_steps": 10_000_000, "target_return": 475.0}},
    ),
    _Entry(
        name="notebook",
        title="The notebook",
        summary="CartPole-v0 as a well-known notebook trains it: eight workers with one "
        "environment each, 16 relu units, returns over 8 steps, random actions at a falling rate, "
        "30 seconds, then a test episode without exploration.",
        teaches="Its mistakes are mended: returns are exact for every episode length, time limits "
        "bootstrap, the loss is corrected for random actions. Its value weight of 0.5 on the "
        "squared error is a value coefficient of 1 here, on half of it. At 15 % random actions the "
        "return in training has a ceiling that the test episode has not.",
        document=_NOTEBOOK,
    ),
)


@cache
def presets() -> tuple[Preset, ...]:
    """All presets with their measurements; the first is the page's default."""
    measured = _measurements()
    return tuple(
        Preset(
            name=entry.name,
            title=entry.title,
            summary=entry.summary,
            teaches=entry.teaches,
            spec=parse_run_spec({"preset": entry.name, **entry.document}),
            measurement=measured.get(entry.name),
        )
        for entry in _PRESETS
    )


def preset(name: str) -> Preset | None:
    """The preset of that name; None if there is none."""
    return next((each for each in presets() if each.name == name), None)


def _measurements() -> dict[str, PresetMeasurement]:
    text = resources.files(__package__).joinpath(MEASUREMENTS_FILE).read_bytes()
    return TypeAdapter(dict[str, PresetMeasurement]).validate_json(text)
