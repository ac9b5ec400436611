"""A policy in an environment, step by step."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.played_runs import checkpoint_at
from matinee.contracts.playing import PolicySource
from matinee.player import stage as module
from matinee.player.scene import open_scene
from matinee.player.stage import Stage
from matinee.player.weights import PlayedPolicy, read_policy


def played(folder: Path, environment_id: str = "CartPole-v1", **options: object) -> PlayedPolicy:
    """A policy from disk."""
    checkpoint_at(folder, environment_id, **options)  # type: ignore[arg-type]
    return read_policy(PolicySource(checkpoint=str(folder)))


def set_up(policy: PlayedPolicy, *, deterministic: bool = True, seed: int = 1) -> Stage:
    """On stage."""
    scene = open_scene(policy.about, is_seen=False)
    return Stage(scene, policy, deterministic=deterministic, seed=seed)


def test_each_step_tells_what_the_network_said(tmp_path: Path) -> None:
    """Probabilities add up to 1, and the greedy action is the most probable one."""
    stage = set_up(played(tmp_path / "one"))
    stage.begin()
    while not stage.is_over:
        step = stage.step()
        assert step.probabilities is not None
        assert sum(step.probabilities) == pytest.approx(1.0)
        assert step.action == int(np.argmax(step.probabilities))
        assert np.isfinite(step.value)

    assert (stage.episode, stage.total) == (1, float(stage.length))
    assert step.terminated


def test_numbers_are_told_in_the_environments_units(tmp_path: Path) -> None:
    """Pendulum's torque goes to 2 either way: the mean is the greedy action before its bounds."""
    stage = set_up(played(tmp_path / "one", "Pendulum-v1"))
    stage.begin()

    step = stage.step()

    assert step.probabilities is None
    assert step.mean is not None
    assert step.deviation is not None
    assert step.action == pytest.approx(np.clip(step.mean, -2.0, 2.0))
    assert all(deviation > 0 for deviation in step.deviation)


@pytest.mark.parametrize("deterministic", [True, False])
def test_the_same_seed_plays_the_same(tmp_path: Path, deterministic: bool) -> None:
    """Two episodes of each, step by step; another seed plays another one."""
    policy = played(tmp_path / "one")

    def play(seed: int) -> list[float]:
        stage = set_up(policy, deterministic=deterministic, seed=seed)
        values = []
        for _ in range(2):
            stage.begin()
            while not stage.is_over:
                values.append(stage.step().value)
        return values

    assert play(3) == play(3)
    assert play(3) != play(4)


def test_new_weights_go_on_where_the_old_ones_were(tmp_path: Path) -> None:
    """Amid an episode, from the next thought on, and what a network remembers is not lost."""
    first = played(tmp_path / "one", lstm_units=4)
    second = played(tmp_path / "two", lstm_units=4, seed=9, env_steps=7)
    twin = read_policy(PolicySource(checkpoint=str(tmp_path / "two")))
    stage = set_up(first)
    stage.begin()
    stage.step()
    remembered = {name: h.copy() for name, (h, _) in first.policy._memory.items()}
    twin.policy.go_on_from(first.policy)
    thought = stage.thought
    assert thought is not None

    stage.take(second)

    assert (stage.newest, stage.played) == (second, first)
    assert stage.thought is thought
    step = stage.step()
    assert step.value == thought.value
    assert stage.played.env_step == 7
    assert stage.length == 2
    assert np.any(remembered["trunk"])
    assert stage.thought.value == twin.policy.look(stage._observation)[1]
    np.testing.assert_array_equal(
        second.policy._memory["trunk"][0], twin.policy._memory["trunk"][0]
    )
    stage.step()


def noting(policy: PlayedPolicy, asked: list[PlayedPolicy]) -> Callable[..., Any]:
    """Its `choose`, which says that it was asked."""
    choose = policy.policy.choose

    def chosen(*given: Any) -> Any:
        asked.append(policy)
        return choose(*given)

    return chosen


def test_who_thought_of_a_step_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean is drawn around with the deviations that were shown with it, and not with newer ones.

    At the beginning of an episode newer weights play at once: nothing has been thought yet.
    """
    about = played(tmp_path / "one", "Pendulum-v1")
    first, second, third = (
        dataclasses.replace(about, policy=copy.deepcopy(about.policy)) for _ in range(3)
    )
    asked: list[PlayedPolicy] = []
    for each in (first, second, third):
        monkeypatch.setattr(each.policy, "choose", noting(each, asked))
    stage = set_up(first, deterministic=False)
    stage.begin()
    stage.take(second)
    stage.step()
    stage.step()
    stage.take(third)
    stage.begin()
    stage.step()

    assert [id(each) for each in asked] == [id(first), id(second), id(third)]


def test_an_endless_episode_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As truncated, where the environment knows no limit of its own."""
    monkeypatch.setattr(module, "LONGEST_EPISODE_STEPS", 2)
    stage = set_up(played(tmp_path / "one"))
    stage.begin()

    ends = [stage.step().truncated, stage.step().truncated]

    assert ends == [False, True]
    assert stage.is_over
