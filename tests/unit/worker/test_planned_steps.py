"""A run that changes its hyperparameters by itself, as its plan says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.hosting import ENDLESS, hosted, hosting, start_again
from fakes.records import new_record
from fakes.training import Rig, small_spec
from matinee.contracts.commands import Command, CommandState, Interrupt, Pause, Resume
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.journal.whole_ledger import whole_ledger
from matinee.training.outcome import StopCause
from matinee.worker.commands import Request
from matinee.worker.planned_steps import ACTOR, PlannedSteps

ENV = "Probe/Endless-v0"
ROLLOUT = 4 * 4
"""Env steps between two boundaries: four of each of four environments."""


def planned(*steps: tuple[int, dict[str, Any]], **spec: Any) -> dict[str, Any]:
    """A spec with a plan, and with boundaries each `ROLLOUT` env steps."""
    plan = [{"env_step": step, "hyperparameters": settings} for step, settings in steps]
    return {"hyperparameters": {"rollout_length": 4}, "plan": plan} | spec


def by_plan(run_dir: Path) -> list[Command]:
    """What the plan has asked for."""
    commands = whole_ledger(JournalReader(run_dir))
    return [command for command in commands if command.actor == ACTOR]


def applied(run_dir: Path) -> list[tuple[int | None, list[str]]]:
    """At which env step the plan changed what."""
    return [
        (command.applied_at_env_step, list(command.changes))
        for command in by_plan(run_dir)
        if command.state is CommandState.APPLIED
    ]


def test_each_change_is_made_at_its_boundary(data_dir: Path, runtime_dir: Path) -> None:
    """At the first at or after its env step, exactly; several at one boundary in their order."""
    spec = planned(
        (0, {"gamma": 0.9}),
        (3 * ROLLOUT, {"gamma": 0.8}),
        (3 * ROLLOUT + 1, {"learning_rate": 0.01}),
        (4 * ROLLOUT - 1, {"learning_rate": 0.02, "gamma": 0.7}),
        (10**9, {"gamma": 0.1}),
    )
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FINISHED

    assert applied(run.run_dir) == [
        (0, ["gamma"]),
        (3 * ROLLOUT, ["gamma"]),
        (4 * ROLLOUT, ["learning_rate"]),
        (4 * ROLLOUT, ["learning_rate", "gamma"]),
    ]
    assert len(by_plan(run.run_dir)) == 4
    assert run.states() == ["queued", "starting", "running", "stopping", "finished"]
    assert run.snapshot.steered


@pytest.mark.parametrize(
    "mode",
    [
        {"workers": 3},
        {"workers": 3, "processes": 2},
        {"algorithm": "ga3c", "workers": 2},
    ],
    ids=["threads", "processes", "queue"],
)
def test_free_workers_gather_for_a_change(
    data_dir: Path, runtime_dir: Path, mode: dict[str, Any]
) -> None:
    """None of them begins a rollout too many, and new ones join where the plan wants them."""
    spec = planned(
        (100 * ROLLOUT, {"gamma": 0.9}), (101 * ROLLOUT, {"workers": 4}), budget={"env_steps": 4000}
    )
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec | mode) as run:
        assert run.finish() is RunState.FINISHED

    assert applied(run.run_dir) == [(100 * ROLLOUT, ["gamma"]), (101 * ROLLOUT, ["workers"])]


def test_what_was_applied_before_an_interruption_is_past(data_dir: Path, runtime_dir: Path) -> None:
    """A run that is taken up again goes on with the rest of its plan."""
    spec = planned((0, {"gamma": 0.9}), (ROLLOUT, {"gamma": 0.8}), (10_000, {"gamma": 0.7}))
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec | ENDLESS) as run:
        run.wait_until(lambda: len(applied(run.run_dir)) == 2)
        assert run.ask(Interrupt(reason="the server shut down"), actor="server").accepted
        assert run.finish() is RunState.INTERRUPTED

    spec_of_rest = JournalReader(run.run_dir).header().spec
    assert len(spec_of_rest.plan) == 3
    again = start_again(run.run_dir)
    with hosting(run.run_dir, again, runtime_dir=runtime_dir) as run:
        done = run.snapshot.progress.env_steps
        run.wait_for_steps(done + ROLLOUT)
        assert [step for step, _ in applied(run.run_dir)] == [0, ROLLOUT]


def test_a_pause_and_a_planned_change_do_not_get_in_each_others_way(
    data_dir: Path, runtime_dir: Path
) -> None:
    """A paused run stays paused, and its plan goes on with it."""
    spec = planned((40 * ROLLOUT, {"gamma": 0.9}), (41 * ROLLOUT, {"gamma": 0.8}))
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=spec | ENDLESS) as run:
        run.wait_for_steps(ROLLOUT)
        run.ask(Pause())
        run.wait_for_state(RunState.PAUSED)
        run.ask(Resume())
        run.wait_until(lambda: len(applied(run.run_dir)) == 2)

    assert [step for step, _ in applied(run.run_dir)] == [40 * ROLLOUT, 41 * ROLLOUT]


def test_a_change_that_is_refused_holds_nobody_up(tmp_path: Path) -> None:
    """Whatever becomes of a request, training goes on to the next one, and to its end."""
    with new_record(tmp_path / "run") as writer:
        writer.commit()
    steps = [
        PlannedChange(env_step=step, hyperparameters={"gamma": 0.9}) for step in (ROLLOUT, 500)
    ]
    plan = PlannedSteps(steps, JournalReader(tmp_path / "run"))
    rig = Rig(small_spec(ENV))
    refused: list[Request] = []

    def ends() -> bool:
        plan.look(rig.trainer, refused.append)
        return rig.trainer.outcome is not None

    plan.lead(rig.trainer).start()
    rig.wait_until(ends)

    assert len(refused) == 2
    assert rig.finish().cause is StopCause.FINISHED_BUDGET
