"""Who may ask what of a run when, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fakes.house import House, eventually
from matinee.contracts.commands import (
    Abort,
    Action,
    CommandState,
    Pause,
    Resume,
    SetAlertThresholds,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.run_state import RunState
from matinee.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    RunUnreachableError,
)
from matinee.runs import control_link, live_run, supervisor
from matinee.runs.steering import new_command

pytestmark = pytest.mark.anyio


async def ask(house: House, run_id: str, action: Action, *, wait_s: float = 20) -> Any:
    """Ask as a script does."""
    return await house.steering.command(run_id, action, actor="token", wait_s=wait_s)


async def ready(house: House) -> str:
    """A run that waits for its start."""
    run_id = house.created()
    await house.index.refresh(run_id)
    return run_id


async def test_a_command_is_answered_with_its_outcome(house: House) -> None:
    """With patience the answer is the applied command, as the ledger has it."""
    run_id, _ = await house.launched()
    command = await ask(house, run_id, Pause())

    assert command.state is CommandState.APPLIED
    assert command.actor == "token"
    assert command == house.folders.reader(run_id).command(command.id)


async def test_who_waited_sees_what_the_command_did(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a waited-for command the run is shown as it is now, not as it was a moment ago."""
    monkeypatch.setattr(supervisor, "FOLLOW_POLL_S", 60)
    run_id, _ = await house.launched()
    monkeypatch.setattr(house.supervisor, "_hear", lambda *_, **__: None)
    for action, state in ((Pause(), RunState.PAUSED), (Resume(), RunState.RUNNING)):
        await ask(house, run_id, action)
        assert (await house.index.get(run_id)).state is state


async def test_an_unknown_run(house: House) -> None:
    """A run that does not exist is not found, whatever is asked of it."""
    with pytest.raises(NotFoundError):
        await ask(house, "01ARZ3NDEKTSV4RRFFQ69G5FAV", Pause())


async def test_starting_a_created_run(house: House) -> None:
    """A created run starts; starting it again changes nothing and is no error."""
    run_id = await ready(house)
    started = await ask(house, run_id, Start())
    assert (started.state, started.action.name) == (CommandState.APPLIED, "start")
    await house.in_state(run_id, RunState.RUNNING)

    again = await ask(house, run_id, Start())
    assert again.state is CommandState.APPLIED
    assert len(house.launcher.launched) == 1


async def test_many_starts_at_once_are_one(house: House) -> None:
    """Ten starts in the same moment start one process."""
    run_id = await ready(house)
    await asyncio.gather(*(ask(house, run_id, Start()) for _ in range(10)))
    assert len(house.launcher.launched) == 1


@pytest.mark.parametrize("action", [Start(), Resume()], ids=["start", "resume"])
async def test_an_interrupted_run_goes_on(house: House, action: Action) -> None:
    """An interrupted run can be started, and resuming it means the same."""
    run_id, process = await house.launched()
    process.terminate()
    await house.in_state(run_id, RunState.INTERRUPTED)
    command = await ask(house, run_id, action)

    assert (command.state, command.action.name) == (CommandState.APPLIED, "start")
    run = await house.in_state(run_id, RunState.RUNNING)
    assert run.reason is None
    assert run.ended_at is None
    assert len(house.launcher.launched) == 2
    assert run_id in house.index.live


async def test_a_start_waits_for_the_old_process(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started anew while its old process is still leaving, a run gets its new one after that."""
    run_id, old = await house.launched()
    leave, stay = old._die, asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(old, "_die", lambda _end: loop.call_soon_threadsafe(stay.set))
    old.terminate()
    await house.in_state(run_id, RunState.INTERRUPTED)
    await stay.wait()
    starting = asyncio.create_task(ask(house, run_id, Start()))
    await asyncio.sleep(0.05)
    assert not starting.done()
    assert len(house.launcher.launched) == 1

    monkeypatch.setattr(old, "_die", leave)
    await asyncio.to_thread(old.kill)
    assert (await starting).state is CommandState.APPLIED
    await house.in_state(run_id, RunState.RUNNING)
    assert house.supervisor.attends(run_id)


@pytest.mark.parametrize(
    ("action", "state"), [(Stop(), RunState.STOPPED), (Abort(), RunState.ABORTED)]
)
async def test_ending_a_run_that_never_started(
    house: House, action: Action, state: RunState
) -> None:
    """A created run can be stopped and aborted without a process, with a whole record."""
    run_id = await ready(house)
    command = await ask(house, run_id, action)

    assert command.state is CommandState.APPLIED
    run = await house.index.get(run_id)
    assert run.state is state
    assert run.reason is not None
    assert "before it started" in run.reason
    assert house.launcher.launched == []


@pytest.mark.parametrize("action", [Stop(), Abort()], ids=["stop", "abort"])
async def test_ending_twice_is_no_error(house: House, action: Action) -> None:
    """Stopping what has ended answers as applied, and records nothing."""
    run_id, process = await house.launched()
    await asyncio.to_thread(process.finish)
    await house.in_state(run_id, RunState.FINISHED)
    before = house.folders.reader(run_id).snapshot()[1]
    command = await ask(house, run_id, action)

    assert command.state is CommandState.APPLIED
    assert house.folders.reader(run_id).snapshot()[1] == before
    assert (await house.index.get(run_id)).state is RunState.FINISHED


@pytest.mark.parametrize(
    "action",
    [
        Pause(),
        Step(updates=1),
        SetHyperparameters(settings={"gamma": 0.5}),
        SetAlertThresholds(thresholds={"slow": 0.4}),
    ],
    ids=lambda action: action.name,
)
async def test_what_needs_a_living_run(house: House, action: Action) -> None:
    """A run that has not started, or has ended, is refused what only a living one can do."""
    run_id = await ready(house)
    with pytest.raises(ConflictError, match=r"the run is created; start it first"):
        await ask(house, run_id, action)
    await ask(house, run_id, Abort())
    with pytest.raises(ConflictError, match=r"the run is aborted$") as caught:
        await ask(house, run_id, action)
    assert caught.value.code == "wrong_state"


@pytest.mark.parametrize(
    ("settings", "loc"),
    [
        ({"learning_rate": -1.0}, ("learning_rate",)),
        ({"nonsense": 1.0}, ("nonsense",)),
        ({"gamma": 0.9, "rollout_length": 0}, ("rollout_length",)),
    ],
)
async def test_settings_are_checked_before_they_are_sent(
    house: House, settings: dict[str, Any], loc: tuple[str, ...]
) -> None:
    """Settings that are out of range or unknown never reach the process."""
    run_id, process = await house.launched()
    with pytest.raises(InvalidInputError) as caught:
        await ask(house, run_id, SetHyperparameters(settings=settings))
    assert [field.loc for field in caught.value.fields] == [loc]
    assert process.commands == []


@pytest.mark.parametrize(
    "thresholds", [{"slow": 0.4, "boredom": 1.0}, {"boredom": None}], ids=["number", "null"]
)
async def test_thresholds_are_checked_before_they_are_sent(
    house: House, thresholds: dict[str, float | None]
) -> None:
    """An unknown rule is named, and nothing reaches the process."""
    run_id, process = await house.launched()
    with pytest.raises(InvalidInputError, match="thresholds are not allowed") as caught:
        await ask(house, run_id, SetAlertThresholds(thresholds=thresholds))
    assert [field.loc for field in caught.value.fields] == [("boredom",)]
    assert process.commands == []


async def test_a_stale_revision_is_refused(house: House) -> None:
    """A change that is based on another revision than the present one is refused."""
    run_id, process = await house.launched()
    action = SetHyperparameters(settings={"gamma": 0.5}, expected_revision=3)
    with pytest.raises(PreconditionFailedError, match="at revision 0, not 3"):
        await ask(house, run_id, action)
    assert process.commands == []


async def test_capacity_is_never_exceeded(house: House) -> None:
    """However many start at the same moment, no more than allowed get a process; others wait."""
    ids = [await ready(house) for _ in range(9)]
    await asyncio.gather(*(ask(house, run_id, Start(), wait_s=0) for run_id in ids))

    assert len(house.launcher.launched) == 4
    assert house.admission.waiting == 5
    await asyncio.to_thread(house.launcher.launched[0].finish)

    async def next_one() -> bool:
        return len(house.launcher.launched) == 5

    await eventually(next_one)
    assert house.admission.waiting == 4


async def test_not_waiting(house: House) -> None:
    """Without patience the answer comes as soon as the record holds the command."""
    run_id, _ = await house.launched()
    command = await ask(house, run_id, Pause(), wait_s=0)
    assert house.folders.reader(run_id).command(command.id) is not None


async def test_waiting_ends_in_time(house: House) -> None:
    """A command of which nothing comes is waited for no longer than asked."""
    run_id, _ = await house.launched()
    never = new_command(run_id, Pause(), "never", actor="token")
    await asyncio.wait_for(house.steering.wait_for(run_id, never.id, timeout_s=0.05), 10)


async def test_a_command_to_a_run_that_just_ends(house: House) -> None:
    """A run that ends while it is asked something: a conflict in words, not a dead connection."""
    run_id, process = await house.launched()
    process.manners.answers = False
    asking = asyncio.create_task(ask(house, run_id, Pause()))

    async def arrived() -> bool:
        return bool(process.commands)

    await eventually(arrived)
    await asyncio.to_thread(process.finish)
    with pytest.raises(ConflictError, match="can't pause: the run is finished"):
        await asking


async def test_a_stop_of_a_run_that_just_ends(house: House) -> None:
    """Stopping a run that ends by itself in that moment is no error."""
    run_id, process = await house.launched()
    process.manners.answers = False
    asking = asyncio.create_task(ask(house, run_id, Stop()))

    async def arrived() -> bool:
        return bool(process.commands)

    await eventually(arrived)
    await asyncio.to_thread(process.finish)
    assert (await asking).state is CommandState.APPLIED
    assert (await house.index.get(run_id)).state is RunState.FINISHED


async def test_a_run_that_does_not_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs is reported as such, with what helps; nothing is changed."""
    monkeypatch.setattr(control_link, "ACK_TIMEOUT_S", 0.05)
    run_id, process = await house.launched()
    process.manners.answers = False
    with pytest.raises(RunUnreachableError, match="abort kills it"):
        await ask(house, run_id, Pause())
    assert process.is_alive()


async def test_an_abort_ends_a_process_that_hangs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An abort that is not answered kills the process; the ledger has it as applied."""
    monkeypatch.setattr(control_link, "ACK_TIMEOUT_S", 0.05)
    run_id, process = await house.launched()
    process.manners.answers = False
    command = await ask(house, run_id, Abort())

    assert command.state is CommandState.APPLIED
    assert command == house.folders.reader(run_id).command(command.id)
    run = await house.index.get(run_id)
    assert run.state is RunState.ABORTED
    assert "did not answer and was killed" in (run.reason or "")
    assert not process.is_alive()


async def test_an_abort_ends_a_process_that_is_not_there_yet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose process does not get warm can be aborted too."""
    monkeypatch.setattr(live_run, "COMMAND_LINK_TIMEOUT_S", 0.05)
    monkeypatch.setattr(live_run, "ABORT_LINK_TIMEOUT_S", 0.05)
    house.launcher.manners.warm_up.clear()
    run_id = await ready(house)
    starting = await ask(house, run_id, Start(), wait_s=0)
    assert starting.state is CommandState.ACCEPTED
    with pytest.raises(RunUnreachableError):
        await ask(house, run_id, Pause())
    assert (await ask(house, run_id, Abort())).state is CommandState.APPLIED
    assert (await house.index.get(run_id)).state is RunState.ABORTED
    start = house.folders.reader(run_id).command(starting.id)
    assert start is not None
    assert start.state is CommandState.REJECTED
