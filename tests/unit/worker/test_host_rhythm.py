"""What the host of a run does between its commits, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.control_peer import ControlPeer
from fakes.hosting import ENDLESS, hosted
from matinee import spare_memory
from matinee.contracts.run_state import RunState
from matinee.training.checkpoints import CheckpointState
from matinee.training.trainer import Trainer
from matinee.worker import flush_pace
from matinee.worker.flush_pace import FlushPace
from matinee.worker.host import RunHost

ENV = "Probe/Endless-v0"


def test_who_connects_gets_news_at_once(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rarely a run without a server writes down how it is."""
    monkeypatch.setattr(flush_pace, "UNWATCHED_FLUSH_INTERVAL_S", 3600.0)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir, spec=ENDLESS) as run:
        run.wait_for_state(RunState.RUNNING)
        with ControlPeer(run.socket_path):
            run.wait_for_steps(0)


def test_a_run_begins_with_all_of_its_credit(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trainer is built in the same thread and takes more than that: it isn't counted."""
    steps: list[str] = []
    new_trainer, begin = RunHost._new_trainer, FlushPace.__init__

    def built(self: RunHost, restore: CheckpointState | None) -> Trainer:
        trainer = new_trainer(self, restore)
        steps.append("built")
        return trainer

    def begun(self: FlushPace) -> None:
        begin(self)
        steps.append("pace begun")

    monkeypatch.setattr(RunHost, "_new_trainer", built)
    monkeypatch.setattr(FlushPace, "__init__", begun)
    with hosted(data_dir, ENV, runtime_dir=runtime_dir) as run:
        run.finish()

    assert steps == ["built", "pace begun"]


def test_memory_that_nobody_uses_goes_back(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a run trains its process returns what its heap has to spare."""
    returned: list[int] = []
    monkeypatch.setattr(spare_memory, "RETURN_EVERY_S", 0.0)
    monkeypatch.setattr(spare_memory, "return_spare_memory", lambda: returned.append(1))
    with hosted(data_dir, ENV, runtime_dir=runtime_dir) as run:
        run.finish()

    assert returned
