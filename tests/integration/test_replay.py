"""A run that was steered by hand, exported, and done again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.hosting import Hosted, hosted, hosting, queued_run
from matinee.cli.replay import replay_of
from matinee.contracts.commands import Command, CommandState, SetHyperparameters, Stop
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader
from matinee.journal.whole_ledger import whole_ledger
from matinee.runs.ledger import export_ledger
from matinee.training.checkpoints import load_checkpoint

MODES: dict[str, dict[str, Any]] = {
    "lockstep": {"algorithm": "a3c", "lockstep": True},
    "a2c": {"algorithm": "a2c"},
    "ppo": {"algorithm": "ppo"},
}
BY_HAND: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.01},
    {
        "entropy_coefficient": {
            "schedule": "linear", "from": 0.05, "to": 0.0, "until_env_step": 100_000,
        }
    },
    {"workers": 3},
    {"gamma": 0.9, "rollout_length": 7},
    {"workers": 1, "envs_per_worker": 2},
    {"learning_rate": 0.001},
)  # fmt: skip
PACE = {"rollout_length": 5, "target_steps_per_second": 2000.0}
"""So slow that a hand on a busy machine meets the run at some boundary in its middle."""


def steer(run: Hosted, settings: dict[str, Any]) -> None:
    """Change something and wait until it is in use, and has been for a few rollouts."""
    change = SetHyperparameters.model_validate({"settings": settings})
    before = len(applied(run.run_dir))
    assert run.ask(change).accepted
    run.wait_until(lambda: len(applied(run.run_dir)) > before)
    run.wait_for_steps(run.snapshot.progress.env_steps + 50)


def applied(run_dir: Path) -> list[Command]:
    """The changes of hyperparameters that took effect."""
    return [
        command
        for command in whole_ledger(JournalReader(run_dir))
        if isinstance(command.action, SetHyperparameters) and command.state is CommandState.APPLIED
    ]


def final_weights(run_dir: Path) -> bytes:
    """Of the last checkpoint."""
    newest = JournalReader(run_dir).checkpoints()[0]
    return np.asarray(load_checkpoint(run_dir / "checkpoints" / newest).weights).tobytes()


def values(plan: list[PlannedChange]) -> list[tuple[int, str, object]]:
    """What was in use from which env step on."""
    return [
        (c.env_step, name, setting) for c in plan for name, setting in c.hyperparameters.items()
    ]


@pytest.mark.parametrize("mode", MODES)
def test_a_run_steered_by_hand_can_be_repeated(
    data_dir: Path, runtime_dir: Path, tmp_path: Path, mode: str
) -> None:
    """On its seed: the same values from the same env steps on, and the same final weights.

    On another seed: the same values from the same env steps on.
    """
    spec = MODES[mode] | {
        "workers": 2, "budget": {"env_steps": None, "seconds": 600}, "hyperparameters": PACE,
    }  # fmt: skip
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as first:
        first.wait_for_steps(50)
        for settings in BY_HAND:
            steer(first, settings)
        assert first.ask(Stop()).accepted
        assert first.finish() is RunState.STOPPED
    ledger = export_ledger(JournalReader(first.run_dir))
    file = tmp_path / "LEDGER.json"
    file.write_text(ledger.model_dump_json(by_alias=True))

    again = replay(file, data_dir, runtime_dir)
    elsewhere = replay(file, data_dir, runtime_dir, seed=8)

    assert len(ledger.plan) == len(BY_HAND)
    assert ledger.until_env_step == first.snapshot.progress.env_steps
    for run in (again, elsewhere):
        repeated = export_ledger(JournalReader(run.run_dir))
        assert values(repeated.plan) == values(ledger.plan)
        assert repeated.until_env_step == ledger.until_env_step
        assert {command.actor for command in applied(run.run_dir)} == {"plan"}
    assert LedgerFile.model_validate_json(file.read_text()) == ledger
    assert final_weights(again.run_dir) == final_weights(first.run_dir)
    assert final_weights(elsewhere.run_dir) != final_weights(first.run_dir)


def replay(file: Path, data_dir: Path, runtime_dir: Path, **changes: Any) -> Hosted:
    """Do it again, from beginning to end."""
    folder, command_id = queued_run(data_dir, parse_run_spec(replay_of(file) | changes))
    with hosting(folder, command_id, runtime_dir=runtime_dir) as run:
        assert run.finish() is RunState.FINISHED
    return run
