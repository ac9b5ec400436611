"""Films of episodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from fakes.played_runs import checkpoint_at
from fakes.probe_environments import register_probes
from matinee.contracts.playing import Evaluate, Film, PolicySource
from matinee.errors import ConflictError
from matinee.player import film as module
from matinee.player.episodes import evaluate


def order(folder: Path, film_format: str = "gif", environment_id: str = "CartPole-v1") -> Evaluate:
    """Film the first of two episodes."""
    checkpoint_at(folder / "one", environment_id)
    return Evaluate(
        source=PolicySource(checkpoint=str(folder / "one")),
        episodes=2,
        deterministic=True,
        seed=1,
        film=Film.model_validate(
            {"file": str(folder / f"film.{film_format}"), "format": film_format}
        ),
    )


@pytest.mark.parametrize("film_format", ["gif", "webp"])
def test_a_film_shows_an_episode_at_its_speed(tmp_path: Path, film_format: str) -> None:
    """CartPole has 50 steps a second: every second one, and the last; a small picture."""
    told = evaluate(order(tmp_path, film_format))

    assert told.film is not None
    with Image.open(tmp_path / f"film.{film_format}") as film:
        assert film.size == (told.film.width, told.film.height) == (400, 267)
        frames = getattr(film, "n_frames")  # noqa: B009 - only films have it
    # The first picture, each second step, and the end where it is not one of them.
    expected = 1 + told.lengths[0] // 2 + told.lengths[0] % 2
    assert frames == told.film.frames == expected
    assert told.film.frames_per_second == 25.0
    assert told.film.size_bytes == (tmp_path / f"film.{film_format}").stat().st_size
    assert len(told.returns) == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_long_episode_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the film says so."""
    monkeypatch.setattr(module, "MAX_FILM_FRAMES", 3)

    told = evaluate(order(tmp_path))

    assert told.film is not None
    assert (told.film.frames, told.film.cut) == (3, True)


def test_a_film_that_is_too_large_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what would be smaller."""
    monkeypatch.setattr(module, "MAX_FILM_BYTES", 100)

    with pytest.raises(ConflictError, match="WebP"):
        evaluate(order(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_what_can_t_be_seen_can_t_be_filmed(tmp_path: Path) -> None:
    """With the environment's reason."""
    register_probes()

    with pytest.raises(ConflictError, match="Probe/Corridor-v0 can't draw") as refusal:
        evaluate(order(tmp_path, environment_id="Probe/Corridor-v0"))

    assert refusal.value.code == "no_picture"
