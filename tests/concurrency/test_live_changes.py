"""Every hyperparameter of the catalogue is changed while a run trains, and the run shows it.

Modes that repeat are shown by a twin: two runs from the same seed have the same weights until one
of them is changed, and other weights afterwards. The rest is shown by what the run reports.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.training.outcome import StopCause
from matinee.training.slots import MAX_ACTORS

ROLLOUT_LENGTH = 8
BEFORE_STEPS = 160
AFTER_STEPS = 160
UPDATES = 4
SHORT_EPISODES = "Probe/Endless-v0"


@dataclass(frozen=True)
class Twin:
    """A change of a run that repeats.

    Attributes:
        change: What is changed half-way.
        spec: The run, over a small one.
    """

    change: dict[str, Any]
    spec: dict[str, Any] = field(default_factory=dict)
    environment_id: str = "CartPole-v1"


A2C: dict[str, Any] = {"algorithm": "a2c"}
PPO: dict[str, Any] = {"algorithm": "ppo"}
LOCKSTEP: dict[str, Any] = {"algorithm": "a3c", "lockstep": True, "workers": 2}
LONG: dict[str, Any] = {"envs_per_worker": 1}
"""Enough steps for a flight to end before the change and after it."""
NORMALIZED: dict[str, Any] = {
    "algorithm": "a2c",
    "environment": {"id": "CartPole-v1", "normalize_observations": True},
}

TWINS: dict[str, Twin] = {
    "learning_rate": Twin({"learning_rate": 0.1}, A2C),
    "max_gradient_norm": Twin({"max_gradient_norm": 0.001}, A2C),
    "optimizer": Twin({"optimizer": "adam"}, A2C),
    "optimizer_epsilon": Twin({"optimizer_epsilon": 1.0}, A2C),
    "optimizer_epsilon_mode": Twin({"optimizer_epsilon_mode": "outside"}, A2C),
    "rmsprop_decay": Twin({"rmsprop_decay": 0.5}, A2C),
    "adam_beta1": Twin({"adam_beta1": 0.0}, PPO),
    "adam_beta2": Twin({"adam_beta2": 0.5}, PPO),
    "shared_statistics": Twin({"shared_statistics": False}, LOCKSTEP),
    "pull_interval": Twin({"pull_interval": 3}, LOCKSTEP),
    "entropy_coefficient": Twin({"entropy_coefficient": 1.0}, A2C),
    "value_coefficient": Twin({"value_coefficient": 0.0}, A2C),
    "normalize_advantage": Twin({"normalize_advantage": True}, A2C),
    "clip_range": Twin({"clip_range": 0.01}, PPO),
    "epochs": Twin({"epochs": 1}, PPO),
    "minibatches": Twin({"minibatches": 2}, PPO),
    "target_kl": Twin({"target_kl": 0.0001}, PPO),
    "rollout_length": Twin({"rollout_length": 5}, A2C),
    "gamma": Twin({"gamma": 0.5}, A2C),
    "gae_lambda": Twin({"gae_lambda": 0.0}, A2C),
    "truncation_bootstrap": Twin({"truncation_bootstrap": False}, A2C, SHORT_EPISODES),
    "reward_scale": Twin({"reward_scale": 10.0}, A2C),
    "reward_clip": Twin({"reward_clip": 0.5}, A2C),
    "freeze_normalization": Twin({"freeze_normalization": True}, NORMALIZED),
    "epsilon": Twin({"epsilon": 0.9}, A2C),
    "gravity": Twin({"gravity": 20.0}, A2C),
    "pole_length": Twin({"pole_length": 2.0}, A2C),
    "pole_mass": Twin({"pole_mass": 1.0}, A2C),
    "force": Twin({"force": 30.0}, A2C),
    "wind_power": Twin({"wind_power": 20.0}, A2C | LONG, "LunarLander-v3"),
}


@contextlib.contextmanager
def rig_of(spec: dict[str, Any], environment_id: str = "CartPole-v1") -> Iterator[Rig]:
    """A run without end that stands at its beginning; it is ended afterwards."""
    hyperparameters = {
        "rollout_length": ROLLOUT_LENGTH,
        "learning_rate": 0.01,
        **spec.get("hyperparameters", {}),
    }
    document = {"budget": {"env_steps": None}, **spec, "hyperparameters": hyperparameters}
    rig = Rig(small_spec(environment_id, **document))
    rig.trainer.control.pause()
    rig.trainer.start()
    try:
        rig.wait_until(lambda: rig.trainer.control.paused)
        yield rig
    finally:
        rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
        rig.trainer.join(PATIENCE_S)


def step(rig: Rig, **how_far: int) -> None:
    """Run on until the gate holds again."""
    rig.trainer.control.step(**how_far)
    rig.wait_until(lambda: rig.trainer.control.paused)
    rig.drained.append(rig.trainer.drain())


def change(rig: Rig, **settings: Any) -> None:
    """Change hyperparameters, and wait until they are in use."""
    revision = rig.trainer.board.propose(settings)
    rig.wait_until(lambda: rig.trainer.board.snapshot().revision >= revision)


def weights(rig: Rig) -> bytes:
    """Of a run that stands."""
    return rig.trainer.capture().weights.tobytes()


def course(twin: Twin, settings: dict[str, Any]) -> tuple[bytes, bytes]:
    """The weights before and after a change, which may be none."""
    with rig_of(twin.spec, twin.environment_id) as rig:
        step(rig, env_steps=BEFORE_STEPS)
        before = weights(rig)
        if settings:
            change(rig, **settings)
        step(rig, env_steps=AFTER_STEPS)
        return before, weights(rig)


@functools.cache
def unchanged_course(row: str) -> tuple[bytes, bytes]:
    """The twin that nobody touches; the same for all rows with the same run."""
    twin = TWINS[row]
    first = next(
        name
        for name, other in TWINS.items()
        if (other.spec, other.environment_id) == (twin.spec, twin.environment_id)
    )
    return course(twin, {}) if first == row else unchanged_course(first)


@pytest.mark.parametrize("row", TWINS)
def test_a_change_makes_other_weights(row: str) -> None:
    """The same seed makes the same weights up to the change, and others from there on."""
    if TWINS[row].environment_id.startswith("LunarLander"):
        pytest.importorskip("Box2D")
    before, after = course(TWINS[row], TWINS[row].change)

    unchanged_before, unchanged_after = unchanged_course(row)
    assert before == unchanged_before
    assert after != unchanged_after


# ---- the queue mode, made to repeat: one segment a batch, from weights that stand still ------

QUEUE: dict[str, Any] = {
    "algorithm": "ga3c",
    "hyperparameters": {
        "learning_rate": 0.0,
        "epsilon": 0.3,
        "queue_capacity": 1,
        "min_batch": 1,
    },
}
CORRECTIONS: dict[str, dict[str, Any]] = {
    "correction": {"correction": "none"},
    "vtrace_rho_bar": {"vtrace_rho_bar": 10.0},
    "vtrace_c_bar": {"vtrace_c_bar": 0.1},
}


def losses(settings: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Sums of the policy and value losses of the updates before and after a change."""
    sums: list[list[float]] = []
    with rig_of(QUEUE) as rig:
        for changes in ({}, settings):
            if changes:
                change(rig, **changes)
            told = len(rig.drained)
            for _ in range(UPDATES):
                step(rig, updates=1)
            summaries = [drained.metrics for drained in rig.drained[told:]]
            sums.append(
                [
                    float(np.sum([m[name].mean * m[name].count for m in summaries if name in m]))
                    for name in ("policy_loss", "value_loss")
                ]
            )
    return sums[0], sums[1]


@functools.cache
def unchanged_losses() -> tuple[list[float], list[float]]:
    """Of the run that nobody touches."""
    return losses({})


@pytest.mark.parametrize(
    "settings",
    [*CORRECTIONS.values(), {"correction": "epsilon"}, {"correction": "importance"}],
    ids=str,
)
def test_a_change_of_the_correction_makes_other_losses(settings: dict[str, Any]) -> None:
    """The same samples have the same losses up to the change, and others from there on."""
    before, after = losses(settings)

    unchanged_before, unchanged_after = unchanged_losses()
    assert before == pytest.approx(unchanged_before, rel=1e-5)
    assert after != pytest.approx(unchanged_after, rel=1e-5)


# ---- what is shown by reports ------------------------------------------------------------------


def _algorithm() -> None:
    """PPO's own metrics appear, in the same run."""
    with rig_of({"algorithm": "a3c"}) as rig:
        step(rig, updates=1)
        assert not any("epochs_done" in drained.metrics for drained in rig.drained)
        change(rig, algorithm="ppo")
        step(rig, updates=1)
        assert rig.last("epochs_done").last >= 1


def _workers() -> None:
    """More stand at the gate."""
    with rig_of({"algorithm": "a3c"}) as rig:
        assert rig.trainer.control.members() == {0}
        change(rig, workers=3)
        assert rig.trainer.control.members() == {0, 1, 2}


def _envs_per_worker() -> None:
    """A rollout has as many more steps, and learning goes on from the same weights."""
    with rig_of({"algorithm": "a3c"}) as rig:
        step(rig, updates=1)
        assert rig.trainer.progress().env_steps == ROLLOUT_LENGTH * 4
        before = weights(rig)
        change(rig, envs_per_worker=9)
        assert weights(rig) == before
        step(rig, updates=1)
        assert rig.trainer.progress().env_steps == ROLLOUT_LENGTH * (4 + 9)


def _optimizer_threads() -> None:
    """More stand at the gate, in the slots of optimizers."""
    with rig_of({"algorithm": "ga3c"}) as rig:
        change(rig, optimizer_threads=3)
        optimizers = {slot for slot in rig.trainer.control.members() if slot >= MAX_ACTORS}
        assert len(optimizers) == 3


def _predictor_threads() -> None:
    """They are there."""
    with rig_of({"algorithm": "ga3c"}) as rig:
        change(rig, predictor_threads=2)
        names = {thread.name for thread in threading.enumerate()}
        assert {"predictor-0", "predictor-1"} <= names


def _queue_capacity() -> None:
    """The queue tells it once an optimizer has come by."""
    with rig_of({"algorithm": "ga3c"}) as rig:
        change(rig, queue_capacity=5)
        step(rig, updates=1)
        reading = rig.trainer.queue_reading()
        assert reading is not None
        assert reading.capacity == 5


def _min_batch() -> None:
    """No batch is smaller."""
    with rig_of({"algorithm": "ga3c", "hyperparameters": {"min_batch": 1}}) as rig:
        step(rig, updates=1)
        change(rig, min_batch=200)
        told = len(rig.drained)
        for _ in range(3):
            step(rig, updates=1)
        batches = [
            d.metrics["batch_samples"] for d in rig.drained[told:] if "batch_samples" in d.metrics
        ]
        assert min(batch.min for batch in batches) >= 200


def _max_policy_lag() -> None:
    """What was made with old weights is dropped."""
    hyperparameters = {"min_batch": 1, "pull_interval": 100, "learning_rate": 0.0}
    with rig_of({"algorithm": "ga3c", "hyperparameters": hyperparameters}) as rig:

        def dropped() -> int:
            reading = rig.trainer.queue_reading()
            assert reading is not None
            return reading.dropped

        for _ in range(3):
            step(rig, updates=1)
        assert dropped() == 0
        change(rig, max_policy_lag=1)
        rig.trainer.control.resume()
        rig.wait_until(lambda: dropped() > 0)


def _update_lock() -> None:
    """Each push takes the lock, and none did before."""
    with rig_of({"algorithm": "a3c", "workers": 2}) as rig:
        lock = _CountingLock()
        memory = rig.trainer._store._memory
        object.__setattr__(memory, "update_lock", lock)
        step(rig, updates=4)
        assert lock.taken == 0
        change(rig, update_lock="per_update")
        before = rig.trainer.progress().updates
        step(rig, updates=4)
        assert lock.taken == rig.trainer.progress().updates - before


@pytest.mark.parametrize("algorithm", ["a3c", "ga3c"])
def test_longer_rollouts_near_the_end_begin_only_where_needed(algorithm: str) -> None:
    """What a rollout reserves of the budget is its new length, from the first such rollout on."""
    spec = small_spec(
        "Probe/Endless-v0",
        algorithm=algorithm,
        workers=4,
        envs_per_worker=1,
        hyperparameters={"rollout_length": 5},
        budget={"env_steps": 60},
    )
    rig = Rig(spec)
    rig.trainer.control.pause()
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.control.paused)
    rig.trainer.board.propose({"rollout_length": 400})
    rig.trainer.control.resume()
    rig.finish()

    assert rig.trainer.progress().env_steps == 400


def _worker_delay_s() -> None:
    """Training takes at least as long as the delays."""
    with rig_of({"algorithm": "a2c"}) as rig:
        step(rig, env_steps=32)
        change(rig, worker_delay_s=0.02)
        before = rig.trainer.progress().seconds
        step(rig, env_steps=32)
        assert rig.trainer.progress().seconds - before >= 8 * 0.02


def _target_steps_per_second() -> None:
    """Training takes at least as long as the limit says, but for what may come at once."""
    with rig_of({"algorithm": "a2c"}) as rig:
        step(rig, env_steps=32)
        change(rig, target_steps_per_second=200.0)
        before = rig.trainer.progress().seconds
        step(rig, env_steps=64)
        assert rig.trainer.progress().seconds - before >= 0.5 * 64 / 200


class _CountingLock:
    """A lock that tells how often it was taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self._lock.release()


REPORTS: dict[str, Callable[[], None]] = {
    "algorithm": _algorithm,
    "workers": _workers,
    "envs_per_worker": _envs_per_worker,
    "optimizer_threads": _optimizer_threads,
    "predictor_threads": _predictor_threads,
    "queue_capacity": _queue_capacity,
    "min_batch": _min_batch,
    "max_policy_lag": _max_policy_lag,
    "update_lock": _update_lock,
    "worker_delay_s": _worker_delay_s,
    "target_steps_per_second": _target_steps_per_second,
}


@pytest.mark.parametrize("row", REPORTS)
def test_a_change_is_reported(row: str) -> None:
    """What the run tells of itself is as the new setting wants it."""
    REPORTS[row]()


def test_no_row_is_forgotten() -> None:
    """A new hyperparameter is not done until its change is shown here."""
    shown = [*TWINS, *CORRECTIONS, *REPORTS]

    assert sorted(shown) == sorted(HYPERPARAMETERS)
