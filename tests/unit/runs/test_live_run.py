"""What the supervisor holds of a run with a process: its connection, and commands through it."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from fakes.house import House
from matinee.contracts.commands import Abort, Pause
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_state import RunState
from matinee.errors import RunUnreachableError
from matinee.runs import live_run

pytestmark = pytest.mark.anyio


async def test_a_command_waits_for_a_lost_connection(house: House) -> None:
    """While the control socket is closed commands wait; once it is open again they are applied."""
    run_id, process = await house.launched()
    await asyncio.to_thread(process.hang_up)
    asking = asyncio.create_task(
        house.supervisor.send(run_id, Pause(), actor="token", command_id=new_ulid())
    )
    answered, _ = await asyncio.wait({asking}, timeout=0.1)
    assert not answered
    process._channel.open()
    assert (await asking).accepted
    await house.in_state(run_id, RunState.PAUSED)


async def test_a_command_whose_answer_is_lost_is_applied_once(house: House) -> None:
    """If the connection breaks between command and answer, it comes again, and counts once."""
    run_id, process = await house.launched()
    process.loses_next_answer = True
    command_id = new_ulid()
    await house.supervisor.send(run_id, Pause(), actor="token", command_id=command_id)
    await house.in_state(run_id, RunState.PAUSED)

    assert [frame.command_id for frame in process.commands] == [command_id] * 2
    page = house.folders.reader(run_id).events(after=0, limit=100)
    events = [orjson.loads(event) for event in page.events]
    applied = [e for e in events if e["type"] == "command_applied"]
    assert [e["command_id"] for e in applied].count(command_id) == 1


async def test_an_abort_waits_for_a_lost_connection_for_a_moment_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An abort is given up long before a pause is: then the process is killed."""
    monkeypatch.setattr(live_run, "ABORT_LINK_TIMEOUT_S", 0.05)
    run_id, process = await house.launched()
    await asyncio.to_thread(process.hang_up)
    with pytest.raises(RunUnreachableError, match="does not answer"):
        await house.supervisor.send(run_id, Abort(), actor="token", command_id=new_ulid())
