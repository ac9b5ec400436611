"""The catalogue kept true to the folders."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fakes.house import House, eventually, open_house
from fakes.scripted_runs import ScriptedRun
from matinee.contracts.run_parts import RecoverySpec
from matinee.contracts.run_state import RunState
from matinee.journal.ownership import Ownership
from matinee.journal.writer import JournalWriter
from matinee.runs import recovery
from matinee.runs.folders import mark_launched
from matinee.runs.ports import RunQuery
from matinee.runs.recovery import FolderWatch

pytestmark = pytest.mark.anyio

Opener = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
def opener(data_dir: Path, runtime_dir: Path, environment_cache: Path) -> Opener:
    """Opens the house again and again over one data directory."""
    return partial(
        open_house, data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache
    )


@pytest.fixture
async def watched(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FolderWatch]:
    """A house that looks for newcomers all the time."""
    monkeypatch.setattr(recovery, "SCAN_INTERVAL_S", 0.01)
    await house.watch.recover()
    house.watch.begin()
    yield house.watch
    await house.watch.close()


async def host(house: House, run_id: str) -> ScriptedRun:
    """Somebody else's process begins to host a run."""
    from matinee.contracts.control import Assignment

    (command,) = house.folders.reader(run_id).open_commands()
    run = ScriptedRun(
        Assignment(
            run_id=run_id,
            run_dir=str(house.folders.path(run_id)),
            socket_path=str(house.supervisor._runtime_dir / f"{run_id}.sock"),
            orphan_grace_s=60,
            start_command_id=command.id,
        ),
        house.launcher.manners,
    )
    house.launcher.launched.append(run)

    async def running() -> bool:
        return house.folders.assemble(run_id).state is RunState.RUNNING

    await eventually(running)
    return run


async def test_a_living_run_is_adopted(opener: Opener) -> None:
    """After a crash of the server its runs are found: same process, steps go on, steerable."""
    async with opener() as first:
        run_id, process = await first.launched()
        await asyncio.to_thread(process.advance, 100)
        await first.supervisor.close(keep_runs=True)
        async with opener() as second:
            second.launcher.launched.append(process)
            await second.watch.recover()
            assert second.supervisor.attends(run_id)
            assert process.is_alive()
            await asyncio.to_thread(process.advance, 200)

            async def further() -> bool:
                return (await second.index.get(run_id)).progress.env_steps == 200

            await eventually(further)
            from matinee.contracts.commands import Stop

            command = await second.steering.command(run_id, Stop(), actor="token", wait_s=20)
            assert command.action.name == "stop"
            await second.in_state(run_id, RunState.STOPPED)


async def test_a_run_that_died_unwatched_is_interrupted(opener: Opener) -> None:
    """A run whose process went while no server watched can be resumed, and says so."""
    async with opener() as first:
        run_id, process = await first.launched()
        await first.supervisor.close(keep_runs=True)
        await asyncio.to_thread(process.crash)
        async with opener() as second:
            await second.watch.recover()
            run = await second.index.get(run_id)
            assert run.state is RunState.INTERRUPTED
            assert run.reason == "its process went away while no server was watching"
            assert second.folders.reader(run_id).open_commands() == []


async def test_ends_that_the_catalogue_missed_are_found(opener: Opener) -> None:
    """A run that ended while no server watched is as its record says, also in lists."""
    async with opener() as first:
        run_id, process = await first.launched()
        await first.supervisor.close(keep_runs=True)
        await asyncio.to_thread(process.finish)
        async with opener() as second:
            assert second.catalogue.find_run(run_id) is not None
            await second.watch.recover()
            page = await second.index.page(RunQuery(states=(RunState.FINISHED,)))
            assert [run.id for run in page.items] == [run_id]


async def test_the_catalogue_is_rebuilt_from_the_folders(opener: Opener, data_dir: Path) -> None:
    """Without catalogue.db every run is found again; a row without folder is forgotten."""
    async with opener() as first:
        run_id, process = await first.launched()
        await asyncio.to_thread(process.finish)
        await first.in_state(run_id, RunState.FINISHED)
        await first.alone(run_id)
        created = first.created()
    for path in data_dir.glob("catalogue.db*"):
        path.unlink()
    async with opener() as second:
        await second.watch.recover()
        assert second.catalogue.known_run_ids() == {run_id, created}
        shutil.rmtree(second.folders.path(run_id))
        await second.watch.recover()
        assert second.catalogue.known_run_ids() == {created}


async def test_one_bad_folder_harms_nothing_else(opener: Opener) -> None:
    """A run that cannot be read does not keep the server from starting, nor others from it."""
    async with opener() as house:
        bad, good, foreign = house.created(), house.created(), house.created()
        (house.folders.path(bad) / "details.json").write_text("{")
        (house.folders.path(foreign) / "run.db").write_text("this is no database, " * 100)
        await house.watch.recover()
        assert house.catalogue.known_run_ids() == {good}


async def test_newcomers_show_up(house: House, watched: FolderWatch) -> None:
    """A run that somebody makes and hosts elsewhere appears, is followed, and ends here too."""
    assert watched is house.watch
    run_id = house.queued("cli")
    process = await host(house, run_id)
    await house.in_state_when_known(run_id, RunState.RUNNING)
    await asyncio.to_thread(process.finish)
    await house.in_state(run_id, RunState.FINISHED)
    assert len(house.launcher.launched) == 1


async def test_a_run_that_is_about_to_start_is_left_alone(
    house: House, watched: FolderWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queued run may still get its process: it is declared dead only after its time is over."""
    run_id = house.queued("cli")
    await house.in_state_when_known(run_id, RunState.QUEUED)

    async def looked_twice() -> bool:
        return run_id in watched._undecided

    await eventually(looked_twice)
    assert house.folders.assemble(run_id).state is RunState.QUEUED
    await host(house, run_id)

    async def adopted() -> bool:
        return house.supervisor.attends(run_id)

    await eventually(adopted)
    late = house.queued("cli")
    monkeypatch.setattr(recovery, "START_PATIENCE", timedelta(0))
    run = await house.in_state_when_known(late, RunState.INTERRUPTED)
    assert run.state is RunState.INTERRUPTED


async def test_at_the_start_too_it_is_left_alone(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that starts while a terminal is still importing torch does not end its run."""
    monkeypatch.setattr(recovery, "SCAN_INTERVAL_S", 0.01)
    async with opener() as house:
        run_id = house.queued("cli")
        await house.watch.recover()
        assert (await house.index.get(run_id)).state is RunState.QUEUED
        await host(house, run_id)
        house.watch.begin()
        await house.in_state(run_id, RunState.RUNNING)


async def test_who_waited_waits_again(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that waited for a place when the server went get one in the next server, first come
    first served; a run whose process went before it could write is interrupted.
    """
    async with opener() as first:
        ids = [first.queued() for _ in range(5)]
        gone = first.queued()
        mark_launched(first.folders.path(gone))
    async with opener() as second:
        second.launcher.manners.warm_up.clear()
        await second.watch.recover()
        assert [run.assignment.run_id for run in second.launcher.launched] == ids[:4]
        assert (await second.index.get(ids[4])).queue_position == 1
        second.launcher.manners.warm_up.set()
        for run_id in ids[:4]:
            await second.in_state(run_id, RunState.RUNNING)
        assert second.folders.assemble(gone).state is RunState.QUEUED
        assert not second.admission.awaits_process(gone)
        monkeypatch.setattr(recovery, "START_PATIENCE", timedelta(0))
        await second.watch._take_in(gone)
        assert second.folders.assemble(gone).state is RunState.INTERRUPTED


async def test_interrupted_runs_go_on_by_themselves_if_asked_for(opener: Opener) -> None:
    """After a reboot a run whose spec asks for it starts from where it was; others wait."""
    plan = RecoverySpec(resume_after_interruption=True)
    async with opener() as first:
        ids = [first.queued(recovery=plan), first.queued()]
        for run_id in ids:
            await first.index.refresh(run_id)
            (command,) = first.folders.reader(run_id).open_commands()
            await first.supervisor.launch(run_id, start_command_id=command.id, actor="token")
            await first.in_state(run_id, RunState.RUNNING)
        await first.supervisor.close(keep_runs=False)
        assert [(await first.index.get(run_id)).state for run_id in ids] == [
            RunState.INTERRUPTED
        ] * 2
    async with opener() as second:
        await second.watch.recover()
        await second.in_state(ids[0], RunState.RUNNING)
        assert (await second.index.get(ids[1])).state is RunState.INTERRUPTED
        *_, start = second.folders.reader(ids[0]).commands(after=None, limit=9)
        assert (start.actor, start.action.name) == ("server", "start")


async def test_our_own_new_runs_are_not_touched(house: House, watched: FolderWatch) -> None:
    """Runs that this server is just launching are not mistaken for somebody else's."""
    for _ in range(5):
        run_id, process = await house.launched()
        assert process in house.launcher.launched
        assert house.folders.assemble(run_id).state is RunState.RUNNING
        await asyncio.to_thread(process.finish)
        await house.alone(run_id)
    assert len(house.launcher.launched) == 5

    async def nothing_open() -> bool:
        return not watched._undecided

    await eventually(nothing_open)


async def test_a_busy_record_is_looked_at_again(
    house: House, watched: FolderWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is held for a moment is not given up: the next look decides."""
    monkeypatch.setattr(recovery, "START_PATIENCE", timedelta(0))
    monkeypatch.setattr("matinee.journal.writer.OWNERSHIP_WAIT_S", 0.0)
    run_id = house.created()
    holder = Ownership(house.folders.path(run_id))
    holder.release()
    queued = house.queued("cli")
    with JournalWriter(house.folders.path(queued)):

        async def noticed() -> bool:
            return queued in watched._undecided

        await eventually(noticed)
    await house.in_state_when_known(queued, RunState.INTERRUPTED)


async def test_the_watch_survives_a_stumble(
    house: House, watched: FolderWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If folders or catalogue cannot be read for a moment, the watch goes on."""
    from matinee.errors import CatalogueError

    fine = house.catalogue.known_run_ids
    stumbled = asyncio.Event()
    loop = asyncio.get_running_loop()

    def refuse() -> frozenset[str]:
        loop.call_soon_threadsafe(stumbled.set)
        raise CatalogueError("locked")

    monkeypatch.setattr(house.catalogue, "known_run_ids", refuse)
    await stumbled.wait()
    monkeypatch.setattr(house.catalogue, "known_run_ids", fine)
    run_id = house.created()
    await house.in_state_when_known(run_id, RunState.CREATED)
    assert watched._task is not None
    assert not watched._task.done()
