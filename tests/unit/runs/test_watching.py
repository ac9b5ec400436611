"""People who watch the same policy share its player; nobody watches: nobody plays."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.house import House, becomes
from fakes.players import ScriptedPlayers
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.playing import PolicySource, Show
from matinee.errors import ConflictError, LimitExceededError, NotFoundError
from matinee.journal.writer import JournalWriter
from matinee.runs import watching as module
from matinee.runs.player_places import PlayerPlaces
from matinee.runs.watching import Watching, newest_weights

pytestmark = pytest.mark.anyio


@pytest.fixture
def players() -> ScriptedPlayers:
    """That play."""
    return ScriptedPlayers()


@pytest.fixture
def places() -> PlayerPlaces:
    """Two."""
    return PlayerPlaces(2)


@pytest.fixture
async def watching(
    house: House, players: ScriptedPlayers, places: PlayerPlaces
) -> AsyncIterator[Watching]:
    """The use cases."""
    use_cases = Watching(
        folders=house.folders, supervisor=house.supervisor, players=players, places=places
    )
    yield use_cases
    await use_cases.close()
    assert places.taken == 0
    assert all(player.closed for player in players.started)


def run_with(house: House, *checkpoints: str) -> str:
    """A run that has never begun, whose record lists these checkpoints, oldest first."""
    run_id = house.created()
    with JournalWriter(house.folders.path(run_id)) as writer:
        for checkpoint_id in checkpoints:
            writer.append(
                CheckpointSaved,
                env_step=1,
                checkpoint_id=checkpoint_id,
                cause="schedule",
                size_bytes=1,
            )
        writer.commit()
    return run_id


async def test_two_who_watch_the_same_share_it(
    house: House, watching: Watching, players: ScriptedPlayers
) -> None:
    """Another checkpoint is another show."""
    old, new = new_ulid(), new_ulid()
    run_id = run_with(house, old, new)

    async with (
        watching.watch(run_id, None) as one,
        watching.watch(run_id, None) as two,
        watching.watch(run_id, old) as other,
    ):
        assert one is two
        assert other is not one
        assert one.status.watchers == 2
        await becomes(lambda: len(players.started) == 2)
        orders = [player.orders[0] for player in players.started]
        folders = {order.source.checkpoint for order in orders if isinstance(order, Show)}
        root = house.folders.path(run_id) / "checkpoints"
        assert folders == {str(root / new), str(root / old)}


async def test_a_player_stays_for_a_moment_after_the_last_has_left(
    house: House,
    watching: Watching,
    players: ScriptedPlayers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who comes back finds it; when nobody does, it goes, and its place is free."""
    run_id = run_with(house, new_ulid())
    async with watching.watch(run_id, None) as first:
        await becomes(lambda: bool(players.started))
    monkeypatch.setattr(module, "LINGER_S", 0.01)
    async with watching.watch(run_id, None) as second:
        assert second is first

    await becomes(lambda: players.started[0].closed)
    assert len(players.started) == 1
    async with watching.watch(run_id, None) as third:
        assert third is not first


async def test_a_show_that_has_failed_is_tried_anew(
    house: House, watching: Watching, players: ScriptedPlayers
) -> None:
    """By whoever comes next, also while others still look at the failure."""
    run_id = run_with(house, new_ulid())
    async with watching.watch(run_id, None) as failed:
        await becomes(lambda: bool(players.started))
        players.started[0].end()
        await becomes(lambda: failed.status.state == "failed")
        await becomes(lambda: players.started[0].closed)
        await asyncio.sleep(0)
        async with watching.watch(run_id, None) as again:
            assert again is not failed


async def test_who_comes_while_a_player_goes_takes_no_second_place(
    house: House,
    watching: Watching,
    players: ScriptedPlayers,
    places: PlayerPlaces,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A policy has one place, also while the player of those before is being ended."""
    run_id = run_with(house, new_ulid())
    places.take()
    monkeypatch.setattr(module, "LINGER_S", 0.0)
    async with watching.watch(run_id, None):
        await becomes(lambda: bool(players.started))
        (old,) = players.started
        old.may_go.clear()
    await becomes(lambda: old.is_told_to_go)

    async def come() -> None:
        async with watching.watch(run_id, None):
            await becomes(lambda: len(players.started) == 2)
            assert old.closed
            assert places.taken == 2

    coming = [asyncio.create_task(come()) for _ in range(2)]
    await asyncio.sleep(0)
    assert places.taken == 2
    assert not any(each.done() for each in coming)
    old.may_go.set()
    await asyncio.gather(*coming)
    places.give_back()


@pytest.mark.parametrize("by_name", [False, True], ids=["newest", "checkpoint"])
async def test_a_run_that_is_deleted_plays_no_longer(house: House, by_name: bool) -> None:
    """Its players end, whoever watches is told why, and other runs play on."""
    checkpoint_id = new_ulid()
    doomed, other = run_with(house, checkpoint_id), run_with(house, new_ulid())
    await house.index.refresh(doomed)
    async with (
        house.watching.watch(doomed, checkpoint_id if by_name else None) as show,
        house.watching.watch(other, None) as untouched,
    ):
        await becomes(lambda: len(house.players.started) == 2)
        bell = show.bell
        await house.service.delete_run(doomed)

        assert bell.done()
        assert (show.status.state, show.status.reason) == ("failed", f"run {doomed} was deleted")
        gone, playing = sorted(
            house.players.started, key=lambda player: other in str(player.orders[0])
        )
        await becomes(lambda: gone.closed)
        assert not playing.closed
        assert untouched.status.state == "starting"
        with pytest.raises(NotFoundError):
            await house.watching.watch(doomed, None).__aenter__()


async def test_a_run_that_is_deleted_while_somebody_comes_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A show of what is gone would never end."""
    run_id = run_with(house, checkpoint_id := new_ulid())
    await house.index.refresh(run_id)
    found, loop = asyncio.Event(), asyncio.get_running_loop()
    is_deleted = threading.Event()

    def find_slowly(*_: object) -> None:
        loop.call_soon_threadsafe(found.set)
        assert is_deleted.wait(30)

    monkeypatch.setattr(module, "find_checkpoint", find_slowly)
    coming = asyncio.create_task(house.watching.watch(run_id, checkpoint_id).__aenter__())
    await found.wait()
    await house.service.delete_run(run_id)
    is_deleted.set()

    with pytest.raises(NotFoundError):
        await coming
    assert house.players.started == []


async def test_what_can_t_be_watched_is_refused(
    house: House, watching: Watching, places: PlayerPlaces
) -> None:
    """No such run, no such checkpoint, no place; a refusal takes none."""
    run_id = run_with(house, new_ulid())
    with pytest.raises(NotFoundError):
        await watching.watch(new_ulid(), None).__aenter__()
    with pytest.raises(NotFoundError, match="no checkpoint"):
        await watching.watch(run_id, new_ulid()).__aenter__()
    places.take()
    places.take()
    with pytest.raises(LimitExceededError, match="MATINEE_MAX_PLAYERS"):
        await watching.watch(run_id, None).__aenter__()
    places.give_back()
    places.give_back()

    assert places.taken == 0


async def test_a_run_that_trains_is_asked_for_its_present_policy(
    house: House, watching: Watching, players: ScriptedPlayers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And plays it before it has any checkpoint."""
    run_id = run_with(house)
    file = house.data_dir / "now.policy"
    monkeypatch.setattr(house.supervisor, "ask_for_policy", lambda _run_id: file)
    monkeypatch.setattr("matinee.runs.shows.WAITING_POLL_S", 0.001)
    async with watching.watch(run_id, None) as show:
        await becomes(lambda: show.status.reason is not None)
        assert show.status.state == "waiting"
        file.write_bytes(b"shared")
        await becomes(lambda: bool(players.started))

        order = players.started[0].orders[0]
        assert isinstance(order, Show)
        assert order.source == PolicySource(shared=str(file))
        assert show.status.live


async def test_weights_that_were_left_behind_do_not_play(house: House, tmp_path: Path) -> None:
    """The newest of the present course, with or without what the run shares."""
    checkpoint_id = new_ulid()
    run_dir = house.folders.path(run_with(house, checkpoint_id))
    folder = str(run_dir / "checkpoints" / checkpoint_id)

    ended = newest_weights(run_dir, None)
    trains = newest_weights(run_dir, tmp_path / "soon")

    assert (ended.source, ended.live) == (PolicySource(checkpoint=folder), False)
    assert trains.source == PolicySource(checkpoint=folder, shared=str(tmp_path / "soon"))
    with pytest.raises(ConflictError) as refusal:
        newest_weights(house.folders.path(run_with(house)), tmp_path / "soon")
    assert refusal.value.code == "no_checkpoint"
