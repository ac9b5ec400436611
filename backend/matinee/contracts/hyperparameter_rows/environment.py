"""Rows about environments: parameters of their physics, each with its own value in each of them."""

from __future__ import annotations

from matinee.contracts.hyperparameter_definition import (
    EnvironmentRange,
    HyperparameterDefinition,
    LiveClass,
    Scale,
)

_TAKES_EFFECT = "each environment's next reset"
_GUIDANCE = (
    "A schedule makes a curriculum. Returns before and after are of different tasks, and what "
    "counts as solved stays as it was."
)
_SOURCE = "Gymnasium: the environment's own value"


_CART_POLES = ("CartPole-v0", "CartPole-v1")
_LUNAR_LANDERS = ("LunarLander-v3", "LunarLanderContinuous-v3")

ENVIRONMENT_ROWS = (
    HyperparameterDefinition(
        name="gravity",
        label="gravity",
        symbol="g",
        group="environment",
        kind="number",
        unit="",
        default=9.8,
        minimum=1e-4,
        maximum=50.0,
        scale=Scale.LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        environments={
            **dict.fromkeys(
                _CART_POLES, EnvironmentRange(default=9.8, minimum=0.5, maximum=50.0, unit="m/s²")
            ),
            "Pendulum-v1": EnvironmentRange(
                default=10.0, minimum=0.5, maximum=50.0, unit="m/s²", arguments=("g",)
            ),
            "MountainCar-v0": EnvironmentRange(default=0.0025, minimum=1e-4, maximum=0.01),
            **dict.fromkeys(
                _LUNAR_LANDERS,
                EnvironmentRange(
                    default=10.0, minimum=0.1, maximum=11.9, unit="m/s²", arguments=("gravity",)
                ),
            ),
        },
        takes_effect=_TAKES_EFFECT,
        meaning="How strongly everything is pulled down. In MountainCar per step, not per second.",
        guidance=_GUIDANCE,
        equation=r"\ddot\theta = \frac{g\sin\theta - \cos\theta\,(F + m l\dot\theta^2\sin\theta)/M}"
        r"{l\,(4/3 - m\cos^2\theta/M)}\quad\text{(CartPole)}",
        source=_SOURCE,
    ),
    HyperparameterDefinition(
        name="pole_length",
        label="pole length",
        symbol="l",
        group="environment",
        kind="number",
        unit="m",
        default=0.5,
        minimum=0.05,
        maximum=10.0,
        scale=Scale.LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        environments={
            **dict.fromkeys(
                _CART_POLES, EnvironmentRange(default=0.5, minimum=0.05, maximum=5.0, unit="m")
            ),
            "Pendulum-v1": EnvironmentRange(default=1.0, minimum=0.1, maximum=10.0, unit="m"),
        },
        takes_effect=_TAKES_EFFECT,
        meaning="Of the pendulum; of CartPole's pole it is half the length, as gymnasium has it.",
        guidance=_GUIDANCE + " A long pole falls slowly.",
        equation="",
        source=_SOURCE,
    ),
    HyperparameterDefinition(
        name="pole_mass",
        label="pole mass",
        symbol="m",
        group="environment",
        kind="number",
        unit="kg",
        default=0.1,
        minimum=0.01,
        maximum=10.0,
        scale=Scale.LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        environments={
            **dict.fromkeys(
                _CART_POLES, EnvironmentRange(default=0.1, minimum=0.01, maximum=10.0, unit="kg")
            ),
            "Pendulum-v1": EnvironmentRange(default=1.0, minimum=0.1, maximum=10.0, unit="kg"),
            "Acrobot-v1": EnvironmentRange(default=1.0, minimum=0.1, maximum=10.0, unit="kg"),
        },
        takes_effect=_TAKES_EFFECT,
        meaning="Of CartPole's pole, of the pendulum, of Acrobot's lower link.",
        guidance=_GUIDANCE,
        equation="",
        source=_SOURCE,
    ),
    HyperparameterDefinition(
        name="force",
        label="force",
        symbol="F",
        group="environment",
        kind="number",
        unit="",
        default=10.0,
        minimum=1e-4,
        maximum=100.0,
        scale=Scale.LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        environments={
            **dict.fromkeys(
                _CART_POLES, EnvironmentRange(default=10.0, minimum=1.0, maximum=100.0, unit="N")
            ),
            "Acrobot-v1": EnvironmentRange(default=1.0, minimum=0.1, maximum=10.0, unit="N m"),
            "MountainCar-v0": EnvironmentRange(default=0.001, minimum=1e-4, maximum=0.01),
            "MountainCarContinuous-v0": EnvironmentRange(
                default=0.0015, minimum=1e-4, maximum=0.015
            ),
        },
        takes_effect=_TAKES_EFFECT,
        meaning="How hard an action pushes: the cart, Acrobot's joint (a torque), the car.",
        guidance=_GUIDANCE,
        equation="",
        source=_SOURCE,
    ),
    HyperparameterDefinition(
        name="wind_power",
        label="wind",
        symbol="",
        group="environment",
        kind="number",
        unit="",
        default=0.0,
        minimum=0.1,
        maximum=20.0,
        zero_label="no wind",
        live_class=LiveClass.LIVE_WITH_WARNING,
        environments=dict.fromkeys(
            _LUNAR_LANDERS,
            EnvironmentRange(
                default=0.0, minimum=0.1, maximum=20.0, arguments=("enable_wind", "wind_power")
            ),
        ),
        takes_effect=_TAKES_EFFECT,
        meaning="Gusts that push the lander sideways and, with the environment's own "
        "`turbulence_power`, turn it.",
        guidance=_GUIDANCE,
        equation=r"w\,\tanh(\sin(2kt) + \sin(\pi k t))",
        source=_SOURCE,
    ),
)
"""Parameters of environments."""
