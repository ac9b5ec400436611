"""Which environments are built, how, and what is said when they can't be."""

from __future__ import annotations

import importlib.util

import pytest
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
from pydantic import JsonValue

from fakes.gymnasium_cartpole import GYMNASIUM_CARTPOLE, register_gymnasium_cartpole
from fakes.probe_environments import OPEN, Speaker, register_probes
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.atari import AtariVector
from matinee.environments.factory import (
    NATIVE_VECTOR_MINIMUM,
    build_single,
    build_vector,
    registered_spec,
    reward_threshold,
)
from matinee.environments.gymnasium_vector import NativeVector
from matinee.environments.loop_vector import LoopVector
from matinee.environments.native.acrobot import AcrobotVector
from matinee.environments.native.cartpole import CartPoleVector
from matinee.errors import EnvironmentBuildError


@pytest.mark.parametrize(
    ("id_", "count", "kind"),
    [
        (GYMNASIUM_CARTPOLE, NATIVE_VECTOR_MINIMUM, NativeVector),
        ("CartPole-v1", NATIVE_VECTOR_MINIMUM, CartPoleVector),
        ("CartPole-v1", NATIVE_VECTOR_MINIMUM - 1, LoopVector),
        ("Acrobot-v1", NATIVE_VECTOR_MINIMUM, AcrobotVector),
        ("Acrobot-v1", 1, LoopVector),
        ("LunarLander-v3", 64, LoopVector),
        ("ALE/Pong-v5", 1, AtariVector),
    ],
)
def test_native_vectors_are_used_where_they_pay(id_: str, count: int, kind: type) -> None:
    """Ours, gymnasium's or ALE's, from the size at which they are faster."""
    register_gymnasium_cartpole()
    vector = build_vector(EnvironmentSpec(id=id_), count)

    assert isinstance(vector, kind)
    assert vector.count == count
    vector.close()


def test_arguments_that_a_native_vector_lacks_are_not_lost() -> None:
    """Then single environments are built, and they refuse what they don't know."""
    spec = EnvironmentSpec(id="CartPole-v1", kwargs={"no_such_argument": 1})

    with pytest.raises(EnvironmentBuildError, match="no_such_argument"):
        build_vector(spec, 64)


def test_an_unknown_id_is_refused_without_an_import() -> None:
    """Also one that only gymnasium's fuzzy search would find."""
    with pytest.raises(EnvironmentBuildError, match="no environment 'CartPole'"):
        registered_spec("CartPole")


@pytest.mark.parametrize("name", ["render_mode", "num_envs", "disable_env_checker", "wrappers"])
def test_what_training_decides_cannot_be_set(name: str) -> None:
    """Arguments of gymnasium.make itself."""
    with pytest.raises(EnvironmentBuildError, match=name):
        build_single(EnvironmentSpec(id="CartPole-v1", kwargs={name: 1}))


@pytest.mark.parametrize("limit", [0, -1, True, None, "9", 1.5])
def test_a_step_limit_is_a_positive_integer(limit: JsonValue) -> None:
    """-1 would switch the limit off in gymnasium, and None mean two things."""
    with pytest.raises(EnvironmentBuildError, match="positive integer"):
        build_vector(EnvironmentSpec(id="CartPole-v1", kwargs={"max_episode_steps": limit}), 8)


def test_a_missing_package_is_named_with_the_command() -> None:
    """So that a person knows what to type. JAX is no dependency of ours."""
    if importlib.util.find_spec("jax") is not None:
        pytest.skip("JAX is installed here")
    with pytest.raises(EnvironmentBuildError, match=r"gymnasium\[jax\]"):
        build_single(EnvironmentSpec(id="phys2d/CartPole-v1"))


def test_thresholds_are_the_registrys() -> None:
    """What counts as solved where a spec has no target."""
    assert reward_threshold("CartPole-v1") == 475.0
    assert reward_threshold("Pendulum-v1") is None


def test_a_build_that_fails_leaves_nothing_open() -> None:
    """Where the third environment can't be built, the two before it are closed."""
    register_probes()
    with pytest.raises(EnvironmentBuildError, match="no third one"):
        build_vector(EnvironmentSpec(id="Probe/Brittle-v0"), 4)

    assert OPEN == []


def test_what_nothing_can_train_on_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal comes when the vector has been built: single environments and native ones."""

    def refuse(vector: object) -> None:
        raise EnvironmentBuildError(f"not this one: {vector}")

    def close(self: object) -> None:
        closed.append(self)

    register_probes()
    closed: list[object] = []
    monkeypatch.setattr(Speaker, "close", close)
    with pytest.raises(EnvironmentBuildError, match="actions are Text"):
        build_vector(EnvironmentSpec(id="Probe/Speaker-v0"), 3)
    assert len(closed) == 3

    monkeypatch.setattr(CartPoleVectorEnv, "close", close)
    monkeypatch.setattr("matinee.environments.factory.NativeVector", refuse)
    register_gymnasium_cartpole()
    with pytest.raises(EnvironmentBuildError, match="not this one"):
        build_vector(EnvironmentSpec(id=GYMNASIUM_CARTPOLE), NATIVE_VECTOR_MINIMUM)
    assert len(closed) == 4
