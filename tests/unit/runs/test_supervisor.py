"""The life of each run: launch, follow, notice its death, end in order."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.house import House, eventually
from matinee.contracts.commands import Pause
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, RunUnreachableError
from matinee.journal.ownership import is_owned
from matinee.runs import supervisor as supervisor_module
from matinee.runs.deaths import record_death
from matinee.runs.live_run import Sentence
from matinee.runs.ports import ProcessExit

pytestmark = pytest.mark.anyio


def events(house: House, run_id: str) -> list[dict[str, Any]]:
    """What the record holds."""
    page = house.folders.reader(run_id).events(after=0, limit=1000)
    return [orjson.loads(event) for event in page.events]


async def test_a_launched_run_is_followed(house: House) -> None:
    """What a run records shows in the index and in the feed, in the order of its record."""
    run_id, process = await house.launched()
    assert house.supervisor.ticking
    assert house.supervisor.attends(run_id)
    await asyncio.to_thread(process.advance, 250)

    async def look() -> bool:
        return (await house.index.get(run_id)).progress.env_steps == 250

    await eventually(look)
    frame, cursor = await house.hub.next_frame(run_id, 0)
    assert cursor == house.folders.reader(run_id).snapshot()[1]
    assert orjson.loads(frame)["next"] == cursor
    assert house.supervisor.heartbeat_ages_s().keys() == {run_id}


async def test_an_orderly_end_is_left_as_it_is(house: House) -> None:
    """A run that says how it ended is believed, and then nobody looks after it any more."""
    run_id, process = await house.launched()
    await asyncio.to_thread(process.finish)
    run = await house.in_state(run_id, RunState.FINISHED)
    await house.alone(run_id)

    assert run.reason == "the budget is used up"
    assert events(house, run_id)[-1]["state"] == "finished"
    assert house.supervisor.heartbeat_ages_s() == {}
    assert house.index.live == {}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (ProcessExit(None, "SIGKILL"), "the run process was killed (SIGKILL): perhaps out of"),
        (ProcessExit(None, "SIGSEGV"), "the run process was ended by SIGSEGV"),
        (ProcessExit(3, None), "the run process left unexpectedly with exit code 3"),
        (ProcessExit(0, None), "the run process left unexpectedly with exit code 0"),
    ],
)
async def test_a_death_is_recorded_with_its_reason(
    house: House, end: ProcessExit, reason: str
) -> None:
    """A run whose process dies is failed with the reason and the log; its rows are all there."""
    run_id, process = await house.launched()
    (house.folders.path(run_id) / "worker.log").write_text("one line\nthe last words\n")
    await asyncio.to_thread(process.say, "committed before")
    await asyncio.to_thread(process.crash, end)
    run = await house.in_state(run_id, RunState.FAILED)

    assert run.reason is not None
    assert run.reason.startswith(reason)
    assert "the last words" in run.reason
    assert run.ended_at is not None
    recorded = events(house, run_id)
    assert [event["seq"] for event in recorded] == list(range(1, len(recorded) + 1))
    assert any(event.get("message") == "committed before" for event in recorded)


async def test_one_death_is_nobody_elses(house: House) -> None:
    """Other runs go on as if nothing had happened."""
    first, dying = await house.launched()
    second, living = await house.launched()
    await asyncio.to_thread(dying.crash)
    await house.in_state(first, RunState.FAILED)
    await asyncio.to_thread(living.advance, 99)

    async def look() -> bool:
        return (await house.index.get(second)).progress.env_steps == 99

    await eventually(look)
    ack = await house.supervisor.send(second, Pause(), actor="token", command_id=new_ulid())
    assert ack.accepted


async def test_a_death_at_the_very_start(house: House) -> None:
    """A process that dies before it has written anything leaves a failed run, not a queued one."""
    house.launcher.manners.warm_up.clear()
    run_id = house.queued()
    await house.index.refresh(run_id)
    await house.supervisor.launch(run_id, start_command_id="x", actor="token")
    await asyncio.to_thread(house.launcher.launched[0].crash, ProcessExit(1, None))
    run = await house.in_state(run_id, RunState.FAILED)

    assert "exit code 1" in (run.reason or "")
    assert house.folders.reader(run_id).open_commands() == []


async def test_no_process_at_all(house: House) -> None:
    """If no process can be started the run is failed, with the system's words."""
    house.launcher.refusal = OSError("no more processes")
    run_id = house.queued()
    await house.index.refresh(run_id)
    await house.supervisor.launch(run_id, start_command_id="x", actor="token")
    run = await house.index.get(run_id)

    assert run.state is RunState.FAILED
    assert run.reason == "no process could be started: no more processes"
    assert not house.supervisor.attends(run_id)


async def test_a_death_is_recorded_once_the_disk_allows_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the death cannot be written down at first, it is tried again until it can."""
    monkeypatch.setattr(supervisor_module, "BURIAL_RETRY_S", (0.01,))
    failures = [sqlite3.OperationalError("disk I/O error"), OSError("no space")]

    def reluctant(*arguments: Any, **options: Any) -> None:
        if failures:
            raise failures.pop()
        record_death(*arguments, **options)

    monkeypatch.setattr(supervisor_module, "record_death", reluctant)
    run_id, process = await house.launched()
    await asyncio.to_thread(process.crash)
    await house.in_state(run_id, RunState.FAILED)
    assert failures == []
    await house.alone(run_id)


async def test_supervision_goes_on_after_a_stumble(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong while a run is looked after, it is looked after again."""
    monkeypatch.setattr(supervisor_module, "FOLLOW_POLL_S", 0.01)
    run_id, process = await house.launched()
    pull, stumbles = house.hub.pull, ["follower", "life"]

    async def stumble(run_id: str) -> Any:
        if stumbles:
            raise ZeroDivisionError(stumbles.pop())
        return await pull(run_id)

    monkeypatch.setattr(house.hub, "pull", stumble)
    await asyncio.to_thread(process.advance, 10)

    async def followed() -> bool:
        return (await house.index.get(run_id)).progress.env_steps == 10

    await eventually(followed)
    stumbles.extend(["burial", "burial"])
    await asyncio.to_thread(process.crash)
    await house.in_state(run_id, RunState.FAILED)
    assert stumbles == []


async def test_a_folder_that_is_taken_away_is_let_go(house: House) -> None:
    """If somebody removes the folder of a running run, its supervision ends without a fuss."""
    run_id, process = await house.launched()
    (house.folders.root / run_id).rename(house.data_dir / "elsewhere")
    await asyncio.to_thread(process.crash)
    await house.alone(run_id)
    assert house.supervisor.ticking


async def test_a_death_is_noticed_though_the_connection_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper that keeps a dead process's socket open does not hide its death."""
    run_id, process = await house.launched()
    close = process._channel.close
    monkeypatch.setattr(process._channel, "close", lambda: None)
    await asyncio.to_thread(process.crash)
    await house.in_state(run_id, RunState.FAILED)
    assert process._channel.peers <= 1
    close()


async def test_news_come_also_without_a_connection(house: House) -> None:
    """A run whose notices are lost is followed all the same, by looking now and then."""
    house.launcher.manners.listens = False
    run_id = house.queued()
    await house.index.refresh(run_id)
    (command,) = house.folders.reader(run_id).open_commands()
    await house.supervisor.launch(run_id, start_command_id=command.id, actor="token")
    await house.in_state(run_id, RunState.RUNNING)


async def test_a_process_that_never_listens_is_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that does not open its socket in time is killed, and the run is failed."""
    monkeypatch.setattr(supervisor_module, "START_TIMEOUT_S", 0.05)
    house.launcher.manners.listens = False
    run_id = house.queued()
    await house.index.refresh(run_id)
    (command,) = house.folders.reader(run_id).open_commands()
    await house.supervisor.launch(run_id, start_command_id=command.id, actor="token")
    run = await house.in_state(run_id, RunState.FAILED)
    assert run.reason == "the run process was killed: it had not answered for 0.05 s"


async def test_a_process_that_starves_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow imports are no hang: who gets on is ended by the second bound alone."""
    monkeypatch.setattr(supervisor_module, "START_TIMEOUT_S", 0.2)
    monkeypatch.setattr(supervisor_module, "START_LIMIT_S", 1.5)
    house.launcher.manners.listens = False
    house.launcher.manners.is_busy = True
    run_id = house.queued()
    await house.index.refresh(run_id)
    (command,) = house.folders.reader(run_id).open_commands()
    await house.supervisor.launch(run_id, start_command_id=command.id, actor="token")
    run = await house.in_state(run_id, RunState.FAILED)
    assert run.reason == "the run process was killed: it had not answered for 1.5 s"


async def test_a_process_that_stays_after_hanging_up_is_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has closed its socket may take its time to leave, but not for ever."""
    monkeypatch.setattr(supervisor_module, "RELINK_TIMEOUT_S", 0.05)
    run_id, process = await house.launched()
    await asyncio.to_thread(process.hang_up)
    await house.in_state(run_id, RunState.FAILED)
    assert not process.is_alive()


async def test_a_terminals_process_is_never_killed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in somebody's terminal is not killed for silence, nor when the server leaves."""
    monkeypatch.setattr(supervisor_module, "RELINK_TIMEOUT_S", 0.02)
    house.launcher.manners.hosted_by = "terminal"
    run_id, process = await house.launched()
    sentence = Sentence(RunState.ABORTED, "x")
    with pytest.raises(RunUnreachableError):
        await house.supervisor.kill(run_id, sentence)
    await asyncio.to_thread(process.hang_up)
    await asyncio.sleep(0.2)
    await house.supervisor.close(keep_runs=False)

    assert process.is_alive()
    assert house.folders.assemble(run_id).state is RunState.RUNNING


async def test_commands_for_nobody(house: House) -> None:
    """A run without a process, and one that does not acknowledge, cannot be commanded."""
    with pytest.raises(RunUnreachableError, match="has no process"):
        await house.supervisor.send(new_ulid(), Pause(), actor="x", command_id=new_ulid())
    run_id, process = await house.launched()
    process.manners.answers = False
    asking = asyncio.create_task(
        house.supervisor.send(run_id, Pause(), actor="x", command_id=new_ulid())
    )

    async def arrived() -> bool:
        return bool(process.commands)

    await eventually(arrived)
    await asyncio.to_thread(process.crash)
    with pytest.raises(RunUnreachableError, match="gone"):
        await asking


async def test_killing_records_who_wanted_it(house: House) -> None:
    """A run that is killed on request ends in the state that was asked for, with the reason."""
    run_id, process = await house.launched()
    await house.supervisor.kill(run_id, Sentence(RunState.ABORTED, "it did not answer"))
    run = await house.index.get(run_id)

    assert (run.state, run.reason) == (RunState.ABORTED, "it did not answer")
    assert not process.is_alive()
    assert not house.supervisor.attends(run_id)


async def test_gone_waits_for_the_process(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`gone` returns once the folder is nobody's, and gives up on a process that stays."""
    run_id, process = await house.launched()
    monkeypatch.setattr(supervisor_module, "EXIT_TIMEOUT_S", 0.05)
    with pytest.raises(ConflictError, match="has not left yet"):
        await house.supervisor.gone(run_id)
    monkeypatch.setattr(supervisor_module, "EXIT_TIMEOUT_S", 30)
    ending = threading.Thread(target=process.finish)
    ending.start()
    await house.supervisor.gone(run_id)
    assert not is_owned(house.folders.path(run_id))
    assert (await house.index.get(run_id)).state is RunState.FINISHED
    await asyncio.to_thread(ending.join)
    await house.supervisor.gone(run_id)


async def test_leaving_ends_runs_in_order(house: House) -> None:
    """A server that leaves interrupts its runs, and waits until they have gone."""
    runs = [await house.launched() for _ in range(3)]
    await house.supervisor.close(keep_runs=False)

    for run_id, process in runs:
        assert not process.is_alive()
        run = house.folders.assemble(run_id)
        assert (run.state, run.reason) == (RunState.INTERRUPTED, "the server shut down")
    assert not house.supervisor.ticking


async def test_leaving_can_let_runs_go_on(house: House) -> None:
    """With keep_runs the server only lets go."""
    run_id, process = await house.launched()
    await house.supervisor.close(keep_runs=True)
    assert process.is_alive()
    assert house.folders.assemble(run_id).state is RunState.RUNNING


async def test_leaving_does_not_wait_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that heeds neither command nor signal is killed after the grace period, and says so."""
    monkeypatch.setattr(supervisor_module, "SHUTDOWN_GRACE_S", 0.1)
    run_id, process = await house.launched()
    process.manners.answers = False
    process.manners.heeds_sigterm = False
    await house.supervisor.close(keep_runs=False)

    assert not process.is_alive()
    run = house.folders.assemble(run_id)
    assert run.state is RunState.INTERRUPTED
    assert "it had not ended when the server had to leave" in (run.reason or "")


async def test_leaving_in_a_hurry(house: House) -> None:
    """A second signal cuts the grace period short."""
    run_id, process = await house.launched()
    process.manners.answers = False
    process.manners.heeds_sigterm = False
    leaving = asyncio.create_task(house.supervisor.close(keep_runs=False))

    async def asked() -> bool:
        return bool(process.commands)

    await eventually(asked)
    house.supervisor.hurry()
    await asyncio.wait_for(leaving, supervisor_module.SHUTDOWN_GRACE_S / 2)
    assert house.folders.assemble(run_id).state is RunState.INTERRUPTED


async def test_leaving_while_a_run_gets_warm(house: House) -> None:
    """A run whose process has not begun yet is ended at once, as interrupted."""
    house.launcher.manners.warm_up.clear()
    run_id = house.queued()
    await house.index.refresh(run_id)
    await house.supervisor.launch(run_id, start_command_id="x", actor="token")
    await house.supervisor.close(keep_runs=False)
    run = house.folders.assemble(run_id)

    assert run.state is RunState.INTERRUPTED
    assert run.reason == "the server shut down before the run had begun"


async def test_a_launch_during_the_leaving_is_not_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is just being launched when the server leaves is ended too, by whoever asked."""
    launch = house.launcher.launch
    held, go_on = asyncio.Event(), asyncio.Event()

    async def slow_launch(assignment: Any) -> Any:
        held.set()
        await go_on.wait()
        return await launch(assignment)

    monkeypatch.setattr(house.launcher, "launch", slow_launch)
    first, second = house.queued(), house.queued()
    for run_id in (first, second):
        await house.index.refresh(run_id)
    (command,) = house.folders.reader(first).open_commands()
    asking = asyncio.create_task(
        house.supervisor.launch(first, start_command_id=command.id, actor="x")
    )
    await held.wait()
    asking.cancel()
    leaving = asyncio.create_task(house.supervisor.close(keep_runs=False))
    await asyncio.sleep(0)
    go_on.set()
    await leaving
    await house.supervisor.launch(second, start_command_id="x", actor="x")

    assert [house.folders.assemble(each).state for each in (first, second)] == [
        RunState.INTERRUPTED
    ] * 2
    assert len(house.launcher.launched) == 1
    assert not house.launcher.launched[0].is_alive()


async def test_adopting_is_done_once(house: House, runtime_dir: Path) -> None:
    """A run that is looked after already is not adopted a second time."""
    run_id, process = await house.launched()
    task = house.supervisor._live[run_id].task
    house.supervisor.adopt(run_id, process, runtime_dir / f"{run_id}.sock")
    assert house.supervisor._live[run_id].task is task


async def test_frames_are_let_go_after_the_end(house: House) -> None:
    """An ended run holds no frames in memory; who lags reads the record."""
    run_id, process = await house.launched()
    await asyncio.to_thread(process.say, "x" * 1000)
    await house.hub.pull(run_id)
    feed = await house.hub.feed(run_id)
    await asyncio.to_thread(process.finish)
    await house.alone(run_id)
    assert feed._bytes == 0
    frame, _ = await house.hub.next_frame(run_id, 0)
    assert "x" * 1000 in frame
