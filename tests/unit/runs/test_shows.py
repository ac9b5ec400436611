"""One policy that is played for people: its player, its frames, its settings."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
import structlog
from pydantic import BaseModel

from fakes.house import becomes
from fakes.players import ScriptedPlayer, ScriptedPlayers, view_frame
from matinee.contracts.playing import (
    ALIVE,
    NewSource,
    OneStep,
    PlayerFailed,
    PlaySettings,
    PolicySource,
    Show,
    WantPicture,
)
from matinee.contracts.view import HEAD_LENGTH, ViewFrame, ViewSet
from matinee.errors import ConflictError
from matinee.processes.player_program import PlayerProgram
from matinee.runs import shows as module
from matinee.runs.shows import PublicShow, Weights

pytestmark = pytest.mark.anyio

ONE = Weights(PolicySource(checkpoint="/one"), live=False)


class Finder:
    """What can be played now, as a test wants it."""

    def __init__(self, weights: Weights | Exception = ONE) -> None:
        self.weights = weights
        self.looks = 0

    async def __call__(self) -> Weights:
        """Look."""
        self.looks += 1
        if isinstance(self.weights, Exception):
            raise self.weights
        return self.weights


@asynccontextmanager
async def playing(
    players: ScriptedPlayers, find: Finder | None = None, checkpoint_id: str | None = None
) -> AsyncIterator[PublicShow]:
    """A show that runs."""
    show = PublicShow(players=players, find=find or Finder(), checkpoint_id=checkpoint_id)
    task = asyncio.create_task(show.run())
    try:
        yield show
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert all(player.closed for player in players.started)


async def test_a_wish_of_one_is_a_frame_for_all() -> None:
    """Also a wish that came before the player; another wish waits until that one is granted."""
    players = ScriptedPlayers(answers=False)
    async with playing(players) as show:
        show.want(80)
        show.want(50)
        await becomes(lambda: bool(players.started))
        (player,) = players.started
        await becomes(lambda: len(player.orders) > 1)
        assert isinstance(player.orders[0], Show)
        assert player.orders[1:] == [WantPicture(quality=80)]

        bell = show.bell
        player.say(view_frame(1), b"jpeg")
        await asyncio.wait_for(asyncio.shield(bell), 20)

        assert show.frame is not None
        (length,) = HEAD_LENGTH.unpack(show.frame.data[: HEAD_LENGTH.size])
        head = show.frame.data[HEAD_LENGTH.size :][:length]
        assert ViewFrame.model_validate_json(head) == view_frame(1)
        assert show.frame.data.endswith(b"jpeg")
        assert show.status.state == "playing"
        show.want(60)
        assert player.orders[-1] == WantPicture(quality=60)


async def test_settings_are_everybodys() -> None:
    """Told to the player and in the status; what is left out stays."""
    players = ScriptedPlayers()
    async with playing(players) as show:
        show.want(80)
        await becomes(lambda: show.frame is not None)
        edition = show.status_edition

        show.set(ViewSet(speed="max"))
        show.set(ViewSet(paused=True, deterministic=False))
        show.set(ViewSet())
        show.step()

        (player,) = players.started
        assert player.orders[-3:] == [
            PlaySettings(speed=None),
            PlaySettings(speed=None, paused=True, deterministic=False),
            OneStep(),
        ]
        status = show.status
        assert (status.speed, status.paused, status.deterministic) == (None, True, False)
        assert show.status_edition == edition + 2


async def test_settings_count_that_change_while_the_player_starts() -> None:
    """What the status says is how it is played, whenever it was asked."""
    may_start = asyncio.Event()

    class SlowPlayers(ScriptedPlayers):
        async def start(self, order: BaseModel) -> ScriptedPlayer:
            player = await super().start(order)
            await may_start.wait()
            return player

    players = SlowPlayers()
    async with playing(players) as show:
        await becomes(lambda: bool(players.started))
        show.set(ViewSet(paused=True))
        may_start.set()
        await becomes(lambda: show.pid is not None)
        (player,) = players.started
        assert player.orders[1:] == [PlaySettings(paused=True)]


async def test_it_waits_for_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has not begun is no failure; settings of meanwhile count."""
    monkeypatch.setattr(module, "WAITING_POLL_S", 0.001)
    find = Finder(ConflictError("it must train first", code="no_checkpoint"))
    players = ScriptedPlayers()
    async with playing(players, find) as show:
        await becomes(lambda: find.looks > 2)
        assert (show.status.state, show.status.reason) == ("waiting", "it must train first")
        show.set(ViewSet(paused=True))
        find.weights = ONE
        await becomes(lambda: bool(players.started))
        order = players.started[0].orders[0]
        assert isinstance(order, Show)
        assert order.settings.paused


async def test_newer_weights_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each change; whether the run trains is told; a look that fails changes nothing."""
    monkeypatch.setattr(module, "SOURCE_POLL_S", 0.001)
    find, players = Finder(), ScriptedPlayers()
    async with playing(players, find) as show:
        await becomes(lambda: bool(players.started))
        newer = PolicySource(checkpoint="/two", shared="/now")
        find.weights = Weights(newer, live=True)
        (player,) = players.started
        await becomes(lambda: len(player.orders) > 1)
        find.weights = ConflictError("gone for a moment")
        looks = find.looks
        await becomes(lambda: find.looks > looks + 2)

        assert player.orders[1:] == [NewSource(source=newer)]
        assert show.status.live


async def test_a_look_that_fails_is_logged_and_not_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault of ours while looking for newer weights is seen, and they come all the same."""
    monkeypatch.setattr(module, "SOURCE_POLL_S", 0.01)
    players, find = ScriptedPlayers(), Finder()
    with structlog.testing.capture_logs() as logs:
        async with playing(players, find):
            await becomes(lambda: bool(players.started))
            find.weights = ZeroDivisionError("a fault of ours")
            await becomes(lambda: any(each["log_level"] == "error" for each in logs))
            two = Weights(PolicySource(checkpoint="/two"), live=False)
            find.weights = two
            (player,) = players.started
            await becomes(lambda: NewSource(source=two.source) in player.orders)


async def test_a_checkpoint_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for newer weights, and no run is asked for any."""
    monkeypatch.setattr(module, "SOURCE_POLL_S", 0.001)
    find, players = Finder(), ScriptedPlayers()
    async with playing(players, find, "some-checkpoint") as show:
        show.want(80)
        await becomes(lambda: show.frame is not None)

        assert find.looks == 1
        assert show.status.checkpoint_id == "some-checkpoint"


@pytest.mark.parametrize("end", ["refusal", "crash", "bug"])
async def test_a_player_that_ends_says_why(end: str) -> None:
    """In the status, for everybody who watches."""
    players = ScriptedPlayers(answers=False)
    async with playing(players) as show:
        await becomes(lambda: bool(players.started))
        (player,) = players.started
        if end == "refusal":
            player.say(PlayerFailed(code="environment_unavailable", detail="pip install box2d"))
        elif end == "crash":
            player.end()
        else:
            player._said.put_nowait((b'{"type":"failed"', b""))
        await becomes(lambda: show.status.state == "failed")

        assert show.status.reason is not None
        words = {"refusal": "pip install box2d", "crash": "Segmentation fault", "bug": "its log"}
        assert words[end] in show.status.reason
        await becomes(lambda: player.closed)


async def test_a_player_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that neither shows anything nor ends is gone after a while, and the status says so.

    Also while nobody wishes for a picture: whoever comes next would wait for ever.
    """
    monkeypatch.setattr(module, "SILENCE_S", 0.05)
    monkeypatch.setattr("matinee.processes.player_program.LEAVE_TIMEOUT_S", 0.2)
    show = PublicShow(
        players=PlayerProgram([sys.executable, "-c", "import time; time.sleep(600)"]),
        find=Finder(),
        checkpoint_id=None,
    )
    playing = asyncio.create_task(show.run())
    await becomes(lambda: show.pid is not None)
    assert show.pid is not None
    process = psutil.Process(show.pid)
    await asyncio.wait_for(playing, 30)

    assert show.status.state == "failed"
    assert "said nothing for 0.05 s, and was ended" in (show.status.reason or "")
    assert not process.is_running()


async def test_a_sign_of_life_is_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A player that is paused, or that nobody looks at, may show nothing for long."""
    monkeypatch.setattr(module, "SILENCE_S", 1e6)
    players = ScriptedPlayers(answers=False)
    async with playing(players) as show:
        show.want(80)
        await becomes(lambda: bool(players.started))
        (player,) = players.started
        await becomes(lambda: len(player.orders) > 1)
        player._said.put_nowait((ALIVE, b""))
        player.say(view_frame(1), b"jpeg")
        await becomes(lambda: show.frame is not None)

        assert show.frame is not None
        assert show.frame.number == 1
        assert show.frame.data.endswith(b"jpeg")


@pytest.mark.parametrize("code", ["no_checkpoint", "checkpoint_damaged"])
async def test_weights_that_are_gone_when_they_are_read_are_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """A run that ends shares no longer; a checkpoint that was chosen by name is not replaced."""
    monkeypatch.setattr(module, "WAITING_POLL_S", 0.001)
    gone = PlayerFailed(code=code, detail="it is gone")
    players = ScriptedPlayers(answers=False)
    async with playing(players) as show:
        show.want(80)
        for number in range(1, module.START_TRIES + 1):

            def is_started(wanted: int = number) -> bool:
                return len(players.started) == wanted

            await becomes(is_started)
            assert show.status.state != "failed"
            players.started[-1].say(gone)
        await becomes(lambda: show.status.state == "failed")
        assert all(WantPicture(quality=80) in player.orders for player in players.started)
        assert all(player.closed for player in players.started)

    players = ScriptedPlayers(answers=False)
    async with playing(players, checkpoint_id="one") as show:
        await becomes(lambda: bool(players.started))
        players.started[0].say(gone)
        await becomes(lambda: show.status.state == "failed")
        assert len(players.started) == 1


async def test_who_watches_is_counted() -> None:
    """And told to the others."""
    show = PublicShow(players=ScriptedPlayers(), find=Finder(), checkpoint_id=None)
    bell = show.bell

    show.arrive()
    show.arrive()
    show.leave()

    assert show.status.watchers == 1
    assert bell.done()
    assert show.pid is None
