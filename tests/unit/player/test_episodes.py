"""Whole episodes on request."""

from __future__ import annotations

from pathlib import Path

from fakes.played_runs import checkpoint_at
from matinee.contracts.playing import Evaluate, PlayEpisode, PolicySource
from matinee.player.episodes import evaluate, play_episode


def test_an_evaluation_is_its_episodes(tmp_path: Path) -> None:
    """As many as asked for, each with its length; CartPole pays 1 a step."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one", env_steps=8)))

    told = evaluate(Evaluate(source=source, episodes=3, deterministic=False, seed=1))

    assert told.env_step == 8
    assert len(told.returns) == 3
    assert told.returns == [float(length) for length in told.lengths]


def test_an_episode_is_told_step_by_step(tmp_path: Path) -> None:
    """It is the first of the evaluation with the same seed."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))

    whole = play_episode(PlayEpisode(source=source, deterministic=True, seed=4, max_steps=2000))
    tested = evaluate(Evaluate(source=source, episodes=1, deterministic=True, seed=4))

    assert [float(len(whole.steps))] == tested.returns
    assert whole.steps[-1].terminated
    assert (whole.last_value, whole.cut) == (None, False)


def test_a_cut_episode_says_what_was_still_expected(tmp_path: Path) -> None:
    """V of where it stands: a truncated return is completed by it."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    order = PlayEpisode(source=source, deterministic=True, seed=4, max_steps=3)

    cut = play_episode(order)
    longer = play_episode(order.model_copy(update={"max_steps": 4}))

    assert (len(cut.steps), cut.cut) == (3, True)
    assert cut.last_value == longer.steps[3].value
