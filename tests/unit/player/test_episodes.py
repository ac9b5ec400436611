"""Whole episodes on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.played_runs import checkpoint_at
from matinee.contracts.playing import (
    PLAYER_ANSWER_ADAPTER,
    EpisodePart,
    Evaluate,
    PlayedEpisode,
    PlayEpisode,
    PolicySource,
)
from matinee.errors import ConflictError
from matinee.player import episodes as module
from matinee.player.episodes import evaluate, in_parts, play_episode


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


def test_a_long_episode_is_told_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of about the size that is given, at least a step each; together they are all of it."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    whole = play_episode(PlayEpisode(source=source, deterministic=True, seed=4, max_steps=20))
    steps = [step.model_dump() for step in whole.steps]
    assert len(list(in_parts(whole))) == 1
    for part_bytes in (1, 500):
        monkeypatch.setattr(module, "EPISODE_PART_BYTES", part_bytes)

        heads = list(in_parts(whole))

        *parts, last = map(PLAYER_ANSWER_ADAPTER.validate_json, heads)
        assert parts
        told = []
        for part in parts:
            assert isinstance(part, EpisodePart)
            told += part.steps
        assert isinstance(last, PlayedEpisode)
        assert [step.model_dump() for step in told + last.steps] == steps
        assert (last.env_step, last.cut) == (whole.env_step, whole.cut)
        assert max(map(len, heads)) < part_bytes + 500


def test_an_episode_that_is_too_long_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything of it is told, with what to ask for instead."""
    monkeypatch.setattr(module, "MAX_EPISODE_BYTES", 600)
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    order = PlayEpisode(source=source, deterministic=True, seed=4, max_steps=20)

    with pytest.raises(ConflictError, match="max_steps") as refusal:
        next(in_parts(play_episode(order)))

    assert refusal.value.code == "episode_too_large"
    assert list(in_parts(play_episode(order.model_copy(update={"max_steps": 2}))))
