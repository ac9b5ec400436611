"""A random walk of people and fate over a real server and real run processes, beside a model.

`MATINEE_TEST_WALK_STEPS=1000` walks on for so many steps.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from integration.live_server import LONG_RUN, LiveServer, eventually, is_run_process
from matinee.contracts.run_state import STARTABLE_STATES, RunState, check_transition

STEPS = int(os.environ.get("MATINEE_TEST_WALK_STEPS", "40"))
SEED = int(os.environ.get("MATINEE_TEST_WALK_SEED", "7"))
PLACES = 2
MOST_RUNS = 4
GAMMAS = (0.9, 0.95, 0.97, 0.99)
PATIENCE_S = 150.0
"""Never reached unless something is wrong, however busy the machine."""
TRAINING = frozenset({RunState.RUNNING, RunState.PAUSED})

SPEC = {**LONG_RUN, "envs_per_worker": 2, "budget": {"env_steps": None, "seconds": 24 * 3600}}


class Walk:
    """What is done, and what must come of it."""

    def __init__(self, server: LiveServer, chance: random.Random) -> None:
        self.server = server
        self.chance = chance
        self.done: list[str] = []
        self.states: dict[str, RunState] = {}
        self.waiting: list[str] = []
        self.gammas: dict[str, float] = {}
        self.checkpoints: dict[str, dict[str, float]] = {}
        """The discount at each checkpoint that was asked for, by run."""
        self.acknowledged: dict[str, list[str]] = {}
        self.steps_seen: Counter[str] = Counter()

    # ---- the model -------------------------------------------------------------------------------

    def let_in(self) -> None:
        """Whoever waits gets a place that is free."""
        while self.waiting and sum(each in TRAINING for each in self.states.values()) < PLACES:
            self.states[self.waiting.pop(0)] = RunState.RUNNING

    def end(self, run_id: str, state: RunState) -> None:
        """A run is over."""
        self.states[run_id] = state
        if run_id in self.waiting:
            self.waiting.remove(run_id)
        self.let_in()

    def some(self, *states: RunState) -> str | None:
        """A run in one of these states, if there is any."""
        ids = [run_id for run_id, state in self.states.items() if state in states]
        return self.chance.choice(ids) if ids else None

    def tell(self, run_id: str, name: str, **body: Any) -> dict[str, Any]:
        """A command that must be taken and applied."""
        command = self.server.command(run_id, name, **body)
        assert command["state"] == "applied", command
        self.acknowledged[run_id].append(command["id"])
        return command

    # ---- people ----------------------------------------------------------------------------------

    def create(self) -> str | None:
        """A new run that begins as soon as it may."""
        if len(self.states) >= MOST_RUNS:
            return None
        run = self.server.create(SPEC, start=True)
        run_id = str(run["id"])
        self.states[run_id] = RunState.QUEUED
        self.acknowledged[run_id], self.checkpoints[run_id] = [], {}
        self.gammas[run_id] = 0.99
        self.waiting.append(run_id)
        self.let_in()
        return run_id

    def start_again(self) -> str | None:
        """An ended run goes on from its newest checkpoint."""
        run_id = self.some(*STARTABLE_STATES)
        if run_id is not None:
            self.server.command(run_id, "start", wait=0)
            self.states[run_id] = RunState.QUEUED
            self.waiting.append(run_id)
            self.let_in()
            if self.states[run_id] is RunState.RUNNING:
                self.agree()
                # Which of its own checkpoints is the newest, only the record can tell.
                self.gammas[run_id] = self.shown_gamma(run_id)
        return run_id

    def pause_or_resume(self) -> str | None:
        """The other one of both."""
        run_id = self.some(*TRAINING)
        if run_id is not None:
            runs = self.states[run_id] is RunState.RUNNING
            self.tell(run_id, "pause" if runs else "resume")
            self.states[run_id] = RunState.PAUSED if runs else RunState.RUNNING
        return run_id

    def step(self) -> str | None:
        """One update, and a pause after it."""
        run_id = self.some(RunState.PAUSED)
        if run_id is not None:
            self.tell(run_id, "step", updates=1)
        return run_id

    def tune(self) -> str | None:
        """Another discount."""
        run_id = self.some(RunState.RUNNING)
        if run_id is not None:
            gamma = self.chance.choice([g for g in GAMMAS if g != self.gammas[run_id]])
            answer = self.server.client.patch(
                f"/api/v1/runs/{run_id}/hyperparameters", params={"wait": 20}, json={"gamma": gamma}
            )
            assert answer.is_success, answer.text
            assert answer.json()["state"] == "applied", answer.text
            self.acknowledged[run_id].append(answer.json()["id"])
            self.gammas[run_id] = gamma
        return run_id

    def checkpoint(self) -> str | None:
        """Saved on command."""
        run_id = self.some(*TRAINING)
        if run_id is not None:
            saved = self.tell(run_id, "checkpoints")
            self.checkpoints[run_id][saved["checkpoint_id"]] = self.gammas[run_id]
        return run_id

    def rewind(self) -> str | None:
        """Back to one that was asked for, with the settings of then."""
        run_id = self.some(*TRAINING)
        kept = self.kept_checkpoints(run_id) if run_id else []
        if run_id is not None and kept:
            checkpoint_id = self.chance.choice(kept)
            self.tell(run_id, "rewind", checkpoint_id=checkpoint_id)
            self.gammas[run_id] = self.checkpoints[run_id][checkpoint_id]
        return run_id

    def finish(self) -> str | None:
        """Stop or abort."""
        run_id = self.some(*TRAINING, RunState.QUEUED)
        if run_id is not None:
            name = self.chance.choice(("stop", "stop", "abort"))
            self.server.command(run_id, name)
            self.end(run_id, RunState.STOPPED if name == "stop" else RunState.ABORTED)
        return run_id

    def delete(self) -> str | None:
        """What was aborted can't go on."""
        run_id = self.some(RunState.ABORTED)
        if run_id is not None:
            answer = self.server.client.delete(f"/api/v1/runs/{run_id}")
            assert answer.is_success, answer.text
            del self.states[run_id]
        return run_id

    # ---- fate ------------------------------------------------------------------------------------

    def kill_run(self) -> str | None:
        """SIGKILL for a process that trains."""
        run_id = self.some(*TRAINING)
        if run_id is not None:
            psutil.Process(self.server.recorded_pid(run_id)).kill()
            self.end(run_id, RunState.FAILED)
        return run_id

    def kill_server(self) -> str:
        """SIGKILL; runs go on, and the next server adopts them."""
        self.server.kill()
        self.server.start()
        return "server"

    def restart_server(self) -> str:
        """SIGTERM; what trains is interrupted, who waits goes on waiting."""
        code, said = self.server.stop()
        assert code == 0, said
        for run_id, state in self.states.items():
            if state in TRAINING:
                self.states[run_id] = RunState.INTERRUPTED
        self.let_in()
        self.server.start()
        return "server"

    # ---- what must be so -------------------------------------------------------------------------

    def kept_checkpoints(self, run_id: str) -> list[str]:
        """Those that we asked for and that are still there."""
        answer = self.server.client.get(f"/api/v1/runs/{run_id}/checkpoints")
        assert answer.is_success, answer.text
        there = {each["id"] for each in answer.json()["items"]}
        return sorted(there & self.checkpoints[run_id].keys())

    def shown_gamma(self, run_id: str) -> float:
        """The discount that the API says is in use."""
        answer = self.server.client.get(f"/api/v1/runs/{run_id}/hyperparameters")
        assert answer.is_success, answer.text
        (gamma,) = (each for each in answer.json()["items"] if each["name"] == "gamma")
        return float(gamma["applied_value"])

    def agree(self) -> None:
        """Wait until every run's state and place in line is that of the model."""

        def as_modelled() -> bool:
            runs = {run_id: self.server.run(run_id) for run_id in self.states}
            states = {run_id: RunState(run["state"]) for run_id, run in runs.items()}
            queue = {r: run["queue_position"] for r, run in runs.items() if run["queue_position"]}
            return states == self.states and queue == {
                run_id: place for place, run_id in enumerate(self.waiting, start=1)
            }

        try:
            eventually(as_modelled, what="agreement", timeout_s=PATIENCE_S)
        except AssertionError as error:
            shown = {
                run_id: (run["state"], run["reason"])
                for run_id in self.states
                for run in [self.server.run(run_id)]
            }
            raise AssertionError(f"{self.done}\nmodel: {self.states}\nworld: {shown}") from error

    def check(self) -> None:
        """Every promise, of every run."""
        self.agree()
        for run_id, state in self.states.items():
            run = self.server.run(run_id)
            assert run["progress"]["env_steps"] >= self.steps_seen[run_id], self.done
            self.steps_seen[run_id] = run["progress"]["env_steps"]
            if state in TRAINING:
                assert self.shown_gamma(run_id) == self.gammas[run_id], self.done
                assert is_run_process(self.server.recorded_pid(run_id)), self.done

    def check_records(self) -> None:
        """Without gap, every step legal, every acknowledged command there once."""
        for run_id in self.states:
            events = self.server.events(run_id)
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            state = RunState.CREATED
            for event in events:
                if event["type"] == "run_state_changed":
                    assert event["previous_state"] == state
                    state = RunState(event["state"])
                    check_transition(RunState(event["previous_state"]), state)
            applied = Counter(e["command_id"] for e in events if e["type"] == "command_applied")
            assert all(applied[command_id] == 1 for command_id in self.acknowledged[run_id])

    def walk(self, steps: int) -> Counter[str]:
        """Do this and that; how often each was done."""
        deeds: list[tuple[Callable[[], str | None], int]] = [
            (self.create, 3),
            (self.start_again, 4),
            (self.pause_or_resume, 4),
            (self.step, 2),
            (self.tune, 6),
            (self.checkpoint, 4),
            (self.rewind, 4),
            (self.finish, 2),
            (self.delete, 1),
            (self.kill_run, 2),
            (self.kill_server, 1),
            (self.restart_server, 1),
        ]
        counts: Counter[str] = Counter()
        for _ in range(steps):
            (deed,) = self.chance.choices([d for d, _ in deeds], [w for _, w in deeds])
            whom = deed()
            if whom is not None:
                counts[deed.__name__] += 1
                self.done.append(f"{deed.__name__} {whom[-4:]}")
                self.check()
        self.check_records()
        return counts


@pytest.mark.timeout(600 + 10 * STEPS)
def test_a_walk_leads_where_the_model_says(new_server: Callable[..., LiveServer]) -> None:
    """Whatever people do and whatever is killed: states, places in line, settings and the ledger
    of every run are those of the model, env steps never go back, and every record is one life.
    """
    server = new_server(MATINEE_MAX_ACTIVE_RUNS=str(PLACES)).start()
    try:
        counts = Walk(server, random.Random(SEED)).walk(STEPS)
    finally:
        server.clean_up()

    assert len(counts) >= min(8, STEPS), counts
