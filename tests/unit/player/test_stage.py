"""A policy in an environment, step by step."""

from __future__ import annotations

from pathlib import Path

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
    """Amid an episode, and what a network remembers is not lost."""
    first = played(tmp_path / "one", lstm_units=4)
    second = played(tmp_path / "two", lstm_units=4, seed=9, env_steps=7)
    stage = set_up(first)
    stage.begin()
    stage.step()
    remembered = {name: h.copy() for name, (h, _) in first.policy._memory.items()}

    stage.take(second)

    assert stage.played.env_step == 7
    assert stage.length == 1
    assert np.any(remembered["trunk"])
    np.testing.assert_array_equal(second.policy._memory["trunk"][0], remembered["trunk"])
    stage.step()


def test_an_endless_episode_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As truncated, where the environment knows no limit of its own."""
    monkeypatch.setattr(module, "LONGEST_EPISODE_STEPS", 2)
    stage = set_up(played(tmp_path / "one"))
    stage.begin()

    ends = [stage.step().truncated, stage.step().truncated]

    assert ends == [False, True]
    assert stage.is_over
