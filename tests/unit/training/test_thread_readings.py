"""Every thread of every mode can be looked up, with what it counted."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.training import Rig, small_spec
from matinee.errors import WorkerFailedError
from matinee.training.counters import SlotCounter
from matinee.training.outcome import StopCause
from matinee.training.return_window import ReturnWindow
from matinee.training.slots import MAX_ACTORS, SLOTS, Seat
from matinee.training.telemetry import Telemetry
from matinee.training.thread_group import ThreadFailure
from matinee.training.thread_readings import Roll


class Scene:
    """Counters and threads that the test moves."""

    def __init__(self) -> None:
        self.env_steps, self.updates = SlotCounter(SLOTS), SlotCounter(SLOTS)
        self.living: frozenset[str] = frozenset()
        self.failure: ThreadFailure | None = None
        self.telemetry = Telemetry(SLOTS, window=ReturnWindow(target=None), gives_up=lambda: False)
        self.roll = Roll(
            env_steps=self.env_steps,
            updates=self.updates,
            living=lambda: self.living,
            starting=frozenset,
            failure=lambda: self.failure,
        )

    def threads(self) -> list[str]:
        """Who is called."""
        return [reading.thread for reading in self.roll.call(self.telemetry)]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            {"workers": 2},
            {("actor-learner-0", "actor-learner", 0), ("actor-learner-1", "actor-learner", 1)},
        ),
        (
            {"workers": 2, "lockstep": True},
            {("lockstep-driver", "actor-learner", 0), ("lockstep-driver", "actor-learner", 1)},
        ),
        ({"algorithm": "a2c", "workers": 2}, {("synchronous-learner", "learner", 0)}),
        (
            {"algorithm": "ga3c", "hyperparameters": {"predictor_threads": 1}},
            {
                ("environment-0", "environment", 0),
                ("optimizer-0", "optimizer", None),
                ("predictor-0", "predictor", None),
            },
        ),
    ],
)
def test_every_mode_tells_its_threads(
    overrides: dict[str, object], expected: set[tuple[str, str, int | None]]
) -> None:
    """Who acts and who learns is called by name, and their env steps add up to the run's."""
    rig = Rig(small_spec("CartPole-v1", **overrides, budget={"env_steps": None}))
    rig.trainer.start()
    rig.wait_until(
        lambda: (
            len(rig.drained) > 0
            and len(rig.drained[-1].threads) >= len(expected)
            and rig.trainer.progress().updates > 0
        )
    )
    rig.trainer.control.stop(StopCause.STOPPED, "enough")
    rig.finish()
    last = rig.trainer.drain()
    told = {
        (reading.thread, reading.role, reading.worker)
        for drained in rig.drained
        for reading in drained.threads
    }

    assert told == expected
    assert sum(reading.env_steps for reading in last.threads) == rig.trainer.progress().env_steps
    assert sum(reading.updates for reading in last.threads) == rig.trainer.progress().updates
    assert not any(reading.lives for reading in last.threads)


def test_the_last_in_a_slot_stands_for_it() -> None:
    """After a change of the mode nobody is told twice; who holds no slot is forgotten."""
    scene = Scene()
    scene.telemetry.phase_clock("actor-learner-0", Seat("actor-learner", (0,)))
    scene.telemetry.phase_clock("predictor-0", Seat("predictor"))
    scene.living = frozenset({"actor-learner-0", "predictor-0"})
    before = scene.threads()
    scene.telemetry.phase_clock("environment-0", Seat("environment", (0,)))
    scene.telemetry.phase_clock("optimizer-0", Seat("optimizer", (MAX_ACTORS,)))
    scene.living = frozenset({"environment-0"})

    assert before == ["actor-learner-0", "predictor-0"]
    assert scene.threads() == ["environment-0", "optimizer-0"]


def test_the_first_failure_has_its_traceback() -> None:
    """Also that of a thread without a slot, and of one in another process, whose own it is."""
    scene = Scene()
    scene.telemetry.phase_clock("predictor-0", Seat("predictor"))
    scene.living = frozenset({"predictor-0"})
    scene.threads()
    scene.living = frozenset()
    scene.failure = ThreadFailure("predictor-0", ValueError("no"), "Traceback: no")
    (here,) = scene.roll.call(scene.telemetry)
    elsewhere = WorkerFailedError("it failed", traceback_text="Traceback: over there")
    scene.failure = ThreadFailure("predictor-0", elsewhere, "Traceback: here")
    (there,) = scene.roll.call(scene.telemetry)

    assert (here.error, here.lives, here.has_lived) == ("Traceback: no", False, True)
    assert there.error == "Traceback: over there"
    assert there.lags.dtype == np.float64
