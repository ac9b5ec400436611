"""Networks with convolutions or a memory, learned by workers of two processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.training.outcome import StopCause
from matinee.training.telemetry import ProcessStatus

MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRig]:
    """Two workers in two processes, without end."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fakes" / "probe_plugin"))
    rigs: list[Rig] = []

    def make(environment_id: str, **network: Any) -> Rig:
        rig = Rig(
            small_spec(
                environment_id,
                network={"hidden": [8], **network},
                workers=2,
                processes=2,
                budget={"env_steps": None},
            )
        )
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
        rig.trainer.join(PATIENCE_S)


def process_statuses(rig: Rig) -> list[ProcessStatus]:
    """All that was told of the worker process."""
    return [status for drained in rig.drained for status in drained.process_statuses]


def workers_seen(rig: Rig) -> set[int]:
    """Who has finished any episode."""
    return {worker for drained in rig.drained for worker in drained.episodes.worker.tolist()}


def when_both_work(rig: Rig) -> None:
    """Waits for episodes of both workers, beginning now."""
    rig.drained.clear()
    rig.wait_until(lambda: workers_seen(rig) == {0, 1})


NETWORKS = pytest.mark.parametrize(
    ("environment_id", "network"),
    [("Probe/Picture-v0", {"convolution": "a3c"}), ("CartPole-v1", {"lstm": 4})],
    ids=["convolution", "lstm"],
)


@NETWORKS
def test_a_live_change_and_a_stop_reach_both_processes(
    make_rig: MakeRig, environment_id: str, network: dict[str, Any]
) -> None:
    """Both push; a new learning rate is used by both, a pause stands, and a stop ends all."""
    rig = make_rig(environment_id, **network)
    before = rig.trainer.capture().weights
    rig.trainer.start()
    when_both_work(rig)

    revision = rig.trainer.board.propose({"learning_rate": 0.0, "rollout_length": 7})
    rig.wait_until(lambda: rig.trainer.board.snapshot().revision == revision)
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)
    learned = rig.trainer.capture().weights
    rig.trainer.control.resume()
    when_both_work(rig)
    rig.wait_until(lambda: any("learning_rate" in drained.metrics for drained in rig.drained))
    rates = rig.last("learning_rate")
    rig.trainer.control.stop(StopCause.STOPPED, "enough")
    outcome = rig.finish()

    assert (outcome.cause, outcome.reason) == (StopCause.STOPPED, "enough")
    assert np.isfinite(learned).all()
    assert (learned != before).any()
    assert (rates.min, rates.max) == (0.0, 0.0)
    assert (rig.trainer.capture().weights == learned).all()
    assert process_statuses(rig)[-1].status == "finished"


@NETWORKS
def test_a_process_that_dies_fails_the_run(
    make_rig: MakeRig, environment_id: str, network: dict[str, Any]
) -> None:
    """Whatever its threads were computing: the reason names it."""
    rig = make_rig(environment_id, **network)
    rig.trainer.start()
    rig.wait_until(lambda: bool(process_statuses(rig)))
    process = process_statuses(rig)[0]
    rig.wait_until(lambda: 1 in workers_seen(rig))
    os.kill(process.pid, signal.SIGKILL)

    outcome = rig.finish()

    assert outcome.cause is StopCause.FAILED
    assert outcome.reason.startswith(f"worker-process-1 (process {process.pid}) was killed")
