"""Episodes that are played on request, by a process of their own, whether a run trains or not."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import fsum
from pathlib import Path
from statistics import fmean, pstdev
from typing import TypeVar

from pydantic import ValidationError

from matinee.contracts.episodes import (
    SEED_MAX,
    EpisodeReport,
    EpisodeRequest,
    EpisodeStep,
    EvaluationReport,
    EvaluationRequest,
    PlayRequest,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.playing import (
    MAX_EPISODE_BYTES,
    PLAYER_ANSWER_ADAPTER,
    EpisodePart,
    Evaluate,
    Evaluated,
    Film,
    PlayedEpisode,
    PlayEpisode,
    PlayerFailed,
    PlayerOrder,
    PolicySource,
)
from matinee.contracts.recordings import Recording, RecordingList, RecordingRequest
from matinee.errors import ConflictError, EnvironmentBuildError, MatineeError, NotFoundError
from matinee.journal.schema import CHECKPOINTS
from matinee.runs.checkpoint_reading import find_checkpoint, find_newest
from matinee.runs.folders import RunFolders
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.ports import Player, Players
from matinee.runs.recordings import (
    delete_recording,
    film_file,
    find_recording,
    keep_recording,
    list_recordings,
    sweep_leftovers,
)

ANSWER_TIMEOUT_S = 300.0
NEWEST_TRIES = 3
"""A run may delete its newest checkpoint, for a newer one, before a player has read it."""

PLAYER_FAILED = "player_failed"
_OF_ENVIRONMENTS = frozenset({"environment_unavailable", "untrainable_environment"})
_AS_THEY_ARE = frozenset(
    {
        "no_checkpoint",
        "checkpoint_damaged",
        "policy_not_described",
        "no_picture",
        "film_too_large",
        "episode_too_large",
    }
)
_MOST_BYTES = 2 * MAX_EPISODE_BYTES
"""No player that is well says more."""

_Answer = TypeVar("_Answer", Evaluated, PlayedEpisode)


class Playing:
    """The use cases. Lives as long as the server; used on the event loop alone."""

    def __init__(self, *, folders: RunFolders, players: Players, places: PlayerPlaces) -> None:
        self._folders = folders
        self._players = players
        self._places = places
        self._swept: set[str] = set()
        """Runs whose recordings were looked at: what is half-made there now is being made."""
        # Guards the first look from being overtaken by a film that is made.
        self._sweep_lock = asyncio.Lock()

    async def evaluate(self, run_id: str, request: EvaluationRequest) -> EvaluationReport:
        """Play test episodes.

        Raises:
            NotFoundError: there is no such run or checkpoint.
            ConflictError: there is nothing to play with, or the episodes don't end.
            LimitExceededError: too many are being played.
        """
        seed = _seed(request.seed)
        name, played = await self._evaluate(run_id, request, episodes=request.episodes, seed=seed)
        return EvaluationReport(
            checkpoint_id=name,
            env_step=played.env_step,
            deterministic=request.deterministic,
            seed=seed,
            mean_return=fmean(played.returns),
            std_return=pstdev(played.returns),
            returns=played.returns,
            lengths=played.lengths,
        )

    async def record(self, run_id: str, request: RecordingRequest) -> Recording:
        """Play one episode, film it and keep the film.

        Raises:
            NotFoundError: there is no such run or checkpoint.
            ConflictError: there is nothing to play with, nothing to see, or no room.
            LimitExceededError: too many are being played.
        """
        run_dir = await self._swept_folder(run_id)
        recording_id, seed = new_ulid(), _seed(request.seed)
        file = await asyncio.to_thread(film_file, run_dir, recording_id, request.format)
        film = Film(file=str(file), format=request.format)
        name, played = await self._evaluate(run_id, request, episodes=1, seed=seed, film=film)
        if played.film is None:
            raise ConflictError("the process that plays has made no film", code=PLAYER_FAILED)
        recording = Recording(
            **played.film.model_dump(),
            id=recording_id,
            created_at=datetime.now(UTC),
            format=request.format,
            checkpoint_id=name,
            env_step=played.env_step,
            deterministic=request.deterministic,
            seed=seed,
            episode_return=played.returns[0],
            length=played.lengths[0],
        )
        with self._not_deleted(run_id):
            await asyncio.to_thread(keep_recording, run_dir, recording)
        return recording

    async def recordings(self, run_id: str) -> RecordingList:
        """The films of a run, newest first."""
        run_dir = await self._swept_folder(run_id)
        return RecordingList(items=await asyncio.to_thread(list_recordings, run_dir))

    async def recording_file(self, run_id: str, recording_id: str) -> Path:
        """Where a film is.

        Raises:
            NotFoundError: there is none of this id.
        """
        run_dir = self._folders.path(run_id)
        _, file = await asyncio.to_thread(find_recording, run_dir, recording_id)
        return file

    async def delete_recording(self, run_id: str, recording_id: str) -> None:
        """Take a film away.

        Raises:
            NotFoundError: there is none of this id.
        """
        await asyncio.to_thread(delete_recording, self._folders.path(run_id), recording_id)

    async def play_episode(self, run_id: str, request: EpisodeRequest) -> EpisodeReport:
        """Play one episode and tell every step.

        Raises:
            NotFoundError: there is no such run or checkpoint.
            ConflictError: there is nothing to play with, or the episode does not end.
            LimitExceededError: too many are being played.
        """
        seed = _seed(request.seed)
        name, played = await self._play(
            run_id,
            request.checkpoint_id,
            lambda source: PlayEpisode(
                source=source,
                deterministic=request.deterministic,
                seed=seed,
                max_steps=request.max_steps,
            ),
            PlayedEpisode,
        )
        return EpisodeReport(
            checkpoint_id=name,
            env_step=played.env_step,
            deterministic=request.deterministic,
            seed=seed,
            steps=played.steps,
            episode_return=fsum(step.reward for step in played.steps),
            length=len(played.steps),
            last_value=played.last_value,
            cut=played.cut,
        )

    async def _swept_folder(self, run_id: str) -> Path:
        """A run's folder; of its recordings what a crash left half-made is gone."""
        run_dir = self._folders.path(run_id)
        async with self._sweep_lock:
            if run_id not in self._swept:
                await asyncio.to_thread(sweep_leftovers, run_dir)
                self._swept.add(run_id)
        return run_dir

    async def _evaluate(
        self,
        run_id: str,
        request: PlayRequest,
        *,
        episodes: int,
        seed: int,
        film: Film | None = None,
    ) -> tuple[str | None, Evaluated]:
        return await self._play(
            run_id,
            request.checkpoint_id,
            lambda source: Evaluate(
                source=source,
                episodes=episodes,
                deterministic=request.deterministic,
                seed=seed,
                film=film,
            ),
            Evaluated,
        )

    async def _play(
        self,
        run_id: str,
        checkpoint_id: str | None,
        order: Callable[[PolicySource], PlayerOrder],
        answer: type[_Answer],
    ) -> tuple[str | None, _Answer]:
        """Whose weights played, and what came of it."""
        run_dir = self._folders.path(run_id)
        for tries_left in reversed(range(NEWEST_TRIES)):
            name = await asyncio.to_thread(_chosen, run_dir, checkpoint_id)
            source = PolicySource(checkpoint=str(run_dir / CHECKPOINTS / name))
            try:
                with self._not_deleted(run_id):
                    return name, await self._ask(order(source), answer)
            except ConflictError as error:
                if error.code != "checkpoint_damaged" or checkpoint_id or not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _not_deleted(self, run_id: str) -> Iterator[None]:
        """Say that the run has been deleted, where that is why something fails.

        Raises:
            NotFoundError: it has been.
        """
        try:
            yield
        except (ConflictError, OSError) as error:
            try:
                self._folders.path(run_id)
            except NotFoundError as gone:
                raise NotFoundError(
                    f"run {run_id} was deleted meanwhile", code=gone.code
                ) from error
            raise

    async def _ask(self, order: PlayerOrder, expected: type[_Answer]) -> _Answer:
        with self._places.one():
            player = await self._players.start(order)
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    answer = await _whole_answer(player)
                if isinstance(answer, expected):
                    return answer
                raise ConflictError(
                    f"the process that plays ended without an answer: {await player.last_words()}",
                    code=PLAYER_FAILED,
                )
            except TimeoutError as error:
                raise ConflictError(
                    f"it had not been played after {ANSWER_TIMEOUT_S:g} s: ask for fewer episodes, "
                    "or a policy whose episodes end sooner",
                    code="episodes_too_long",
                ) from error
            finally:
                await player.close()


async def _whole_answer(player: Player) -> Evaluated | PlayedEpisode | None:
    """With the parts that came before it; None: the player ended before."""
    steps: list[EpisodeStep] = []
    said_bytes = 0
    async for head, _ in player.messages():
        said_bytes += len(head)
        if said_bytes > _MOST_BYTES:
            raise ConflictError("the process that plays does not end", code=PLAYER_FAILED)
        match _understood(head):
            case EpisodePart() as part:
                steps += part.steps
            case PlayedEpisode() as last:
                return last.model_copy(update={"steps": steps + last.steps})
            case Evaluated() as evaluated:
                return evaluated
    return None


def _chosen(run_dir: Path, checkpoint_id: str | None) -> str:
    if checkpoint_id is None:
        return find_newest(run_dir).id
    return find_checkpoint(run_dir, checkpoint_id).id


def _understood(head: bytes) -> Evaluated | EpisodePart | PlayedEpisode:
    """What a player answers.

    Raises:
        MatineeError: that it can't, and why.
    """
    try:
        answer = PLAYER_ANSWER_ADAPTER.validate_json(head)
    except ValidationError as error:
        raise ConflictError(
            f"the process that plays is not understood: {error}", code=PLAYER_FAILED
        ) from error
    if isinstance(answer, PlayerFailed):
        raise refusal_of(answer)
    return answer


def refusal_of(failed: PlayerFailed) -> MatineeError:
    """The same error, in this process."""
    if failed.code in _OF_ENVIRONMENTS:
        return EnvironmentBuildError(failed.detail, code=failed.code)
    if failed.code in _AS_THEY_ARE:
        return ConflictError(failed.detail, code=failed.code)
    return ConflictError(f"it can't be played: {failed.detail}", code=PLAYER_FAILED)


def _seed(asked: int | None) -> int:
    return secrets.randbelow(SEED_MAX + 1) if asked is None else asked
