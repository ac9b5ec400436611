"""The life of runs against a model: real service, records and sockets, processes that are threads.

`MATINEE_TEST_LIFE_EXAMPLES=1000` plays that many programs of 50 steps.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fakes.house import House, eventually, open_house
from fakes.scripted_runs import ScriptedRun
from matinee.contracts.commands import Abort, Action, Pause, Resume, SetHyperparameters, Start, Stop
from matinee.contracts.run_parts import RecoverySpec
from matinee.contracts.run_state import STARTABLE_STATES, RunState, check_transition
from matinee.errors import ConflictError
from matinee.runs import restarts

EXAMPLES = int(os.environ.get("MATINEE_TEST_LIFE_EXAMPLES", "10"))
STEPS = 50 if EXAMPLES > 100 else 25
PLACES = 2
MOST_RUNS = 5
MOST_RESTARTS = 2
ANSWER_TIMEOUT_S = 120.0
TRAINING = frozenset({RunState.RUNNING, RunState.PAUSED})

_T = TypeVar("_T")


class Life(RuleBasedStateMachine):
    """People and fate on one side, a dictionary of what must come of it on the other."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")  # noqa: S108 - a commit costs an fsync; in memory that is nothing
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.runtime_dir = Path(tempfile.mkdtemp(prefix="ml-", dir="/tmp"))
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.house: House
        self.stack: AsyncExitStack
        # The model: states by run, who waits in order, restarts in a row, and what was promised.
        self.states: dict[str, RunState] = {}
        self.waiting: list[str] = []
        self.restarts: Counter[str] = Counter()
        self.immortal: set[str] = set()
        self.acknowledged: dict[str, list[str]] = {}

    def call(self, job: Coroutine[Any, Any, _T]) -> _T:
        """Do it on the server's loop."""
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(ANSWER_TIMEOUT_S)

    # ---- the model -------------------------------------------------------------------------------

    def let_in(self) -> None:
        """Whoever waits gets a place that is free."""
        while self.waiting and sum(each in TRAINING for each in self.states.values()) < PLACES:
            self.states[self.waiting.pop(0)] = RunState.RUNNING

    def begin(self, run_id: str) -> None:
        """A start was accepted."""
        self.states[run_id] = RunState.QUEUED
        self.waiting.append(run_id)
        self.let_in()

    def end(self, run_id: str, state: RunState) -> None:
        """A run is over."""
        self.states[run_id] = state
        if run_id in self.waiting:
            self.waiting.remove(run_id)
        self.let_in()

    # ---- people ----------------------------------------------------------------------------------

    def pick(self, data: st.DataObject, *states: RunState) -> str:
        """A run, if possible in one of these states."""
        ids = [run_id for run_id, state in self.states.items() if state in states]
        return data.draw(st.sampled_from(ids or list(self.states)))

    def ask(self, run_id: str, action: Action) -> str | None:
        """Send a command; its id if it was taken, None if the run's state forbids it."""
        try:
            command = self.call(
                self.house.steering.command(run_id, action, actor="token", wait_s=20)
            )
        except ConflictError:
            return None
        return command.id

    @initialize()
    def open(self) -> None:
        """A server starts on an empty folder."""
        restarts.BACKOFF_S = (0.01,) * 5
        self.call(self.open_server())

    @rule(lives=st.booleans())
    @precondition(lambda self: len(self.states) < MOST_RUNS)
    def create(self, lives: bool) -> None:
        """A new run, perhaps one that is started again when it dies."""
        plan = RecoverySpec(restart_after_death=lives, max_restarts=MOST_RESTARTS)
        run_id = self.house.created(recovery=plan)
        self.call(self.house.index.refresh(run_id))
        self.states[run_id] = RunState.CREATED
        self.acknowledged[run_id] = []
        if lives:
            self.immortal.add(run_id)

    @rule(data=st.data())
    @precondition(lambda self: bool(self.states))
    def start(self, data: st.DataObject) -> None:
        """Begin, or go on after an end."""
        run_id = self.pick(data, *STARTABLE_STATES)
        before = self.states[run_id]
        taken = self.ask(run_id, Start())
        if before in STARTABLE_STATES:
            assert taken is not None
            self.restarts[run_id] = 0
            self.begin(run_id)
        else:
            assert (taken is not None) == (before in TRAINING | {RunState.QUEUED})

    @rule(data=st.data(), action=st.sampled_from([Stop(), Abort()]))
    @precondition(lambda self: bool(self.states))
    def finish_it(self, data: st.DataObject, action: Stop | Abort) -> None:
        """Stop or abort, whatever it does."""
        run_id = self.pick(data, *TRAINING, RunState.QUEUED)
        assert self.ask(run_id, action) is not None
        if self.states[run_id] in TRAINING | {RunState.QUEUED, RunState.CREATED}:
            self.end(run_id, RunState.STOPPED if action.name == "stop" else RunState.ABORTED)

    @rule(
        data=st.data(),
        action=st.sampled_from([Pause(), Resume(), SetHyperparameters(settings={"gamma": 0.5})]),
    )
    @precondition(lambda self: bool(TRAINING & set(self.states.values())))
    def steer(self, data: st.DataObject, action: Action) -> None:
        """Pause, resume or tune a run that trains."""
        run_id = self.pick(data, *TRAINING)
        command_id = self.ask(run_id, action)
        assert command_id is not None
        self.acknowledged[run_id].append(command_id)
        if isinstance(action, Pause):
            self.states[run_id] = RunState.PAUSED
        elif isinstance(action, Resume):
            self.states[run_id] = RunState.RUNNING

    @rule(data=st.data())
    @precondition(lambda self: bool(self.states))
    def steer_one_without_process(self, data: st.DataObject) -> None:
        """A pause needs a process."""
        run_id = self.pick(data, RunState.QUEUED, RunState.CREATED, RunState.FAILED)
        if self.states[run_id] not in TRAINING:
            assert self.ask(run_id, Pause()) is None

    @rule(data=st.data())
    @precondition(lambda self: bool(self.states))
    def delete(self, data: st.DataObject) -> None:
        """Only what does not live can be deleted."""
        run_id = self.pick(data, RunState.ABORTED)
        try:
            self.call(self.house.service.delete_run(run_id))
        except ConflictError:
            assert self.states[run_id] in TRAINING | {RunState.QUEUED}
        else:
            assert self.states.pop(run_id) not in TRAINING | {RunState.QUEUED}

    # ---- fate ------------------------------------------------------------------------------------

    def process(self, run_id: str) -> ScriptedRun:
        """The one process of a run that trains."""
        (process,) = [
            each
            for each in self.house.launcher.launched
            if each.assignment.run_id == run_id and each.is_alive()
        ]
        return process

    @rule(data=st.data())
    @precondition(lambda self: bool(TRAINING & set(self.states.values())))
    def come_to_the_end(self, data: st.DataObject) -> None:
        """The budget is used up."""
        run_id = self.pick(data, *TRAINING)
        self.process(run_id).finish()
        self.end(run_id, RunState.FINISHED)

    @rule(data=st.data(), hangs=st.booleans())
    @precondition(lambda self: bool(TRAINING & set(self.states.values())))
    def die(self, data: st.DataObject, hangs: bool) -> None:
        """The process crashes, or is ended because it hangs."""
        run_id = self.pick(data, *TRAINING)
        process = self.process(run_id)
        if hangs:
            live = self.house.supervisor._live[run_id]
            self.loop.call_soon_threadsafe(self.house.supervisor._end_hung, live, "it hung")
        else:
            process.crash()
        self.end(run_id, RunState.FAILED)
        if run_id in self.immortal and self.restarts[run_id] < MOST_RESTARTS:
            self.restarts[run_id] += 1
            self.begin(run_id)

    @rule(data=st.data())
    @precondition(lambda self: bool(TRAINING & set(self.states.values())))
    def lose_the_connection(self, data: st.DataObject) -> None:
        """The socket closes and opens again: nothing comes of it."""
        self.process(self.pick(data, *TRAINING)).stumble()

    @rule()
    def restart_server(self) -> None:
        """An orderly end interrupts what trains; who waits goes on waiting."""
        self.call(self.house.supervisor.close(keep_runs=False))
        self.call(self.stack.aclose())
        for run_id, state in self.states.items():
            if state in TRAINING:
                self.states[run_id] = RunState.INTERRUPTED
        self.let_in()
        self.call(self.open_server())

    @rule()
    def lose_the_server(self) -> None:
        """A server that is gone leaves runs training; the next one adopts them."""
        living = [each for each in self.house.launcher.launched if each.is_alive()]
        self.call(self.house.admission.close())
        self.call(self.house.supervisor.close(keep_runs=True))
        self.house.launcher.launched.clear()
        self.call(self.stack.aclose())
        self.call(self.open_server(*living))

    async def open_server(self, *living: ScriptedRun) -> None:
        """A server on this folder, in which these processes live."""
        self.stack = AsyncExitStack()
        (self.folder / "data" / "cache").mkdir(parents=True, exist_ok=True)
        self.house = await self.stack.enter_async_context(
            open_house(
                self.folder / "data",
                runtime_dir=self.runtime_dir,
                environment_cache=self.folder / "none",
                max_active_runs=PLACES,
            )
        )
        self.house.launcher.launched.extend(living)
        await self.house.watch.recover()

    # ---- what must be so -------------------------------------------------------------------------

    @invariant()
    def the_world_is_as_the_model(self) -> None:
        """After every step; and every record is one legal life."""
        self.call(eventually(self.agrees))
        living = Counter(
            each.assignment.run_id for each in self.house.launcher.launched if each.is_alive()
        )
        assert max(living.values(), default=0) <= 1
        assert len(living) <= PLACES
        for run_id in self.states:
            self.check_record(run_id)

    async def agrees(self) -> bool:
        """Whether states and places in line are those of the model."""
        runs = {run_id: await self.house.index.get(run_id) for run_id in self.states}
        positions = {
            run_id: run.queue_position for run_id, run in runs.items() if run.queue_position
        }
        # The process of an ended run is gone as well.
        attended = {run_id for run_id in self.states if self.house.supervisor.attends(run_id)}
        return (
            {run_id: run.state for run_id, run in runs.items()} == self.states
            and positions == {run_id: at for at, run_id in enumerate(self.waiting, start=1)}
            # Else a run that has just died might be taken for the same run in its next life.
            and all(run.restarts == self.restarts[run_id] for run_id, run in runs.items())
            and attended == {r for r, state in self.states.items() if state in TRAINING}
        )

    def check_record(self, run_id: str) -> None:
        """Without gap, every step legal, every acknowledged command there once."""
        reader = self.house.folders.reader(run_id)
        events: list[dict[str, Any]] = []
        while (page := reader.events(after=len(events), limit=1000)).events:
            events += map(orjson.loads, page.events)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        state = RunState.CREATED
        for event in events:
            if event["type"] == "run_state_changed":
                assert event["previous_state"] == state
                check_transition(state, RunState(event["state"]))
                state = RunState(event["state"])
        assert state == self.states[run_id]
        applied = Counter(e["command_id"] for e in events if e["type"] == "command_applied")
        assert all(applied[command_id] == 1 for command_id in self.acknowledged[run_id])

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "house"):
            self.call(self.stack.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        restarts.BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.runtime_dir)


def test_runs_live_as_the_model_says() -> None:
    """Any sequence of what people do, what befalls processes and what befalls the server leads
    every run exactly where the model says, through legal steps only, and loses no command.
    """
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
