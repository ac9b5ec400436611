"""Runs get a place at once, or when their turn comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.house import House, eventually, open_house
from matinee.contracts.commands import Abort, Pause, Start, Stop
from matinee.contracts.run import Run
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, LimitExceededError
from matinee.runs import live_run, restarts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(data_dir: Path, runtime_dir: Path, environment_cache: Path) -> AsyncIterator[House]:
    """A server with one place."""
    async with open_house(
        data_dir,
        runtime_dir=runtime_dir,
        environment_cache=environment_cache,
        max_active_runs=1,
        max_queued_runs=3,
    ) as house:
        yield house


async def create(house: House, **fields: Any) -> Run:
    """A run that is to start."""
    request = RunRequest.model_validate({"environment": {"id": "CartPole-v1"}, **fields})
    return await house.service.create_run(request, actor="token", idempotency_key=None, wait_s=0)


async def position(house: House, run: Run) -> int | None:
    """Where it stands in line."""
    return (await house.index.get(run.id)).queue_position


async def test_who_comes_too_late_waits_for_the_turn(house: House) -> None:
    """Groups take turns; each end lets the next one in, and the others move up."""
    first = await create(house, group="a")
    await house.in_state(first.id, RunState.RUNNING)
    second = await create(house, group="a")
    third = await create(house, group="a")
    other = await create(house, group="b")
    assert second.state is RunState.QUEUED
    assert [await position(house, each) for each in (first, second, third, other)] == [
        None, 1, 3, 2,
    ]  # fmt: skip
    system = await house.service.system()
    assert (system.active_runs, system.queued_runs, system.limits.queued_runs) == (1, 3, 3)

    for run in (second, other, third):
        await asyncio.to_thread(house.launcher.launched[-1].finish)
        await house.in_state(run.id, RunState.RUNNING)
    assert [await position(house, each) for each in (second, other, third)] == [None] * 3
    assert len(house.launcher.launched) == 4


async def test_a_line_that_is_too_long_is_refused(house: House) -> None:
    """Beyond the limit nothing is made, and the numbers are told."""
    for _ in range(4):
        await create(house)
    with pytest.raises(LimitExceededError, match="3 runs wait for one of 1 places") as caught:
        await create(house)
    assert caught.value.code == "too_many_queued_runs"
    created = house.created()
    await house.index.refresh(created)
    with pytest.raises(LimitExceededError):
        await house.steering.command(created, Start(), actor="token", wait_s=0)
    assert len(list(house.folders.run_ids())) == 5


async def test_nobody_gets_in_after_closing(house: House) -> None:
    """A run that ends while the server leaves frees a place that nobody takes."""
    first, waiting = await create(house), await create(house)
    await house.in_state(first.id, RunState.RUNNING)
    await house.admission.close()
    await asyncio.to_thread(house.launcher.launched[0].finish)
    await house.alone(first.id)
    await asyncio.gather(*house.admission._pumps)

    assert len(house.launcher.launched) == 1
    assert (await house.index.get(waiting.id)).state is RunState.QUEUED


@pytest.mark.parametrize("action", [Stop(), Abort()])
async def test_who_waits_can_be_ended(house: House, action: Stop | Abort) -> None:
    """A stop or an abort takes a run out of the line: it never had a process."""
    await create(house)
    waiting = await create(house)
    command = await house.steering.command(waiting.id, action, actor="token", wait_s=5)
    run = await house.index.get(waiting.id)

    assert command.state.value == "applied"
    assert run.state is (RunState.STOPPED if isinstance(action, Stop) else RunState.ABORTED)
    assert run.queue_position is None
    ledger = house.folders.reader(waiting.id).commands(after=None, limit=9)
    assert [each.state.value for each in ledger] == ["rejected", "applied"]
    await asyncio.to_thread(house.launcher.launched[0].finish)
    await house.alone(house.launcher.launched[0].assignment.run_id)
    assert len(house.launcher.launched) == 1


async def test_who_waits_can_do_nothing_else(house: House) -> None:
    """Other commands need a process; the answer has the place in line."""
    await create(house)
    waiting = await create(house)
    with pytest.raises(ConflictError, match="waits for a place \\(number 1\\)"):
        await house.steering.command(waiting.id, Pause(), actor="token", wait_s=0)
    again = await house.steering.command(waiting.id, Start(), actor="token", wait_s=0)
    assert again.state.value == "applied"
    assert await position(house, waiting) == 1


async def test_a_launch_that_fails_lets_the_next_one_in(house: House) -> None:
    """A process that can't be started keeps no place."""
    await create(house)
    doomed, lucky = await create(house), await create(house)
    house.launcher.refusal = OSError("no more processes")
    await asyncio.to_thread(house.launcher.launched[0].finish)
    await house.in_state(doomed.id, RunState.FAILED)
    await house.in_state(lucky.id, RunState.FAILED)


RESTARTING = {"recovery": {"restart_after_death": True, "max_restarts": 2}}


async def test_a_run_that_dies_is_started_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As often as its spec allows, without a moment in which it counts as ended; then it fails."""
    monkeypatch.setattr(restarts, "BACKOFF_S", (0.01,))
    run = await create(house, **RESTARTING)
    for number in range(3):

        async def launched(number: int = number) -> bool:
            return len(house.launcher.launched) > number

        await eventually(launched)
        await house.in_state(run.id, RunState.RUNNING)
        assert (await house.index.get(run.id)).restarts == number
        await asyncio.to_thread(house.launcher.launched[number].crash)
    failed = await house.in_state(run.id, RunState.FAILED)

    assert (failed.reason or "").startswith("gave up after 2 restarts; the last: the run process")
    page = house.folders.reader(run.id).events(after=0, limit=1000)
    changes = [e for e in map(orjson.loads, page.events) if e["type"] == "run_state_changed"]
    assert [e["state"] for e in changes] == [
        "queued", "starting", "running", "failed",
        "queued", "starting", "running", "failed",
        "queued", "starting", "running", "failed",
    ]  # fmt: skip
    assert changes[4]["reason"].startswith("restart 1 of 2 in 0.01 s; the run process was ended by")
    assert (await house.service.figures()).restarts == {"signal": 2}
    ledger = house.folders.reader(run.id).commands(after=None, limit=9)
    assert [(each.actor, each.state.value) for each in ledger] == [
        ("token", "applied"), ("server", "applied"), ("server", "applied"),
    ]  # fmt: skip


async def test_a_pause_before_a_restart_can_be_ended(house: House) -> None:
    """Somebody who stops a run that is about to be started again is heard."""
    run = await create(house, **RESTARTING)
    await house.in_state(run.id, RunState.RUNNING)
    await asyncio.to_thread(house.launcher.launched[0].crash)
    await house.in_state(run.id, RunState.QUEUED)
    await house.alone(run.id)
    command = await house.steering.command(run.id, Stop(), actor="token", wait_s=5)
    assert command.state.value == "applied"
    await asyncio.sleep(restarts.BACKOFF_S[0] + 0.1)
    assert (await house.index.get(run.id)).state is RunState.STOPPED
    assert len(house.launcher.launched) == 1


async def test_who_asked_for_a_death_gets_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An abort that has to kill the process is the end, whatever the spec says."""
    monkeypatch.setattr(live_run, "ABORT_LINK_TIMEOUT_S", 0.05)
    house.launcher.manners.answers = False
    run = await create(house, **RESTARTING)
    await house.in_state(run.id, RunState.RUNNING)
    house.launcher.launched[0].hang_up()
    await house.steering.command(run.id, Abort(), actor="token", wait_s=5)
    await house.in_state(run.id, RunState.ABORTED)
    assert not house.admission.awaits_process(run.id)


async def test_a_run_that_reports_its_failure_stays_failed(house: House) -> None:
    """An exception would come again; only a death is worth another try."""
    run = await create(house, **RESTARTING)
    await house.in_state(run.id, RunState.RUNNING)
    process = house.launcher.launched[0]
    await asyncio.to_thread(
        process._do, lambda: process._end(RunState.FAILED, "the simulator broke")
    )
    await house.in_state(run.id, RunState.FAILED)
    await house.alone(run.id)
    assert not house.admission.awaits_process(run.id)
