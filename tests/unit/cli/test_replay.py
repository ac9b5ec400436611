"""`matinee train --replay`: from a ledger file to a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.records import NOW
from matinee.cli.replay import replay_of
from matinee.contracts.ledger_file import LedgerFile
from matinee.contracts.planned_changes import PlannedChange
from matinee.contracts.run_spec import RunRequest, parse_run_spec
from matinee.errors import InvalidInputError

SPEC = parse_run_spec(
    {
        "preset": "cartpole-a3c",
        "environment": {"id": "CartPole-v1"},
        "seed": 5,
        "budget": {"target_return": 475.0},
        "plan": [{"env_step": 3, "hyperparameters": {"gamma": 0.5}}],
    }
)
PLAN = [PlannedChange(env_step=70, hyperparameters={"learning_rate": 0.01})]


def ledger_file(path: Path, **changes: Any) -> Path:
    """A file as `matinee runs ledger` prints it."""
    file = LedgerFile(
        run_id="run", exported_at=NOW, spec=SPEC, until_env_step=900, plan=PLAN,
        commands=[], not_replayed=[],
    )  # fmt: skip
    path.write_text(file.model_copy(update=changes).model_dump_json(by_alias=True))
    return path


def test_a_replay_is_the_spec_with_the_plan_up_to_the_end(tmp_path: Path) -> None:
    """The seed stays; the plan is what was done; the budget is how far the run came."""
    document = replay_of(ledger_file(tmp_path / "ledger.json"))

    spec = parse_run_spec(RunRequest.model_validate(document).as_overrides())
    assert spec.plan == PLAN
    assert (spec.seed, spec.environment, spec.preset) == (5, SPEC.environment, None)
    assert spec.budget.model_dump() == {"env_steps": 900, "seconds": None, "target_return": None}
    assert spec.initial_settings() == SPEC.initial_settings()


def test_a_replay_of_a_run_that_goes_on_keeps_its_budget(tmp_path: Path) -> None:
    """Where it will end nobody knows yet."""
    document = replay_of(ledger_file(tmp_path / "ledger.json", until_env_step=None))

    assert parse_run_spec(document).budget == SPEC.budget


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no ledger"),
        ("[]", "no ledger"),
        ('{"format": "matinee-ledger/2"}', "no ledger"),
        (None, "can't read"),
    ],
)
def test_what_is_no_ledger_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    """In words that name the file."""
    path = tmp_path / "ledger.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(InvalidInputError, match=words) as caught:
        replay_of(path)

    assert str(path) in str(caught.value)
