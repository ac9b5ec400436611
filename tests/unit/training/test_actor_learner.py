"""One thread's loop, seen from outside: what reaches the store and the telemetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fakes.training import Rig, small_spec
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.metrics import METRICS, metrics_of
from matinee.training.crews import ActorLearnerCrew, SynchronousCrew
from matinee.training.pacing import Pacer


def test_generators_are_published_at_boundaries() -> None:
    """So that a checkpoint can go on with the same actions; one for each worker."""
    rig = Rig(small_spec("CartPole-v1", workers=2))
    before = rig.trainer.capture().document.generators
    rig.run()
    after = rig.trainer.capture().document.generators

    assert len(before) == len(after) == 2
    assert before[0] != before[1]
    assert before[0] != after[0]


def test_what_stands_is_of_one_moment() -> None:
    """Once training stands a checkpoint's generators have drawn all that was acted on.

    A resumed run would otherwise draw the last rollout's actions once more.
    """
    rig = Rig(small_spec("CartPole-v1", workers=2, hyperparameters={"epsilon": 0.1}))
    rig.run()
    crew = rig.trainer._foreman._crew
    assert isinstance(crew, ActorLearnerCrew)

    assert rig.trainer.capture().document.generators == [
        worker.collector.generator.bit_generator.state for worker in crew._workers.values()
    ]


def test_dealing_minibatches_is_part_of_the_moment() -> None:
    """PPO draws after its rollout, too; that must not be drawn again after a resume either."""
    rig = Rig(small_spec("CartPole-v1", algorithm="ppo", hyperparameters={"epochs": 2}))
    rig.run()
    crew = rig.trainer._foreman._crew
    assert isinstance(crew, SynchronousCrew)

    state = crew._learner.collector.generator.bit_generator.state
    assert rig.trainer.capture().document.generators == [state]


def test_old_weights_serve_for_as_many_rollouts_as_asked() -> None:
    """With a pull every third rollout the worker's own pushes make it lag 0, 1, 2, 0, 1, 2 …"""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            hyperparameters={"pull_interval": 3, "rollout_length": 5},
            budget={"env_steps": 240},
        )
    )
    rig.run()

    lags = [
        drained.metrics["policy_lag"] for drained in rig.drained if "policy_lag" in drained.metrics
    ]
    assert sum(lag.count for lag in lags) == 12
    assert sum(lag.count * lag.mean for lag in lags) == pytest.approx(12.0)
    assert max(lag.max for lag in lags) == 2.0


def test_rollouts_that_only_reset_push_nothing() -> None:
    """With rollouts of one step, episodes of one step and native vectors every second is empty."""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            environment={"id": "CartPole-v1", "kwargs": {"max_episode_steps": 1}},
            envs_per_worker=8,
            hyperparameters={"rollout_length": 1},
            budget={"env_steps": 80},
        )
    )
    rig.run()

    progress = rig.trainer.progress()
    assert (progress.env_steps, progress.updates, progress.episodes) == (80, 10, 80)


def test_what_an_update_measures_is_told() -> None:
    """Loss, gradient, coefficients in use: rows of the catalogue, within their bounds."""
    rig = Rig(small_spec("CartPole-v1"))
    rig.run()

    metrics = next(d.metrics for d in rig.drained if "entropy" in d.metrics)
    always = {m.name for m in metrics_of(Algorithm.A3C) if m.per == "update" and not m.detailed}
    assert always <= metrics.keys()
    assert metrics.keys() <= METRICS.keys()
    assert metrics["batch_samples"].max == metrics["batch_samples"].min > 0.0
    assert 0.0 < metrics["entropy_fraction"].mean <= 1.0
    assert metrics["policy_lag"].max == 0.0
    assert metrics["entropy"].max <= np.log(2) + 1e-6
    assert metrics["learning_rate"].last == pytest.approx(7e-4)


def test_several_workers_lag_behind_each_other() -> None:
    """With four threads some push finds that others have pushed since its pull."""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            workers=4,
            hyperparameters={"worker_delay_s": 1e-4},
            budget={"env_steps": 6000},
        )
    )
    rig.run()

    lags = [
        drained.metrics["policy_lag"] for drained in rig.drained if "policy_lag" in drained.metrics
    ]
    assert max(lag.max for lag in lags) >= 1.0


@pytest.mark.parametrize(("lockstep", "waits"), [(True, 10), (False, 30)])
def test_workers_that_take_turns_wait_together(
    monkeypatch: pytest.MonkeyPatch, *, lockstep: bool, waits: int
) -> None:
    """The worker delay slows each step of a round once, however many workers take part."""
    asked: list[float] = []
    monkeypatch.setattr(Pacer, "delay", lambda _self, seconds: asked.append(seconds))
    rig = Rig(
        small_spec(
            "Probe/Endless-v0",
            workers=3,
            envs_per_worker=1,
            lockstep=lockstep,
            hyperparameters={"worker_delay_s": 1e-3, "rollout_length": 5},
            budget={"env_steps": 30},
        )
    )
    rig.run()

    assert asked == [1e-3] * waits


def test_a_changing_rollout_length_loses_no_step() -> None:
    """Longer and shorter rollouts go on from the very observation at which the last one ended."""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            hyperparameters={
                "rollout_length": {
                    "schedule": "piecewise",
                    "points": [
                        {"env_step": 0, "value": 3},
                        {"env_step": 500, "value": 11},
                        {"env_step": 1000, "value": 1},
                    ],
                }
            },
        )
    )
    rig.run()

    lengths = np.concatenate([drained.episodes.lengths for drained in rig.drained])
    returns = np.concatenate([drained.episodes.returns for drained in rig.drained])
    assert np.array_equal(lengths, returns)


def test_threads_that_take_turns_still_overtake_each_other() -> None:
    """A turn ends between a pull and its push, so that gradients are as stale as they were."""
    rig = Rig(
        small_spec("CartPole-v1", workers=3, envs_per_worker=16, budget={"env_steps": 60_000})
    )
    crew = rig.trainer._foreman._crew
    assert isinstance(crew, ActorLearnerCrew)
    crew._parts.shared.turns.turn_s = 0.0
    values = rig.trainer.board.newest()[1]
    assert all(worker.takes_turns(values) for worker in crew._workers.values())
    rig.run()

    lags = [
        drained.metrics["policy_lag"] for drained in rig.drained if "policy_lag" in drained.metrics
    ]
    assert max(lag.max for lag in lags) >= 1.0


def test_who_is_slowed_down_takes_no_turns() -> None:
    """It sleeps within its rollouts, and nobody should wait for that."""
    rig = Rig(small_spec("CartPole-v1", workers=2, envs_per_worker=16))
    crew = rig.trainer._foreman._crew
    assert isinstance(crew, ActorLearnerCrew)
    slow = replace(rig.trainer.board.newest()[1], target_steps_per_second=3000.0)

    assert not any(worker.takes_turns(slow) for worker in crew._workers.values())
