"""Changes parameters of single environments: of those of gymnasium that keep them as attributes.

Which parameters an environment has, and within which bounds, is said by the catalogue. Here is only
what each of them is called inside, and what else follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import gymnasium


def set_physics(environment: gymnasium.Env[Any, Any], parameters: Mapping[str, float]) -> None:
    """Give an environment other parameters; to be called right before a reset.

    Args:
        environment: Perhaps in wrappers.
        parameters: By their names in the catalogue.

    Raises:
        KeyError: if the environment is not of a kind whose inside is known here.
    """
    if not parameters:
        return
    inner: Any = environment.unwrapped
    kinds = [f"{kind.__module__}:{kind.__qualname__}" for kind in type(inner).__mro__]
    change = next((_CHANGES[kind] for kind in kinds if kind in _CHANGES), None)
    if change is None:
        raise KeyError(f"{kinds[0]} has no parameters that are known here")
    for name, value in parameters.items():
        change(inner, name, value)


def _change_cart_pole(pole: Any, name: str, value: float) -> None:
    attributes = {
        "gravity": "gravity", "pole_length": "length", "pole_mass": "masspole", "force": "force_mag"
    }  # fmt: skip
    setattr(pole, attributes[name], value)
    pole.total_mass = pole.masspole + pole.masscart
    pole.polemass_length = pole.masspole * pole.length


def _change_pendulum(pendulum: Any, name: str, value: float) -> None:
    setattr(pendulum, {"gravity": "g", "pole_length": "l", "pole_mass": "m"}[name], value)


def _change_acrobot(acrobot: Any, name: str, value: float) -> None:
    if name == "force":
        acrobot.AVAIL_TORQUE = [-value, 0.0, value]
    else:
        setattr(acrobot, {"pole_mass": "LINK_MASS_2"}[name], value)


def _change_mountain_car(car: Any, name: str, value: float) -> None:
    setattr(car, {"gravity": "gravity", "force": "force"}[name], value)


def _change_continuous_mountain_car(car: Any, name: str, value: float) -> None:
    setattr(car, {"force": "power"}[name], value)


def _change_lunar_lander(lander: Any, name: str, value: float) -> None:
    if name == "gravity":
        lander.gravity = -value
    else:
        setattr(lander, {"wind_power": "wind_power"}[name], value)
        lander.enable_wind = value > 0.0


_CLASSIC = "gymnasium.envs.classic_control"

_CHANGES: Mapping[str, Callable[[Any, str, float], None]] = MappingProxyType(
    {
        f"{_CLASSIC}.cartpole:CartPoleEnv": _change_cart_pole,
        f"{_CLASSIC}.pendulum:PendulumEnv": _change_pendulum,
        f"{_CLASSIC}.acrobot:AcrobotEnv": _change_acrobot,
        f"{_CLASSIC}.mountain_car:MountainCarEnv": _change_mountain_car,
        f"{_CLASSIC}.continuous_mountain_car:Continuous_MountainCarEnv": (
            _change_continuous_mountain_car
        ),
        # By name: the class can be imported only where Box2D is installed.
        "gymnasium.envs.box2d.lunar_lander:LunarLander": _change_lunar_lander,
    }
)
