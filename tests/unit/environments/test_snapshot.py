"""The look at every registered environment."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import gymnasium
import pytest

from fakes.probe_environments import register_probes
from matinee.contracts.environments import EnvironmentDescription, EnvironmentSnapshot
from matinee.environments.installation import fingerprint
from matinee.environments.plugins import load_all_plugins
from matinee.environments.snapshot import describe


@pytest.fixture(scope="module")
def snapshot() -> EnvironmentSnapshot:
    """Taken as the server takes it: by a child process, from its standard output."""
    child = subprocess.run(
        [sys.executable, "-m", "matinee.environments.snapshot"],
        capture_output=True,
        check=True,
        timeout=100,
    )
    return EnvironmentSnapshot.model_validate_json(child.stdout)


@pytest.fixture(scope="module")
def by_id(snapshot: EnvironmentSnapshot) -> dict[str, EnvironmentDescription]:
    """The environments by their ids."""
    return {each.id: each for each in snapshot.environments}


def test_it_holds_the_whole_registry_for_these_versions(snapshot: EnvironmentSnapshot) -> None:
    """Every id is there, also of what can't be built here; ALE's games once each."""
    ids = {each.id for each in snapshot.environments}
    load_all_plugins()

    assert ids >= {
        id_
        for id_, spec in gymnasium.registry.items()
        if ":" not in id_
        and not id_.startswith(("Probe/", "Fakes/"))
        and not str(spec.entry_point).startswith("ale_py.")
    }
    assert "ALE/Pong-v5" in ids
    assert "Pong-v4" not in ids
    assert snapshot.fingerprint == fingerprint()
    assert snapshot.interpreter.gymnasium == gymnasium.__version__


def test_cartpole_is_described(by_id: dict[str, EnvironmentDescription]) -> None:
    """Spaces, limit, threshold, native vector, constructor's arguments."""
    cartpole = by_id["CartPole-v1"]

    assert cartpole.installed
    assert cartpole.trainable
    assert cartpole.vectorized
    assert cartpole.curated
    assert (cartpole.reward_threshold, cartpole.max_episode_steps) == (475.0, 500)
    assert cartpole.observation is not None
    assert (cartpole.observation.kind, cartpole.observation.shape) == ("Box", [4])
    assert cartpole.action is not None
    assert (cartpole.action.kind, cartpole.action.size) == ("Discrete", 2)
    assert cartpole.kwargs == {"sutton_barto_reward": False, "max_episode_steps": 500}


def test_other_spaces_are_installed_but_not_trainable() -> None:
    """With the reason in words."""
    register_probes()
    speaker = describe(gymnasium.registry["Probe/Speaker-v0"])

    assert speaker.installed
    assert not speaker.trainable
    assert speaker.untrainable_reason == (
        "actions are Text; Discrete, MultiDiscrete, MultiBinary or Box is needed"
    )


def test_what_a_network_does_not_see_is_named(by_id: dict[str, EnvironmentDescription]) -> None:
    """MiniGrid's missions are texts."""
    minigrid = by_id["MiniGrid-Empty-5x5-v0"]

    assert minigrid.unseen == ["observations['mission'] (MissionSpace)"]
    assert by_id["CartPole-v1"].unseen == []


@pytest.mark.parametrize(
    ("id_", "observation", "action"),
    [
        ("Pendulum-v1", ("Box", [3], "vector"), ("Box", [1])),
        ("FrozenLake-v1", ("Discrete", [], "vector"), ("Discrete", [])),
        ("Blackjack-v1", ("Tuple", None, "vector"), ("Discrete", [])),
        ("LunarLander-v3", ("Box", [8], "vector"), ("Discrete", [])),
        ("LunarLanderContinuous-v3", ("Box", [8], "vector"), ("Box", [2])),
        ("CarRacing-v3", ("Box", [96, 96, 3], "image"), ("Box", [3])),
        ("InvertedPendulum-v5", ("Box", [4], "vector"), ("Box", [1])),
        ("MiniGrid-Empty-5x5-v0", ("Dict", None, "vector"), ("Discrete", [])),
        ("ALE/Pong-v5", ("Box", [4, 84, 84], "image"), ("Discrete", None)),
    ],
)
def test_every_kind_of_space_is_described(
    by_id: dict[str, EnvironmentDescription],
    id_: str,
    observation: tuple[str, list[int] | None, str],
    action: tuple[str, list[int] | None],
) -> None:
    """Its kind and shape, what a network gets of it, and that it can be trained on."""
    found = by_id[id_]

    assert found.trainable, found.untrainable_reason
    assert found.observation is not None
    assert found.action is not None
    assert (found.observation.kind, found.observation.shape, found.seen_as) == observation
    assert (found.action.kind, found.action.shape) == action


def test_what_is_missing_says_what_to_install(by_id: dict[str, EnvironmentDescription]) -> None:
    """JAX is no dependency of ours, so its environments can't be built."""
    if importlib.util.find_spec("jax") is not None:
        pytest.skip("JAX is installed here")
    missing = by_id["phys2d/CartPole-v1"]

    assert not missing.installed
    assert missing.install_hint == 'pip install "gymnasium[jax]"'


def test_an_environment_that_breaks_is_described_all_the_same() -> None:
    """Whatever a plug-in raises becomes its reason."""

    def broken(**kwargs: object) -> gymnasium.Env[object, object]:
        raise RuntimeError(f"no display for {kwargs}")

    spec = gymnasium.envs.registration.EnvSpec(id="Broken-v0", entry_point=broken)
    gymnasium.registry["Broken-v0"] = spec
    try:
        description = describe(spec)
    finally:
        del gymnasium.registry["Broken-v0"]

    assert not description.installed
    assert "no display" in (description.untrainable_reason or "")
