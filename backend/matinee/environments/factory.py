"""Builds environments from a spec: a native vector where that is faster, single ones else.

Native are, in this order: ALE's for Atari, our own for classic control, Gymnasium's own ones.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import gymnasium
from gymnasium.envs.registration import EnvSpec, VectorizeMode, load_env_creator
from gymnasium.vector import AutoresetMode

from matinee.contracts.agent_interface import AgentInterface
from matinee.contracts.environment_parameters import own_parameters
from matinee.contracts.policy_file import MakingFile, SpaceCoding
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.atari import (
    ATARI_KWARGS,
    build_atari,
    frame_skip,
    is_atari,
    vector_arguments,
)
from matinee.environments.gymnasium_vector import NativeVector
from matinee.environments.installation import (
    install_hint,
    missing_plugin_hint,
    packages_elsewhere,
    plugin_of,
)
from matinee.environments.interface import translation
from matinee.environments.loop_vector import LoopVector
from matinee.environments.minigrid_cells import with_true_bounds
from matinee.environments.mujoco_warnings import redirect_mujoco_warnings
from matinee.environments.native import OWN_VECTORS
from matinee.environments.plugins import load_plugin_of
from matinee.environments.vector import EnvironmentVector
from matinee.errors import BuildGivenUpError, EnvironmentBuildError

NATIVE_VECTOR_MINIMUM = 8
"""A step of a vector of CartPoles costs as much whatever its size, and as much as several single
ones: 28 to 40 µs against 7 to 12. With the others it is much the same."""

RESERVED_KWARGS = frozenset(
    {
        "additional_wrappers",
        "apply_api_compatibility",
        "disable_env_checker",
        "id",
        "num_envs",
        "render_mode",
        "vector_kwargs",
        "vectorization_mode",
        "wrappers",
    }
)
"""Arguments of `gymnasium.make` itself: training decides them, not the spec."""

_build_lock = threading.Lock()
"""Guards the building of environments: Gymnasium's loading of modules and some simulators'
constructors are not made for several threads. Held while foreign code runs, which may hang, so
that nobody waits for it without end."""

BUILD_PATIENCE_S = 300.0
"""Whoever does not know when to give up waits no longer than this for others to build theirs."""

_WAIT_SLICE_S = 0.05
"""Between two looks whether to go on waiting."""


def registered_spec(environment_id: str) -> EnvSpec:
    """The registry's entry, without importing any module that the id might name.

    Raises:
        EnvironmentBuildError: if there is none, with what to install, where that is known.
    """
    if environment_id not in gymnasium.registry:
        load_plugin_of(environment_id)
    spec = gymnasium.registry.get(environment_id)
    if spec is None:
        hint = missing_plugin_hint(environment_id)
        advice = f"; to install what it needs: {hint}" if hint else ""
        raise EnvironmentBuildError(f"there is no environment {environment_id!r} here{advice}")
    return spec


def reward_threshold(environment_id: str) -> float | None:
    """Mean return of 100 episodes that counts as solved, where the registry has one."""
    return registered_spec(environment_id).reward_threshold


def frames_per_step(environment: EnvironmentSpec) -> int:
    """Frames that an env step takes: the frame skip of Atari's games, else 1."""
    spec = registered_spec(environment.id)
    return frame_skip(spec, environment.kwargs) if is_atari(spec) else 1


def made_elsewhere(environment: EnvironmentSpec) -> MakingFile:
    """How it is made where there is no Matinee, for who plays a policy in it."""
    spec = registered_spec(environment.id)
    plugin = plugin_of(environment.id)
    return MakingFile(
        packages=packages_elsewhere(spec.entry_point),
        module=plugin.package if plugin is not None else None,
        atari=vector_arguments(spec, environment.kwargs, evaluation=True)
        if is_atari(spec)
        else None,
    )


def build_single(
    environment: EnvironmentSpec, *, render_mode: str | None = None
) -> gymnasium.Env[Any, Any]:
    """One environment, as Gymnasium makes it.

    Args:
        environment: Which.
        render_mode: How it shows itself; None: not at all.

    Raises:
        EnvironmentBuildError: with what to install, where that is known.
    """
    spec = registered_spec(environment.id)
    _check_kwargs(environment.kwargs)
    shown = {} if render_mode is None else {"render_mode": render_mode}
    with _building():
        return _build(spec, {**environment.kwargs, **shown})


class Look(NamedTuple):
    """What is seen of an environment.

    Attributes:
        interface: How a learner sees it.
        coding: How that comes about, for who plays a policy elsewhere; None: a game of the ALE,
            which prepares it.
    """

    interface: AgentInterface
    coding: SpaceCoding | None


def look_at(environment: EnvironmentSpec) -> Look:
    """How a learner sees the environment: built once, looked at, closed.

    Raises:
        EnvironmentBuildError: with what to install, where that is known; or because nothing here
            can train on the environment's spaces.
    """
    if is_atari(registered_spec(environment.id)):
        vector = build_vector(environment, 1)
        vector.close()
        return Look(vector.interface, None)
    single = build_single(environment)
    try:
        between = translation(single.observation_space, single.action_space)
        return Look(between.interface, between.coding)
    finally:
        single.close()


def build_vector(
    environment: EnvironmentSpec,
    count: int,
    *,
    evaluation: bool = False,
    gives_up: Callable[[], bool] | None = None,
    parameters: Mapping[str, float] | None = None,
) -> EnvironmentVector:
    """`count` environments stepped together.

    Args:
        environment: Which.
        count: N.
        evaluation: For test episodes: what only helps learning is left out.
        gives_up: Asked while other threads build theirs: whether there is no more point in it.
        parameters: Of their physics, by the names of the catalogue; None: their own.

    Raises:
        BuildGivenUpError: if there was none any more.
        EnvironmentBuildError: with what to install, where that is known; or because nothing here
            can train on the environment's spaces.
    """
    spec, kwargs = registered_spec(environment.id), environment.kwargs
    _check_kwargs(kwargs)
    vector = _build_vector(spec, count, kwargs, evaluation=evaluation, gives_up=gives_up)
    # Those that nobody has changed are left alone, and as fast as before.
    if parameters and parameters != own_parameters(environment.choice):
        vector.set_parameters(parameters)
    return vector


def _build_vector(
    spec: EnvSpec,
    count: int,
    kwargs: Mapping[str, Any],
    *,
    evaluation: bool,
    gives_up: Callable[[], bool] | None,
) -> EnvironmentVector:
    with _building(gives_up):
        if is_atari(spec):
            return _build_atari(spec, count, kwargs, evaluation=evaluation)
        if count >= NATIVE_VECTOR_MINIMUM and has_native_vector(spec, kwargs):
            own = OWN_VECTORS.get(spec.entry_point)
            if own is not None:
                return own(count, **{"max_episode_steps": spec.max_episode_steps, **kwargs})
            return _native_vector(_build_native(spec, count, kwargs))
        return _loop_vector(spec, count, kwargs)


@contextmanager
def _building(gives_up: Callable[[], bool] | None = None) -> Iterator[None]:
    """While environments are built, by one thread at a time."""
    deadline_s = time.monotonic() + BUILD_PATIENCE_S
    while not _build_lock.acquire(timeout=_WAIT_SLICE_S):
        if time.monotonic() > deadline_s if gives_up is None else gives_up():
            raise BuildGivenUpError("another thread was still building environments")
    try:
        yield
    finally:
        _build_lock.release()


def _check_kwargs(kwargs: Mapping[str, Any]) -> None:
    reserved = sorted(RESERVED_KWARGS & kwargs.keys())
    if reserved:
        raise EnvironmentBuildError(
            f"environment argument(s) {', '.join(reserved)} can't be set: training decides them"
        )
    limit = kwargs.get("max_episode_steps", 1)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise EnvironmentBuildError(
            f"max_episode_steps must be a positive integer, not {limit!r}; leave it out for the "
            "environment's own limit"
        )


def has_native_vector(spec: EnvSpec, kwargs: Mapping[str, Any]) -> bool:
    """Whether the environment can be stepped as a native vector, built with these arguments."""
    if spec.additional_wrappers:
        return False
    if is_atari(spec):
        return True
    own = OWN_VECTORS.get(spec.entry_point)
    if own is not None:
        # Arguments that the registry gives, and that nobody thought of here, must not be lost.
        return not spec.kwargs and kwargs.keys() <= _parameters(own) - {"count"}
    if spec.vector_entry_point is None:
        return False
    creator: Any = spec.vector_entry_point
    if isinstance(creator, str):
        try:
            creator = load_env_creator(creator)
        except ImportError:
            return False  # Building a single one fails likewise, and says what to install.
    mode = getattr(creator, "metadata", {}).get("autoreset_mode")
    return isinstance(mode, AutoresetMode) and kwargs.keys() <= _parameters(creator)


def is_stepped_in_numpy(environment: EnvironmentSpec, count: int) -> bool:
    """Whether `count` environments are stepped in arrays, without a simulator in C."""
    spec = registered_spec(environment.id)
    if count < NATIVE_VECTOR_MINIMUM or is_atari(spec):
        return False
    if not has_native_vector(spec, environment.kwargs):
        return False
    creator = spec.vector_entry_point
    is_gymnasiums = isinstance(creator, str) and creator.startswith("gymnasium.envs.classic")
    return spec.entry_point in OWN_VECTORS or is_gymnasiums


def _parameters(creator: Any) -> set[str]:
    return set(inspect.signature(creator).parameters)


def _build_atari(
    spec: EnvSpec, count: int, kwargs: Mapping[str, Any], *, evaluation: bool
) -> EnvironmentVector:
    unknown = sorted(kwargs.keys() - ATARI_KWARGS.keys())
    if unknown:
        raise EnvironmentBuildError(
            f"{spec.id} has no argument {', '.join(unknown)}; allowed: {', '.join(ATARI_KWARGS)}"
        )
    try:
        return build_atari(spec, count, kwargs, evaluation=evaluation)
    except Exception as error:
        raise _build_error(spec, error) from error


def _native_vector(vector: gymnasium.vector.VectorEnv[Any, Any, Any]) -> NativeVector:
    """What a learner sees of it; where nothing can train on it, it is closed."""
    with ExitStack() as undo:
        undo.callback(vector.close)
        native = NativeVector(vector)
        undo.pop_all()
    return native


def _loop_vector(spec: EnvSpec, count: int, kwargs: Mapping[str, Any]) -> LoopVector:
    """All or none: where one can't be built, those before it are closed."""
    with ExitStack() as undo:
        singles: list[gymnasium.Env[Any, Any]] = []
        for _ in range(count):
            singles.append(_build(spec, kwargs))
            undo.callback(singles[-1].close)
        vector = LoopVector(singles)
        undo.pop_all()
    return vector


def _build_native(
    spec: EnvSpec, count: int, kwargs: Mapping[str, Any]
) -> gymnasium.vector.VectorEnv[Any, Any, Any]:
    try:
        return gymnasium.make_vec(
            spec,
            num_envs=count,
            vectorization_mode=VectorizeMode.VECTOR_ENTRY_POINT,
            **kwargs,
        )
    except Exception as error:
        raise _build_error(spec, error) from error


def _build(spec: EnvSpec, kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    try:
        redirect_mujoco_warnings(spec)
        single = gymnasium.make(spec, disable_env_checker=True, **kwargs)
        return with_true_bounds(single) if _is_minigrid(spec) else single
    except Exception as error:
        raise _build_error(spec, error) from error


def _is_minigrid(spec: EnvSpec) -> bool:
    return isinstance(spec.entry_point, str) and spec.entry_point.startswith("minigrid.")


def _build_error(spec: EnvSpec, error: Exception) -> EnvironmentBuildError:
    needs_install = isinstance(error, ImportError | gymnasium.error.DependencyNotInstalled)
    hint = install_hint(spec.entry_point) if needs_install else None
    advice = f"; to install what it needs: {hint}" if hint else ""
    return EnvironmentBuildError(
        f"{spec.id} can't be built: {type(error).__name__}: {error}{advice}"
    )
