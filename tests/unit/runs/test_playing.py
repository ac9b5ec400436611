"""Episodes on request: which weights play, and what becomes of refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from fakes.hosting import queued_run
from fakes.records import NOW
from fakes.training import small_spec
from matinee.contracts.episodes import EpisodeRequest, EpisodeStep, EvaluationRequest
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.playing import (
    EpisodePart,
    Evaluate,
    Evaluated,
    PlayedEpisode,
    PlayEpisode,
    PlayerFailed,
)
from matinee.contracts.recordings import FilmFacts, RecordingRequest
from matinee.errors import (
    ConflictError,
    EnvironmentBuildError,
    LimitExceededError,
    MatineeError,
    NotFoundError,
)
from matinee.journal.writer import JournalWriter
from matinee.runs import playing as module
from matinee.runs.folders import RunFolders
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.playing import Playing

pytestmark = pytest.mark.anyio

EVALUATED = Evaluated(env_step=7, returns=[1.0, 3.0], lengths=[2, 4])
STEP = EpisodeStep(
    value=0.5,
    probabilities=[1.0],
    mean=None,
    deviation=None,
    action=0,
    reward=2.0,
    terminated=False,
    truncated=False,
)
EPISODE = PlayedEpisode(env_step=7, steps=[STEP, STEP], last_value=0.25, cut=True)


class FakePlayer:
    """Says what it was told to say, and then ends or hangs."""

    pid = 0

    def __init__(self, answer: BaseModel | bytes | None) -> None:
        self._answer = answer
        self.closed = False

    def tell(self, order: BaseModel) -> None:
        """Hears nothing."""

    async def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """One, or none."""
        if isinstance(self._answer, BaseModel):
            yield self._answer.model_dump_json().encode(), b""
        elif self._answer is not None:
            yield self._answer, b""

    async def last_words(self) -> str:
        """Of its last line."""
        return "Segmentation fault"

    async def close(self) -> None:
        """Notes it."""
        self.closed = True


class FakePlayers:
    """Players that answer in turn."""

    def __init__(self, *answers: BaseModel | bytes | None) -> None:
        self._answers = list(answers)
        self.orders: list[BaseModel] = []
        self.started: list[FakePlayer] = []

    async def start(self, order: BaseModel) -> FakePlayer:
        """The next one."""
        self.orders.append(order)
        self.started.append(FakePlayer(self._answers.pop(0)))
        return self.started[-1]


def run_with(data_dir: Path, *checkpoints: str) -> str:
    """A run whose record lists these checkpoints, oldest first."""
    run_dir, _ = queued_run(data_dir, small_spec("CartPole-v1"), created_at=NOW)
    with JournalWriter(run_dir) as writer:
        for number, checkpoint_id in enumerate(checkpoints):
            writer.append(
                CheckpointSaved,
                env_step=number,
                checkpoint_id=checkpoint_id,
                cause="schedule",
                size_bytes=1,
            )
        writer.commit()
    return run_dir.name


def playing_in(data_dir: Path, players: FakePlayers, *, places: int = 2) -> Playing:
    """The use cases over this data directory."""
    return Playing(folders=RunFolders(data_dir), players=players, places=PlayerPlaces(places))


async def test_the_newest_checkpoint_plays_unless_another_is_named(tmp_path: Path) -> None:
    """And the answer names it, with the seed that was chosen."""
    old, new = new_ulid(), new_ulid()
    run_id = run_with(tmp_path, old, new)
    players = FakePlayers(EVALUATED, EVALUATED)
    playing = playing_in(tmp_path, players)

    unnamed = await playing.evaluate(run_id, EvaluationRequest(episodes=2))
    named = await playing.evaluate(
        run_id, EvaluationRequest(episodes=2, checkpoint_id=old, seed=5, deterministic=False)
    )

    assert (unnamed.checkpoint_id, named.checkpoint_id) == (new, old)
    assert (unnamed.mean_return, unnamed.std_return) == (2.0, 1.0)
    first, second = players.orders
    assert isinstance(first, Evaluate)
    assert isinstance(second, Evaluate)
    assert first.seed == unnamed.seed
    assert (second.seed, second.deterministic) == (5, False)
    assert second.source.checkpoint == str(tmp_path / "runs" / run_id / "checkpoints" / old)
    assert all(player.closed for player in players.started)


async def test_an_episode_has_its_return(tmp_path: Path) -> None:
    """Its steps, their sum, and what was still expected where it was cut."""
    run_id = run_with(tmp_path, new_ulid())
    players = FakePlayers(EPISODE)

    told = await playing_in(tmp_path, players).play_episode(run_id, EpisodeRequest(max_steps=2))

    assert (told.episode_return, told.length, told.last_value, told.cut) == (4.0, 2, 0.25, True)
    assert told.model_dump()["return"] == 4.0
    (order,) = players.orders
    assert isinstance(order, PlayEpisode)
    assert order.max_steps == 2


class Talkative(FakePlayer):
    """Says several things."""

    def __init__(self, *answers: BaseModel) -> None:
        super().__init__(None)
        self._answers = answers

    async def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """All of them."""
        for answer in self._answers:
            yield answer.model_dump_json().encode(), b""


@pytest.mark.parametrize("end", ["whole", "fails", "endless"])
async def test_an_episode_may_come_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """All its steps are told in order, or none; one that never ends fills no memory."""
    first, second = (
        EpisodePart(steps=[STEP.model_copy(update={"reward": reward})] * 2) for reward in (7.0, 5.0)
    )
    last = {
        "whole": EPISODE,
        "fails": PlayerFailed(code="training_failed", detail="a reward of nan"),
        "endless": EPISODE,
    }
    player = Talkative(first, second, last[end])
    players = FakePlayers()

    async def start(_order: BaseModel) -> FakePlayer:
        return player

    monkeypatch.setattr(players, "start", start)
    if end == "endless":
        monkeypatch.setattr(module, "_MOST_BYTES", 300)
    run_id = run_with(tmp_path, new_ulid())
    playing = playing_in(tmp_path, players).play_episode(run_id, EpisodeRequest())

    if end == "whole":
        told = await playing
        assert [step.reward for step in told.steps] == [7.0, 7.0, 5.0, 5.0, 2.0, 2.0]
        assert (told.length, told.episode_return) == (6, 28.0)
    else:
        words = {"fails": "a reward of nan", "endless": "does not end"}[end]
        with pytest.raises(ConflictError, match=words):
            await playing
    assert player.closed


async def test_a_newest_checkpoint_that_goes_away_is_replaced_by_the_next(tmp_path: Path) -> None:
    """A run prunes while it trains; one that was named is not replaced silently."""
    run_id = run_with(tmp_path, named := new_ulid())
    gone = PlayerFailed(code="checkpoint_damaged", detail="it can't be read")

    told = await playing_in(tmp_path, FakePlayers(gone, EVALUATED)).evaluate(
        run_id, EvaluationRequest()
    )
    with pytest.raises(ConflictError, match="it can't be read"):
        await playing_in(tmp_path, FakePlayers(gone, EVALUATED)).evaluate(
            run_id, EvaluationRequest(checkpoint_id=named)
        )

    assert told.env_step == 7


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (PlayerFailed(code="environment_unavailable", detail="x"), EnvironmentBuildError, None),
        (PlayerFailed(code="policy_not_described", detail="x"), ConflictError, None),
        (PlayerFailed(code="training_failed", detail="x"), ConflictError, "player_failed"),
        (b"what?", ConflictError, "player_failed"),
        (None, ConflictError, "player_failed"),
    ],
)
async def test_what_a_player_can_t_do_is_a_refusal(
    tmp_path: Path, answer: BaseModel | bytes | None, kind: type[MatineeError], code: str | None
) -> None:
    """With the player's words, or the last ones that it printed."""
    run_id = run_with(tmp_path, new_ulid())
    players = FakePlayers(answer)

    with pytest.raises(kind) as refusal:
        await playing_in(tmp_path, players).evaluate(run_id, EvaluationRequest())

    assert refusal.value.code == (code or getattr(answer, "code", None))
    assert answer is not None or "Segmentation fault" in str(refusal.value)
    assert all(player.closed for player in players.started)


async def test_what_can_t_be_played_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """No run, no checkpoint of this name, none at all, no place."""
    players = FakePlayers()
    playing = playing_in(tmp_path, players, places=0)
    bare, full = run_with(tmp_path), run_with(tmp_path, new_ulid())

    with pytest.raises(NotFoundError):
        await playing.evaluate(new_ulid(), EvaluationRequest())
    with pytest.raises(NotFoundError, match="no checkpoint"):
        await playing.evaluate(bare, EvaluationRequest(checkpoint_id=new_ulid()))
    with pytest.raises(ConflictError, match="it must train first"):
        await playing.evaluate(bare, EvaluationRequest())
    with pytest.raises(LimitExceededError):
        await playing.evaluate(full, EvaluationRequest())

    assert players.started == []


async def test_what_does_not_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and the player goes."""

    class Hanging(FakePlayer):
        async def messages(self) -> AsyncIterator[tuple[bytes, bytes]]:
            await asyncio.Event().wait()
            yield b"", b""

    players = FakePlayers()
    hanging = Hanging(None)

    async def start(_order: BaseModel) -> FakePlayer:
        return hanging

    monkeypatch.setattr(players, "start", start)
    monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.05)
    run_id = run_with(tmp_path, new_ulid())

    with pytest.raises(ConflictError) as refusal:
        await playing_in(tmp_path, players).evaluate(run_id, EvaluationRequest())

    assert refusal.value.code == "episodes_too_long"
    assert hanging.closed


FILM = FilmFacts(
    frames=6, frames_per_second=25.0, width=400, height=267, size_bytes=5000, cut=False
)


async def test_an_episode_is_filmed_and_kept(tmp_path: Path) -> None:
    """In the run's folder, listed with what it shows, until it is deleted."""
    run_id = run_with(tmp_path, checkpoint_id := new_ulid())
    players = FakePlayers(EVALUATED.model_copy(update={"film": FILM}))
    playing = playing_in(tmp_path, players)

    told = await playing.record(run_id, RecordingRequest(format="webp", seed=3))
    (order,) = players.orders
    assert isinstance(order, Evaluate)
    assert order.film is not None
    Path(order.film.file).write_bytes(b"film")

    assert (await playing.recordings(run_id)).items == [told]
    assert (told.checkpoint_id, told.seed, told.episode_return) == (checkpoint_id, 3, 1.0)
    assert (told.frames, told.format) == (6, "webp")
    file = await playing.recording_file(run_id, told.id)
    assert file.read_bytes() == b"film"
    assert file.parent == tmp_path / "runs" / run_id / "recordings"
    await playing.delete_recording(run_id, told.id)
    assert (await playing.recordings(run_id)).items == []
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize(
    "answer", [PlayerFailed(code="no_picture", detail="it can't be filmed"), EVALUATED]
)
async def test_what_was_not_filmed_is_not_listed(tmp_path: Path, answer: BaseModel) -> None:
    """An environment without pictures, and a player that answers without a film."""
    run_id = run_with(tmp_path, new_ulid())
    playing = playing_in(tmp_path, FakePlayers(answer))

    with pytest.raises(ConflictError, match="film"):
        await playing.record(run_id, RecordingRequest())

    assert (await playing.recordings(run_id)).items == []


async def test_the_first_look_sweeps_what_a_crash_left(tmp_path: Path) -> None:
    """Only the first: what is half-made later is being made by a player of ours."""
    run_id = run_with(tmp_path, new_ulid())
    folder = tmp_path / "runs" / run_id / "recordings"
    folder.mkdir()
    left, making = folder / ".OLD.json", folder / ".NEW.gif"
    left.write_bytes(b"half")
    playing = playing_in(tmp_path, FakePlayers())

    await asyncio.gather(playing.recordings(run_id), playing.recordings(run_id))
    assert not left.exists()
    making.write_bytes(b"half")
    await playing.recordings(run_id)

    assert making.exists()


@pytest.mark.parametrize("when", ["while it is played", "after it was played"])
async def test_a_run_that_is_deleted_meanwhile_is_called_that(tmp_path: Path, when: str) -> None:
    """Whoever has an episode filmed is told that the run was deleted meanwhile, and not which file
    is missing.
    """
    folders, run_id = RunFolders(tmp_path), run_with(tmp_path, new_ulid())
    failed = PlayerFailed(code="error", detail="FileNotFoundError(2, 'No such file')")
    film = FilmFacts(frames=1, frames_per_second=30.0, width=1, height=1, size_bytes=1, cut=False)
    filmed = Evaluated(env_step=7, returns=[1.0], lengths=[2], film=film)
    players = FakePlayers(failed if when == "while it is played" else filmed)
    playing = Playing(folders=folders, players=players, places=PlayerPlaces(1))
    begin = players.start

    async def delete_and_begin(order: BaseModel) -> FakePlayer:
        folders.delete(run_id)
        return await begin(order)

    players.start = delete_and_begin  # type: ignore[method-assign]

    with pytest.raises(NotFoundError, match="was deleted meanwhile") as refusal:
        await playing.record(run_id, RecordingRequest())

    assert refusal.value.code == "run_not_found"
    assert players.started[0].closed
