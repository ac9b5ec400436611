"""What a heartbeat says of the work done."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fakes.training import Rig, small_spec
from matinee.training.heartbeats import Heartbeat
from matinee.training.outcome import StopCause
from matinee.worker.diligence import diligence_of

ENV = "CartPole-v1"
PATIENCE_S = 30.0


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A training that can be slowed down."""
    rig = Rig(
        small_spec(
            ENV, budget={"env_steps": None}, hyperparameters={"target_steps_per_second": 50.0}
        )
    )
    rig.trainer.start()
    yield rig
    rig.trainer.control.stop(StopCause.STOPPED, "enough")
    rig.trainer.join(PATIENCE_S)


def heartbeat(age_s: float) -> Heartbeat:
    """Of one thread."""
    return Heartbeat("actor-learner-0", age_s=age_s, interval_s=0.01, beats=1)


def test_slowness_on_purpose_is_no_hang_but_silence_is(rig: Rig) -> None:
    """A thread that waits for its pace excuses the run; one that says nothing does not."""
    assert diligence_of(rig.trainer, [heartbeat(0.0)]).phase == "standing"
    assert diligence_of(rig.trainer, [heartbeat(0.0), heartbeat(9.0)]).phase == "working"


def test_nothing_is_expected_of_a_paused_run(rig: Rig) -> None:
    """Paused, however silent."""
    rig.trainer.control.pause()
    deadline_s = time.monotonic() + PATIENCE_S
    while not rig.trainer.control.paused:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)
    assert diligence_of(rig.trainer, [heartbeat(9.0)]).phase == "standing"


def test_work_grows_until_the_end() -> None:
    """Every update counts; after the end nothing more is expected."""
    rig = Rig(small_spec(ENV, budget={"env_steps": 2000}))
    before = diligence_of(rig.trainer, [])
    assert (before.work, before.phase) == (0, "working")
    rig.run()
    after = diligence_of(rig.trainer, [])
    assert after.work > 2000
    assert after.phase == "standing"
