"""Everything that a person can do to a run, in random order and too fast: it never hangs or fails.

The orders come from a seed; how they meet the threads does not, and must not matter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.training.outcome import StopCause

ORDERS = 150
CHOICES: dict[str, tuple[HyperparameterSetting, ...]] = {
    "algorithm": ("a3c", "a2c", "ppo", "ga3c"),
    "workers": (1, 2, 3, 5),
    "optimizer_threads": (1, 2, 4),
    "predictor_threads": (0, 1, 3),
    "queue_capacity": (16, 32),
    "rollout_length": (5, 20),
    "pull_interval": (1, 3),
    "max_policy_lag": (0, 2),
    "correction": ("none", "epsilon", "importance", "vtrace"),
    "epsilon": (0.0, 0.2),
    "update_lock": ("none", "per_update"),
    "shared_statistics": (True, False),
    "optimizer": ("rmsprop", "adam"),
    "worker_delay_s": (0.0, 0.001),
    "target_steps_per_second": (0.0, 3000.0),
}
UNHURRIED: dict[str, HyperparameterSetting] = {
    "worker_delay_s": 0.0,
    "target_steps_per_second": 0.0,
    "max_policy_lag": 0,
}


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Two workers of a3c without end."""
    rig = Rig(small_spec("CartPole-v1", workers=2, budget={"env_steps": None}))
    yield rig
    rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
    rig.trainer.join(PATIENCE_S)


def stands(rig: Rig) -> None:
    """Pauses, and looks whether nothing moves any more."""
    trainer = rig.trainer
    trainer.control.pause()
    rig.wait_until(lambda: trainer.control.paused and not trainer.board.snapshot().requested)
    before = trainer.progress()
    trainer.capture()
    after = trainer.progress()
    assert (after.env_steps, after.updates) == (before.env_steps, before.updates)


def goes_on(rig: Rig) -> None:
    """Resumes, and waits until all changes are in use and there is more of everything."""
    trainer = rig.trainer
    trainer.board.propose(UNHURRIED)
    trainer.control.resume()
    rig.wait_until(lambda: not trainer.board.snapshot().requested)
    before = trainer.progress()
    rig.wait_until(
        lambda: (
            trainer.progress().env_steps > before.env_steps
            and trainer.progress().updates > before.updates
        )
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_order_of_orders_stops_a_run(rig: Rig, seed: int) -> None:
    """Pauses stand, resumes go on, every change is applied, and one stop ends all threads."""
    choose = random.Random(seed)
    trainer = rig.trainer
    orders: list[Callable[[], object]] = [
        trainer.control.pause,
        trainer.control.resume,
        lambda: trainer.control.step(env_steps=choose.choice((1, 50, 300))),
        lambda: trainer.control.step(updates=choose.choice((1, 3))),
        trainer.capture,
        lambda: stands(rig),
        lambda: goes_on(rig),
    ]
    trainer.start()
    for _ in range(ORDERS):
        if choose.random() < 0.6:
            name = choose.choice(sorted(CHOICES))
            trainer.board.propose({name: choose.choice(CHOICES[name])})
        else:
            choose.choice(orders)()
        assert trainer.outcome is None
    goes_on(rig)
    trainer.control.stop(StopCause.STOPPED, "enough")

    assert rig.finish().cause is StopCause.STOPPED
