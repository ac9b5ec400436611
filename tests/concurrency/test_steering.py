"""Many people and one run: whatever they ask at the same time, the record stays true."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from fakes.house import House, open_house
from fakes.scripted_runs import Manners
from matinee.contracts.commands import (
    FINAL_COMMAND_STATES,
    Abort,
    Action,
    Pause,
    Resume,
    SetHyperparameters,
    Start,
    Step,
    Stop,
)
from matinee.contracts.run_state import ENDED_STATES, RunState, check_transition
from matinee.errors import MatineeError

pytestmark = pytest.mark.anyio

ACTIONS: tuple[Action, ...] = (
    Start(),
    Pause(),
    Resume(),
    Step(updates=1),
    SetHyperparameters(settings={"gamma": 0.5}),
    SetHyperparameters(settings={"learning_rate": 0.1}),
)


async def person(house: House, run_id: str, chance: random.Random, errors: Counter[str]) -> None:
    """Asks for this and that, and takes what comes."""
    for _ in range(chance.randrange(3, 12)):
        action = chance.choice(ACTIONS)
        if chance.random() < 0.08:
            action = chance.choice((Stop(), Abort()))
        try:
            command = await house.steering.command(
                run_id, action, actor="token", wait_s=chance.choice((0.0, 0.02))
            )
            assert command.action.name in (action.name, "start")
        except MatineeError as error:
            errors[error.code] += 1
        await asyncio.sleep(chance.random() * 0.01)


async def fate(house: House, chance: random.Random) -> None:
    """Now and then a process crashes, is told to go, finishes, or loses its connection."""
    for _ in range(4):
        await asyncio.sleep(chance.random() * 0.04)
        living = [run for run in house.launcher.launched if run.is_alive()]
        if living:
            run = chance.choice(living)
            blow = chance.choice((run.crash, run.terminate, run.terminate, run.stumble))
            await asyncio.to_thread(blow)
        house.launcher.manners = Manners()


def check_record(house: House, run_id: str) -> None:
    """The record is one legal life, without gap, with every command at its end."""
    events: list[dict[str, Any]] = []
    cursor = 0
    while (page := house.folders.reader(run_id).events(after=cursor, limit=1000)).events:
        events += map(orjson.loads, page.events)
        cursor = page.next
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    changes = [event for event in events if event["type"] == "run_state_changed"]
    state = RunState.CREATED
    for change in changes:
        assert change["previous_state"] == state
        check_transition(state, RunState(change["state"]))
        state = RunState(change["state"])
    snapshot, last_seq = house.folders.reader(run_id).snapshot()
    assert (snapshot.state, last_seq) == (state, len(events))
    assert state in ENDED_STATES
    ledger = house.folders.reader(run_id).commands(after=None, limit=10_000)
    assert [each.id for each in ledger if each.state not in FINAL_COMMAND_STATES] == []
    told = Counter(
        event["command_id"]
        for event in events
        if event["type"] in ("command_applied", "command_rejected")
    )
    assert told == Counter(each.id for each in ledger)


@pytest.mark.parametrize("seed", range(8))
async def test_a_crowd_and_bad_luck(
    data_dir: Path, runtime_dir: Path, environment_cache: Path, seed: int
) -> None:
    """Random commands from many at once, with crashes in between: every record is one legal life,
    no run has two processes, every command has an end, and nobody looks after the dead.
    """
    chance = random.Random(seed)
    errors: Counter[str] = Counter()
    async with open_house(
        data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache, max_active_runs=3
    ) as house:
        run_ids = [house.created() for _ in range(4)]
        for run_id in run_ids:
            await house.index.refresh(run_id)
        await asyncio.wait_for(
            asyncio.gather(
                fate(house, chance),
                *(person(house, chance.choice(run_ids), chance, errors) for _ in range(12)),
            ),
            60,
        )
        by_run: Counter[str] = Counter(
            run.assignment.run_id for run in house.launcher.launched if run.is_alive()
        )
        assert all(count == 1 for count in by_run.values())
        for run_id in run_ids:
            await house.steering.command(run_id, Abort(), actor="token", wait_s=20)
        for run_id in run_ids:
            await house.alone(run_id)
            check_record(house, run_id)
            stored = house.catalogue.find_run(run_id)
            assert stored is not None
            assert stored == await house.index.get(run_id) == house.folders.assemble(run_id)
        assert house.index.live == {}
        assert house.admission.waiting == 0
        assert house.supervisor._bells.keys() <= set(run_ids)
    unexpected = errors.keys() - {
        "wrong_state",
        "run_unreachable",
        "run_active",
    }
    assert unexpected == set()
