"""A look at every registered environment, taken in a process of its own.

    python -m matinee.environments.snapshot

prints an `EnvironmentSnapshot` as JSON, and nothing else, on standard output. The server keeps it
until `matinee.environments.installation.fingerprint` changes.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Literal

import gymnasium
import numpy as np
import torch
from gymnasium.envs.registration import EnvSpec
from pydantic import JsonValue

from matinee.contracts.agent_interface import (
    AgentInterface,
    CategoricalActions,
    GaussianActions,
)
from matinee.contracts.environments import (
    EnvironmentDescription,
    EnvironmentSnapshot,
    RunInterpreter,
    SpaceDescription,
)
from matinee.contracts.run_spec import EnvironmentSpec
from matinee.environments.atari import ATARI_KWARGS, is_atari
from matinee.environments.curated import CURATED_ENVIRONMENTS
from matinee.environments.factory import RESERVED_KWARGS, build_single, has_native_vector
from matinee.environments.installation import (
    fingerprint,
    install_hint,
    missing_plugin_hint,
    plugin_of,
)
from matinee.environments.interface import agent_interface, untrainable_reason
from matinee.environments.observations import observation_encoder, unseen_parts
from matinee.environments.plugins import load_all_plugins
from matinee.errors import EnvironmentBuildError

_ATARI_ACTIONS = 18
"""At most; a game without building it does not say how many it uses."""


def take_snapshot() -> EnvironmentSnapshot:
    """Build every registered environment once and describe what came of it."""
    broken = load_all_plugins()
    found = [
        describe(spec)
        for id_, spec in sorted(gymnasium.registry.items())
        if ":" not in id_ and not _is_superseded(spec)
    ]
    known = {each.id for each in found}
    missing = [describe_missing(id_, broken) for id_ in CURATED_ENVIRONMENTS if id_ not in known]
    return EnvironmentSnapshot(
        fingerprint=fingerprint(),
        interpreter=_interpreter(),
        environments=sorted(found + missing, key=lambda each: each.id),
    )


def describe_missing(environment_id: str, broken: Mapping[str, str]) -> EnvironmentDescription:
    """A curated environment that no installed package registers.

    Args:
        environment_id: Its id.
        broken: Why packages can't be imported, by name.
    """
    plugin = plugin_of(environment_id)
    reason = broken.get(plugin.package) if plugin is not None else None
    return EnvironmentDescription(
        id=environment_id,
        installed=False,
        install_hint=missing_plugin_hint(environment_id),
        trainable=False,
        untrainable_reason=reason or "no installed package has it",
        vectorized=False,
        summary=CURATED_ENVIRONMENTS[environment_id],
        curated=True,
    )


def describe(spec: EnvSpec) -> EnvironmentDescription:
    """One environment; a failure to build it becomes part of the description."""
    if is_atari(spec):
        return _describe_atari(spec)
    kwargs = _constructor_kwargs(spec)
    summary = CURATED_ENVIRONMENTS.get(spec.id)
    try:
        environment = build_single(EnvironmentSpec(id=spec.id))
    except (EnvironmentBuildError, ValueError) as error:
        return EnvironmentDescription(
            id=spec.id,
            installed=False,
            install_hint=install_hint(spec.entry_point),
            trainable=False,
            untrainable_reason=_first_line(error),
            reward_threshold=spec.reward_threshold,
            max_episode_steps=spec.max_episode_steps,
            vectorized=False,
            kwargs=kwargs,
            summary=summary,
            curated=summary is not None,
        )
    try:
        reason = untrainable_reason(environment.observation_space, environment.action_space)
        interface = (
            None
            if reason
            else agent_interface(environment.observation_space, environment.action_space)
        )
        return EnvironmentDescription(
            id=spec.id,
            installed=True,
            trainable=reason is None,
            untrainable_reason=reason,
            observation=_space(environment.observation_space),
            action=_space(environment.action_space),
            seen_as=None if reason else _seen_as(environment.observation_space),
            **_network_ends(interface),
            unseen=list(unseen_parts(environment.observation_space)),
            reward_threshold=spec.reward_threshold,
            max_episode_steps=spec.max_episode_steps,
            vectorized=has_native_vector(spec, {}),
            kwargs=kwargs,
            summary=summary,
            curated=summary is not None,
        )
    finally:
        environment.close()


def _describe_atari(spec: EnvSpec) -> EnvironmentDescription:
    """A game, without building it: loading a ROM takes a third of a second, and there are 104."""
    summary = CURATED_ENVIRONMENTS.get(spec.id)
    return EnvironmentDescription(
        id=spec.id,
        installed=True,
        trainable=True,
        observation=SpaceDescription(
            kind="Box", shape=[4, 84, 84], text="Box(0, 255, (4, 84, 84), uint8)"
        ),
        action=SpaceDescription(
            kind="Discrete", text="Discrete: the buttons that the game uses, 18 at most"
        ),
        seen_as="image",
        network_input=[4, 84, 84],
        policy_outputs=_ATARI_ACTIONS,
        reward_threshold=spec.reward_threshold,
        max_episode_steps=spec.max_episode_steps,
        vectorized=True,
        kwargs={
            name: _as_json(spec.kwargs.get(name, value)) for name, value in ATARI_KWARGS.items()
        },
        summary=summary,
        curated=summary is not None,
    )


def _is_superseded(spec: EnvSpec) -> bool:
    """ALE's games under their old names: without preprocessing, and there twice already."""
    entry_point = spec.entry_point
    return (
        isinstance(entry_point, str)
        and entry_point.startswith("ale_py.")
        and not spec.id.startswith("ALE/")
    )


def _space(space: gymnasium.Space[Any]) -> SpaceDescription:
    discrete = isinstance(space, gymnasium.spaces.Discrete)
    return SpaceDescription(
        kind=type(space).__name__,
        shape=None if space.shape is None else [int(size) for size in space.shape],
        size=int(space.n) if isinstance(space, gymnasium.spaces.Discrete) else None,
        text=str(space) if discrete else " ".join(str(space).split()),
    )


def _seen_as(space: gymnasium.Space[Any]) -> Literal["vector", "image"]:
    return "vector" if len(observation_encoder(space).shape) == 1 else "image"


def _network_ends(interface: AgentInterface | None) -> dict[str, Any]:
    """What a network gets and gives, for reckoning how large it will be."""
    match interface:
        case None:
            return {}
        case AgentInterface(actions=CategoricalActions(branches=branches)):
            outputs, is_continuous = sum(branches), False
        case AgentInterface(actions=GaussianActions(dimension=dimension)):
            outputs, is_continuous = dimension, True
    return {
        "network_input": list(interface.observation_shape),
        "policy_outputs": outputs,
        "continuous_actions": is_continuous,
    }


def _constructor_kwargs(spec: EnvSpec) -> dict[str, JsonValue]:
    """Names and defaults of what the constructor takes, as far as they are JSON."""
    parameters = _parameters(spec.entry_point)
    kwargs: dict[str, JsonValue] = {
        name: _as_json(parameter.default)
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and name not in RESERVED_KWARGS
        and name != "self"
    }
    if spec.max_episode_steps is not None:
        kwargs["max_episode_steps"] = spec.max_episode_steps
    kwargs.update({k: _as_json(v) for k, v in spec.kwargs.items() if k not in RESERVED_KWARGS})
    return kwargs


def _parameters(entry_point: object) -> Mapping[str, inspect.Parameter]:
    """The constructor's parameters; none where the class can't be imported here."""
    creator = entry_point
    if isinstance(entry_point, str):
        module, _, attribute = entry_point.partition(":")
        try:
            creator = getattr(importlib.import_module(module), attribute)
        except Exception:  # noqa: BLE001 -- a broken plug-in is described, not fatal
            return {}
    return inspect.signature(creator).parameters if callable(creator) else {}


def _as_json(value: object) -> JsonValue:
    """The value as JSON data; null where it has no JSON form."""
    try:
        document: JsonValue = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return None
    return document


def _interpreter() -> RunInterpreter:
    build: Literal["cpu", "cuda", "other"] = "cpu"
    if torch.version.cuda is not None:
        build = "cuda"
    elif torch.version.hip is not None:
        build = "other"
    is_gil_enabled = getattr(sys, "_is_gil_enabled", None)
    return RunInterpreter(
        python=platform.python_version(),
        torch=torch.__version__,
        gymnasium=gymnasium.__version__,
        numpy=np.__version__,
        gil_enabled=True if is_gil_enabled is None else is_gil_enabled(),
        build=build,
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:500]


@contextmanager
def _standard_output_kept_clean() -> Iterator[BinaryIO]:
    """The real standard output; what imported code prints meanwhile goes to standard error."""
    with os.fdopen(os.dup(1), "wb") as real:
        os.dup2(2, 1)
        try:
            yield real
        finally:
            sys.stdout.flush()
            os.dup2(real.fileno(), 1)


def main() -> None:
    """Print the snapshot."""
    with _standard_output_kept_clean() as output:
        output.write(take_snapshot().model_dump_json().encode())


if __name__ == "__main__":
    main()
