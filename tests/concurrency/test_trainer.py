"""The whole trainer: steered, watched, failing and ending, with its real threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fakes.probe_environments import OPEN
from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.algorithm.flat_parameters import FloatVector
from matinee.algorithm.gradients import GradientEstimator
from matinee.algorithm.loss_report import LossReport
from matinee.contracts import combinations
from matinee.contracts.schedules import LinearSchedule
from matinee.environments.factory import build_vector
from matinee.environments.vector import EnvironmentVector
from matinee.errors import (
    CheckpointError,
    EnvironmentBuildError,
    InvalidInputError,
    NonFiniteError,
)
from matinee.training.outcome import StopCause
from matinee.training.trainer import Trainer

OPEN_END: dict[str, Any] = {"budget": {"env_steps": None}}


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Two workers that train CartPole until stopped."""
    rig = Rig(small_spec("CartPole-v1", workers=2, envs_per_worker=8, **OPEN_END))
    yield rig
    rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
    rig.trainer.join(PATIENCE_S)


def env_steps(rig: Rig) -> int:
    """Done so far."""
    return rig.trainer.progress().env_steps


def test_a_run_ends_when_its_budget_is_used_up() -> None:
    """At the first boundary at or after it, with nothing lost between counters and records."""
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": 3000}))

    outcome = rig.run()

    progress = rig.trainer.progress()
    assert outcome.cause is StopCause.FINISHED_BUDGET
    assert 3000 <= progress.env_steps < 3000 + 4 * 20
    assert progress.budget_fraction == 1.0
    assert progress.frames is None
    assert progress.updates == sum(
        drained.metrics["policy_loss"].count
        for drained in rig.drained
        if "policy_loss" in drained.metrics
    )
    episodes = np.concatenate([drained.episodes.episode for drained in rig.drained])
    assert episodes.tolist() == list(range(1, progress.episodes + 1))
    lengths = np.concatenate([drained.episodes.lengths for drained in rig.drained])
    assert 0 <= progress.env_steps - lengths.sum() < 4 * 500
    last = np.concatenate([drained.episodes.env_step for drained in rig.drained])
    assert (np.diff(last) >= 0).all()
    assert last[-1] <= progress.env_steps


def test_frames_are_told_where_a_step_takes_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many for each env step as the environment says."""
    monkeypatch.setattr("matinee.training.trainer.frames_per_step", lambda _: 4)
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": 100}))
    rig.run()

    progress = rig.trainer.progress()
    assert progress.frames == 4 * progress.env_steps > 0


def test_a_run_ends_when_its_seconds_are_over() -> None:
    """The budget in seconds counts training, not building or waiting."""
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": None, "seconds": 0.2}))

    outcome = rig.run()

    assert outcome.cause is StopCause.FINISHED_BUDGET
    assert rig.trainer.progress().seconds >= 0.2


def test_a_run_ends_when_the_target_is_reached() -> None:
    """Promptly: the mean of exactly 100 episodes, at the episode that completed them."""
    rig = Rig(
        small_spec("Probe/ConstantReward-v0", budget={"env_steps": None, "target_return": 1.0})
    )

    outcome = rig.run()

    solved_at = rig.trainer.progress().solved_at
    assert outcome.cause is StopCause.FINISHED_TARGET
    assert solved_at is not None
    assert solved_at.env_steps == 100
    assert env_steps(rig) == 320  # 64 rows are full after four rollouts of 20.


def test_one_worker_and_a_seed_make_the_same_run() -> None:
    """Bit for bit: weights and every episode; another seed makes another run."""

    def result(seed: int) -> tuple[bytes, list[float]]:
        rig = Rig(small_spec("CartPole-v1", seed=seed, budget={"env_steps": 3000}))
        rig.run()
        returns = [r for drained in rig.drained for r in drained.episodes.returns.tolist()]
        return rig.trainer.capture().weights.tobytes(), returns

    assert result(3) == result(3)
    assert result(3) != result(4)


def test_pause_stands_still_and_resume_goes_on(rig: Rig) -> None:
    """Once paused no step is done; after resume they are."""
    rig.trainer.start()
    rig.wait_until(lambda: env_steps(rig) > 500)
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)
    stood_at = rig.trainer.progress()
    rig.drained.clear()

    assert not rig.trainer.control.stopping.wait(0.05)
    assert rig.trainer.progress().env_steps == stood_at.env_steps
    assert rig.trainer.progress().seconds == stood_at.seconds

    rig.trainer.control.resume()
    rig.wait_until(lambda: env_steps(rig) > stood_at.env_steps)


def test_a_single_update_is_a_single_update(rig: Rig) -> None:
    """With two workers, one step of one update pushes once."""
    rig.trainer.control.pause()
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.control.paused)

    for count in (1, 2, 3):
        rig.trainer.control.step(updates=1)
        rig.wait_until(lambda: rig.trainer.control.paused)
        assert rig.trainer.progress().updates == count


def test_stop_ends_training_and_keeps_what_was_done(rig: Rig) -> None:
    """All threads end; every count and status is still there to be drained."""
    rig.trainer.start()
    rig.wait_until(lambda: env_steps(rig) > 500)
    rig.trainer.control.stop(StopCause.STOPPED, "asked to")

    outcome = rig.finish()

    assert (outcome.cause, outcome.reason) == (StopCause.STOPPED, "asked to")
    statuses = [s for drained in rig.drained for s in drained.worker_statuses]
    assert sorted((s.worker, s.status) for s in statuses) == [
        (0, "finished"),
        (0, "running"),
        (1, "finished"),
        (1, "running"),
    ]


def test_a_change_is_applied_while_it_trains(rig: Rig) -> None:
    """It is told with its env step and both settings, and the pushes really use it."""
    rig.trainer.start()
    rig.wait_until(lambda: env_steps(rig) > 500)

    revision = rig.trainer.board.propose({"learning_rate": 0.123})
    changes = rig.wait_for_changes()
    rig.drained.clear()
    after = env_steps(rig)
    rig.wait_until(lambda: env_steps(rig) > after + 500)

    assert [change.revision for change in changes] == [revision]
    assert changes[0].env_step <= after
    assert changes[0].changes["learning_rate"].before == 7e-4
    assert changes[0].changes["learning_rate"].after == 0.123
    assert rig.drained[-1].metrics["learning_rate"].min == 0.123


def test_every_hyperparameter_can_be_changed_at_once(rig: Rig) -> None:
    """Other rollout lengths, optimizer, exploration, pace: training goes on with all of them."""
    rig.trainer.start()
    rig.wait_until(lambda: env_steps(rig) > 500)

    rig.trainer.board.propose(
        {
            "optimizer": "adam",
            "optimizer_epsilon_mode": "outside",
            "update_lock": "per_update",
            "rollout_length": 7,
            "gamma": 0.9,
            "gae_lambda": 0.5,
            "epsilon": 0.2,
            "normalize_advantage": True,
            "truncation_bootstrap": False,
            "reward_scale": 0.1,
            "worker_delay_s": 1e-5,
            "target_steps_per_second": 1e5,
            "max_gradient_norm": 0.0,
            "entropy_coefficient": LinearSchedule.model_validate(
                {"schedule": "linear", "from": 0.1, "to": 0, "until_env_step": 10**6}
            ),
        }
    )
    rig.wait_for_changes()
    after = env_steps(rig)
    rig.wait_until(lambda: env_steps(rig) > after + 1000)

    assert rig.trainer.outcome is None
    assert rig.trainer.capture().document.optimizer == "adam"


def test_a_slow_pace_does_not_delay_a_change(rig: Rig) -> None:
    """At 20 steps a second a rollout would take 27 minutes; a change and a pause come at once."""
    rig.trainer.board.propose({"target_steps_per_second": 20.0, "rollout_length": 2048})
    rig.trainer.start()
    rig.wait_until(lambda: env_steps(rig) > 0)
    rig.wait_for_changes()

    rig.trainer.board.propose({"learning_rate": 0.01})
    rig.wait_for_changes()
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)

    assert rig.trainer.progress().env_steps <= 4 * 8 * 2048


def test_a_pace_is_kept() -> None:
    """Held to 4,000 steps a second, 2,000 steps take about half a second."""
    rig = Rig(
        small_spec("CartPole-v1", workers=2, hyperparameters={"target_steps_per_second": 4000.0})
    )

    rig.run()

    progress = rig.trainer.progress()
    assert progress.env_steps / progress.seconds < 4400


def test_slow_training_tells_episodes_within_the_rollout() -> None:
    """While paced, episodes come out before the one rollout is through, and before 64 rows are."""
    rig = Rig(
        small_spec(
            "Probe/ConstantReward-v0",
            hyperparameters={"rollout_length": 32, "target_steps_per_second": 200.0},
            budget={"env_steps": 128},
        )
    )

    rig.run()

    assert sum(len(drained.episodes) > 0 for drained in rig.drained) > 3


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("raise", RuntimeError, "the simulator broke"),
        ("nan_reward", NonFiniteError, "gave a reward that is NaN"),
        ("nan_reward", NonFiniteError, "that are NaN or infinite; observations "),
        ("nan_observation", NonFiniteError, "gave an observation that is NaN"),
    ],
)
def test_the_first_failure_ends_the_run(fault: str, error: type[Exception], message: str) -> None:
    """With its traceback as the reason; the other workers stop, and the weights stay finite."""
    rig = Rig(
        small_spec(
            "Probe/Faulty-v0",
            environment={"id": "Probe/Faulty-v0", "kwargs": {"fault": fault}},
            workers=3,
            **OPEN_END,
        )
    )

    outcome = rig.run()

    assert outcome.cause is StopCause.FAILED
    assert isinstance(outcome.error, error)
    assert message in outcome.reason
    assert outcome.traceback_text is not None
    assert message in outcome.traceback_text
    failed = [s for drained in rig.drained for s in drained.worker_statuses if s.status == "failed"]
    # The environments of all three break at the same step, so that others may fail as well.
    assert failed
    assert all(message in (status.error or "") for status in failed)
    assert np.isfinite(rig.trainer.capture().weights).all()


def test_a_gradient_that_is_not_finite_is_told_with_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though the loss was: nothing is pushed, and the reason says what the batch held."""
    gradient = GradientEstimator.gradient

    def spoilt(self: GradientEstimator, *rollouts: Any, out: FloatVector, **how: Any) -> LossReport:
        report = gradient(self, *rollouts, out=out, **how)
        out[0] = np.inf
        return report

    monkeypatch.setattr(GradientEstimator, "gradient", spoilt)
    rig = Rig(small_spec("CartPole-v1", **OPEN_END))
    outcome = rig.run()

    assert isinstance(outcome.error, NonFiniteError)
    assert "1 of the gradient's" in outcome.reason
    assert "the batch had" in outcome.reason
    assert "rewards 1 to 1; observations " in outcome.reason
    assert rig.trainer.progress().updates == 0


@pytest.mark.parametrize("fault", ["build", "reset"])
def test_a_worker_that_fails_to_begin_leaves_no_environment_open(fault: str) -> None:
    """The third of four can't be built, or can't be reset: those before it are closed."""
    environment = {"id": "Probe/Brittle-v0", "kwargs": {"fault": fault}}
    outcome = Rig(small_spec("Probe/Brittle-v0", environment=environment, **OPEN_END)).run()

    assert outcome.cause is StopCause.FAILED
    assert "no third one" in outcome.reason
    assert OPEN == []


def test_a_training_that_goes_on_has_no_outcome(rig: Rig) -> None:
    """Joining it without a stop only waits."""
    rig.trainer.start()

    assert rig.trainer.join(0.01) is None


def test_evaluations_come_while_it_trains() -> None:
    """Every so many env steps, greedy and sampled, on an environment of their own."""
    rig = Rig(
        small_spec(
            "Probe/ConstantReward-v0",
            budget={"env_steps": None},
            evaluation={"every_env_steps": 500, "episodes": 3},
        )
    )
    rig.trainer.start()
    rig.wait_until(lambda: sum(len(drained.evaluations) for drained in rig.drained) >= 2)
    rig.trainer.control.stop(StopCause.STOPPED, "seen enough")
    rig.finish()

    first, second = [e for drained in rig.drained for e in drained.evaluations][:2]
    assert first.returns == second.returns == (1.0, 1.0, 1.0)
    assert (first.deterministic, second.deterministic) == (True, False)


def test_a_checkpoint_taken_while_it_trains_can_be_gone_on_from(rig: Rig) -> None:
    """Counters, weights, optimizer and hyperparameters continue where they were."""
    rig.trainer.board.propose({"optimizer": "adam", "learning_rate": 0.005, "envs_per_worker": 6})
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().episodes > 120)
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)
    state = rig.trainer.capture()
    before = rig.trainer.progress()

    resumed = Rig(state.document.spec, restore=state)
    restored = resumed.trainer.capture()
    progress = resumed.trainer.progress()
    resumed.trainer.start()
    resumed.wait_until(lambda: env_steps(resumed) > before.env_steps + 500)
    resumed.trainer.control.stop(StopCause.STOPPED, "seen enough")
    resumed.finish()

    assert restored.document == state.document
    assert np.array_equal(restored.weights, state.weights)
    assert all(np.array_equal(restored.statistics[k], v) for k, v in state.statistics.items())
    assert progress.mean_return_100 == before.mean_return_100
    assert progress.seconds == before.seconds
    episodes = np.concatenate([drained.episodes.episode for drained in resumed.drained])
    assert episodes[0] == before.episodes + 1


def test_gravity_follows_a_schedule_and_is_kept_over_a_resume() -> None:
    """The environments of a resumed run begin with what training had come to."""
    spec = small_spec(
        "CartPole-v1", envs_per_worker=8, algorithm="a2c", hyperparameters={"gravity": {
            "schedule": "piecewise",
            "points": [{"env_step": 0, "value": 9.8}, {"env_step": 400, "value": 30.0}],
        }},
    )  # fmt: skip
    built: list[dict[str, float]] = []

    def build(*arguments: Any, parameters: dict[str, float], **rest: Any) -> EnvironmentVector:
        built.append(parameters)
        return build_vector(*arguments, parameters=parameters, **rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matinee.training.collector.build_vector", build)
        rig = Rig(spec)
        rig.run()
        Rig(spec, restore=rig.trainer.capture()).run()

    assert rig.trainer.board.snapshot().applied["gravity"].value == 30.0
    assert [parameters["gravity"] for parameters in built] == [9.8, 30.0]


def test_a_checkpoint_of_another_network_is_refused(rig: Rig) -> None:
    """With both sizes in the message."""
    state = rig.trainer.capture()

    with pytest.raises(CheckpointError, match="weights; the network has"):
        Trainer(small_spec("MountainCar-v0"), on_wake=lambda: None, restore=state)


def test_what_cannot_be_trained_is_refused_before_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unknown ids, other spaces and rollouts without end of memory."""
    with pytest.raises(EnvironmentBuildError, match="no environment"):
        Rig(small_spec("Nowhere-v0"))
    with pytest.raises(EnvironmentBuildError, match="actions are Text"):
        Rig(small_spec("Probe/Speaker-v0"))
    with pytest.raises(EnvironmentBuildError, match="can't be built"):
        Rig(small_spec("x", environment={"id": "CartPole-v1", "kwargs": {"pole": 3}}))
    images = small_spec(
        "x", environment={"id": "Probe/ByteImage-v0"}, workers=16, envs_per_worker=64
    )
    rig = Rig(images)
    monkeypatch.setattr(combinations, "MAX_OBSERVATION_BYTES", 16 * 64 * 6 * 100)
    with pytest.raises(InvalidInputError) as refusal:
        rig.trainer.board.propose({"rollout_length": 100})
    assert "(100 (rollout_length) + 1) x 64" in refusal.value.fields[0].message
    with pytest.raises(InvalidInputError) as refusal:
        rig.trainer.board.propose({"envs_per_worker": 4096})
    assert "x 4096 (envs_per_worker)" in refusal.value.fields[0].message
    with pytest.raises(InvalidInputError, match="too much memory"):
        Rig(images.model_copy(update={"hyperparameters": {"rollout_length": 100}}))


def test_a_seed_is_needed() -> None:
    """The host draws it, so that the record knows it."""
    with pytest.raises(ValueError, match="seed"):
        Trainer(small_spec("CartPole-v1", seed=None), on_wake=lambda: None)
