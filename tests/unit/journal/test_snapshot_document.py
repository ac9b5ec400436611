"""The snapshot of a run, serialised in parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from matinee.contracts.alerts import RaisedAlert
from matinee.contracts.progress import Progress, SolvedAt
from matinee.contracts.run import AppliedHyperparameter, RunSnapshot
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_state import RunState
from matinee.contracts.schedules import LinearSchedule
from matinee.journal.snapshot_document import SnapshotDocument

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
LEARNING_RATE = AppliedHyperparameter(
    setting=LinearSchedule.model_validate(
        {"schedule": "linear", "from": 0.02, "to": 0.0, "until_env_step": 1000}
    ),
    value=0.02,
    since_env_step=0,
)


def test_it_is_the_whole_snapshot_after_every_change() -> None:
    """Letter by letter as if it had been serialised at once, whatever changed since the last."""
    snapshot = RunSnapshot(state=RunState.CREATED)
    document = SnapshotDocument()
    changes: list[dict[str, object]] = [
        {},
        {"state": RunState.RUNNING, "started_at": NOW},
        {"progress": Progress(env_steps=64, episodes=2)},
        {"progress": Progress(env_steps=64, solved_at=SolvedAt(env_steps=3, seconds=0.5))},
        {"hyperparameters": {"learning_rate": LEARNING_RATE}, "hyperparameter_revision": 1},
        {
            "hyperparameters": {
                "learning_rate": LEARNING_RATE.model_copy(update={"value": 0.019}),
                "gamma": AppliedHyperparameter(setting=0.9, value=0.9, since_env_step=7),
            }
        },
        {
            "alerts": [
                RaisedAlert(
                    name="entropy_collapsed",
                    severity="warning",
                    message='it is "low"',
                    raised_at=NOW,
                    since_env_step=5,
                )
            ]
        },
        {"alerts": [], "alert_thresholds": {"a": 1.5}, "steered": True},
        {"budget": BudgetSpec(env_steps=10, seconds=None, target_return=None)},
        {"state": RunState.FAILED, "reason": "über", "ended_at": NOW, "restarts": 2},
        {"reason": None, "budget": None},
    ]

    for change in changes:
        snapshot = snapshot.model_copy(update=change)

        assert document.of(snapshot) == snapshot.model_dump_json(by_alias=True)
        assert document.of(snapshot) == snapshot.model_dump_json(by_alias=True)


def test_what_has_not_changed_is_not_serialised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a new dict holds the hyperparameters of before."""
    serialised: list[set[str]] = []
    dump = RunSnapshot.model_dump_json

    def counting(self: RunSnapshot, **options: Any) -> str:
        serialised.append(options["include"])
        return dump(self, **options)

    monkeypatch.setattr(RunSnapshot, "model_dump_json", counting)
    document = SnapshotDocument()
    hyperparameters = {"learning_rate": LEARNING_RATE}
    snapshot = RunSnapshot(state=RunState.RUNNING).model_copy(
        update={"hyperparameters": hyperparameters}
    )
    document.of(snapshot)
    serialised.clear()

    document.of(
        snapshot.model_copy(
            update={"progress": Progress(env_steps=9), "hyperparameters": dict(hyperparameters)}
        )
    )

    assert serialised == [{"progress"}]


def test_a_number_of_another_kind_is_a_change() -> None:
    """1 and True and 1.0 are equal to Python, but not the same setting."""
    document = SnapshotDocument()
    for value in (True, 1, 1.0):
        snapshot = RunSnapshot(
            state=RunState.RUNNING,
            hyperparameters={
                "x": AppliedHyperparameter.model_construct(
                    setting=value, value=value, since_env_step=0
                )
            },
        )
        assert document.of(snapshot) == snapshot.model_dump_json(by_alias=True)
