"""Whole episodes on request: test episodes, and one of which every step is told."""

from __future__ import annotations

from collections.abc import Iterator

from matinee.contracts.episodes import EpisodeStep
from matinee.contracts.playing import (
    EPISODE_PART_BYTES,
    MAX_EPISODE_BYTES,
    EpisodePart,
    Evaluate,
    Evaluated,
    PlayedEpisode,
    PlayEpisode,
    PolicySource,
)
from matinee.contracts.recordings import FilmFacts
from matinee.errors import ConflictError
from matinee.player.film import Camera
from matinee.player.scene import open_scene
from matinee.player.stage import Stage
from matinee.player.weights import read_policy


def evaluate(order: Evaluate) -> Evaluated:
    """Play them all, and film the first if that is wanted."""
    stage = set_stage(
        order.source,
        deterministic=order.deterministic,
        seed=order.seed,
        is_seen=order.film is not None,
    )
    camera = None if order.film is None else Camera(order.film, stage.scene)
    film: FilmFacts | None = None
    returns, lengths = [], []
    for _ in range(order.episodes):
        _play(stage, camera)
        if camera is not None:
            film, camera = camera.write(), None
        returns.append(stage.total)
        lengths.append(stage.length)
    stage.scene.close()
    return Evaluated(env_step=stage.played.env_step, returns=returns, lengths=lengths, film=film)


def _play(stage: Stage, camera: Camera | None) -> None:
    stage.begin()
    if camera is not None:
        camera.look()
    while not stage.is_over:
        stage.step()
        if camera is not None:
            camera.look(is_last=stage.is_over)


def play_episode(order: PlayEpisode) -> PlayedEpisode:
    """Play one and tell all of it."""
    stage = set_stage(order.source, deterministic=order.deterministic, seed=order.seed)
    stage.begin()
    steps = []
    while not stage.is_over and stage.length < order.max_steps:
        steps.append(stage.step())
    assert stage.thought is not None
    last_value = None if steps[-1].terminated else stage.thought.value
    cut = not stage.is_over
    stage.scene.close()
    return PlayedEpisode(
        env_step=stage.played.env_step, steps=steps, last_value=last_value, cut=cut
    )


def in_parts(played: PlayedEpisode) -> Iterator[bytes]:
    """The heads of the messages that tell an episode.

    Raises:
        ConflictError: it is longer than the server holds.
    """
    sizes = [len(step.model_dump_json()) + 1 for step in played.steps]
    if sum(sizes) > MAX_EPISODE_BYTES:
        raise ConflictError(
            f"the {len(sizes)} steps of the episode take {sum(sizes) / 2**20:.0f} MB; at most "
            f"{MAX_EPISODE_BYTES >> 20} are told: ask for fewer `max_steps`",
            code="episode_too_large",
        )
    part: list[EpisodeStep] = []
    part_bytes = 0
    for step, size in zip(played.steps, sizes, strict=True):
        if part and part_bytes + size > EPISODE_PART_BYTES:
            yield EpisodePart.model_construct(steps=part).model_dump_json().encode()
            part, part_bytes = [], 0
        part.append(step)
        part_bytes += size
    yield played.model_copy(update={"steps": part}).model_dump_json().encode()


def set_stage(
    source: PolicySource, *, deterministic: bool, seed: int, is_seen: bool = False
) -> Stage:
    """A policy in its environment, ready to begin.

    Raises:
        ConflictError: the policy can't be played.
        EnvironmentBuildError: the environment can't be made here.
    """
    played = read_policy(source)
    scene = open_scene(played.about, is_seen=is_seen)
    return Stage(scene, played, deterministic=deterministic, seed=seed)
