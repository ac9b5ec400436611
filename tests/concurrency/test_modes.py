"""All modes with their real threads: they end, stand, step, grow, shrink and take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakes.training import PATIENCE_S, Rig, small_spec
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameters import HYPERPARAMETERS, default_settings
from matinee.contracts.metrics import metrics_of
from matinee.contracts.schedules import PiecewiseSchedule
from matinee.training import run_sampler
from matinee.training.outcome import StopCause

MODES: dict[str, dict[str, Any]] = {
    "a3c": {"algorithm": "a3c"},
    "lockstep": {"algorithm": "a3c", "lockstep": True},
    "a2c": {"algorithm": "a2c"},
    "ppo": {"algorithm": "ppo"},
    "ga3c": {"algorithm": "ga3c"},
    "predictors": {"algorithm": "ga3c", "hyperparameters": {"predictor_threads": 2}},
}
THREADS = {
    "a3c": {"actor-learner-0", "actor-learner-1"},
    "lockstep": {"lockstep-driver"},
    "a2c": {"synchronous-learner"},
    "ppo": {"synchronous-learner"},
    "ga3c": {"environment-0", "environment-1", "optimizer-0"},
    "predictors": {"environment-0", "environment-1", "optimizer-0", "predictor-0", "predictor-1"},
}
NOT_HERE = {
    "episode_return",
    "episode_length",
    "steps_per_second",
    "evaluation_return_greedy",
    "evaluation_return_sampled",
    "evaluation_std_greedy",
    "evaluation_std_sampled",
    "policy_std",
    "importance_ratio_mean",
    "importance_ratio_max",
}
"""Rows of their own, of the host, of continuous actions, of random ones."""
REPEATABLE = ("lockstep", "a2c", "ppo")

MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig() -> Iterator[MakeRig]:
    """Two workers in the mode that is asked for, without end unless told otherwise."""
    rigs: list[Rig] = []

    def make(mode: str, environment_id: str = "CartPole-v1", **overrides: Any) -> Rig:
        settings: dict[str, Any] = {"workers": 2, "budget": {"env_steps": None}}
        rig = Rig(small_spec(environment_id, **settings | MODES[mode] | overrides))
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.trainer.control.stop(StopCause.ABORTED, "the test is over")
        rig.trainer.join(PATIENCE_S)


def env_steps(rig: Rig) -> int:
    """Done so far."""
    return rig.trainer.progress().env_steps


def updates(rig: Rig) -> int:
    """Pushed so far."""
    return rig.trainer.progress().updates


def change(rig: Rig, **settings: Any) -> None:
    """Change hyperparameters, and wait until they are in use."""
    revision = rig.trainer.board.propose(settings)
    rig.wait_until(lambda: rig.trainer.board.snapshot().revision >= revision)


def goes_on(rig: Rig) -> bool:
    """Waits until there are both more steps and more updates."""
    steps_before, updates_before = env_steps(rig), updates(rig)
    rig.wait_until(lambda: env_steps(rig) > steps_before and updates(rig) > updates_before)
    return True


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_ends_with_its_budget(make_rig: MakeRig, mode: str) -> None:
    """All threads end, and what was counted is what was told."""
    rig = make_rig(mode, budget={"env_steps": 4000})

    outcome = rig.run()

    progress = rig.trainer.progress()
    assert outcome.cause is StopCause.FINISHED_BUDGET
    assert progress.env_steps >= 4000
    told = sum(d.metrics["policy_loss"].count for d in rig.drained if "policy_loss" in d.metrics)
    assert progress.updates == told > 0
    episodes = [number for drained in rig.drained for number in drained.episodes.episode.tolist()]
    assert episodes == list(range(1, progress.episodes + 1))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asked", [30, 1600, 1601])
def test_every_mode_ends_at_the_first_boundary(make_rig: MakeRig, mode: str, asked: int) -> None:
    """With four workers too no rollout begins that is not needed to use up the budget."""
    settings = {"rollout_length": 5} | MODES[mode].get("hyperparameters", {})
    rig = make_rig(
        mode,
        "Probe/Endless-v0",
        workers=4,
        hyperparameters=settings,
        budget={"env_steps": asked},
    )
    rig.run()

    boundary = 5 * 4 * (1 if mode in ("a3c", "ga3c", "predictors") else 4)
    assert env_steps(rig) == -(-asked // boundary) * boundary


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_tells_all_that_its_catalogue_promises(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Each metric of the mode that discrete actions have, and a heartbeat of every thread."""
    monkeypatch.setattr(run_sampler, "SAMPLE_INTERVAL_S", 0.05)
    rig = make_rig(mode)
    rig.trainer.start()
    algorithm = Algorithm(MODES[mode]["algorithm"])
    promised = {metric.name for metric in metrics_of(algorithm)} - NOT_HERE

    def told() -> set[str]:
        return {name for drained in rig.drained for name in drained.metrics}

    rig.wait_until(lambda: promised <= told())

    assert told() - promised <= NOT_HERE
    assert {beat.thread for beat in rig.drained[-1].heartbeats} == THREADS[mode]
    shares = rig.last("share_env"), rig.last("share_learn")
    assert all(0.0 < share.max <= 1.0 for share in shares)


def told_of_starts(rig: Rig) -> bool:
    """Whether a followed episode has been told."""
    return any("start_return" in drained.metrics for drained in rig.drained)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_follows_episodes_to_their_end(make_rig: MakeRig, mode: str) -> None:
    """A reward of 1 at the second step is a return of γ, whatever the critic promises."""
    rig = make_rig(mode, "Probe/DelayedReward-v0")
    rig.trainer.start()
    rig.wait_until(lambda: told_of_starts(rig))
    promised, came, bias = map(rig.last, ("start_value", "start_return", "value_bias"))

    assert (came.min, came.max) == pytest.approx((0.99, 0.99))
    assert bias.mean == pytest.approx(promised.mean - 0.99)


@pytest.mark.parametrize(("environment_id", "least"), [("Recall", -1.0), ("Endless", 9.0)])
@pytest.mark.parametrize("mode", ["a3c", "a2c"])
def test_a_network_that_remembers_is_asked_for_starts_and_limits(
    make_rig: MakeRig, mode: str, environment_id: str, least: float
) -> None:
    """Also where a time limit cuts the episode: ten rewards of 1, and what is left of the value."""
    network = {"hidden": [8], "lstm": 4}
    rig = make_rig(mode, f"Probe/{environment_id}-v0", network=network)
    rig.trainer.start()
    rig.wait_until(lambda: told_of_starts(rig))

    assert rig.last("start_return").mean > least


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_stands_still_when_paused(make_rig: MakeRig, mode: str) -> None:
    """Once paused nothing is stepped or learned; after resume both go on."""
    rig = make_rig(mode)
    rig.trainer.start()
    rig.wait_until(lambda: updates(rig) > 5)
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)
    stood_at = (env_steps(rig), updates(rig))

    assert not rig.trainer.control.stopping.wait(0.1)
    assert (env_steps(rig), updates(rig)) == stood_at

    rig.trainer.control.resume()
    assert goes_on(rig)


@pytest.mark.parametrize("mode", ["a3c", "a2c", "ga3c", "predictors"])
def test_a_single_update_is_a_single_update(make_rig: MakeRig, mode: str) -> None:
    """A step of one update pushes once, in every mode that pushes once a boundary."""
    rig = make_rig(mode)
    rig.trainer.control.pause()
    rig.trainer.start()
    for expected in (1, 2, 3):
        rig.trainer.control.step(updates=1)
        rig.wait_until(lambda: rig.trainer.control.paused)
        assert updates(rig) == expected


@pytest.mark.parametrize("mode", ["a3c", "lockstep", "a2c", "ga3c"])
def test_the_number_of_workers_changes_live(make_rig: MakeRig, mode: str) -> None:
    """More and fewer workers, up and down and up again: each time training goes on."""
    rig = make_rig(mode)
    rig.trainer.start()
    assert goes_on(rig)
    for workers in (4, 1, 3, 2):
        change(rig, workers=workers)
        assert goes_on(rig)

    started = {
        status.worker
        for drained in rig.drained
        for status in drained.worker_statuses
        if status.status == "running"
    }
    assert started == (set(range(4)) if mode in ("a3c", "ga3c") else {0})


@pytest.mark.parametrize("mode", MODES)
def test_the_environments_of_a_worker_change_live(make_rig: MakeRig, mode: str) -> None:
    """More and fewer of them: the weights stay while the threads are replaced, and steps go on."""
    rig = make_rig(mode)
    rig.trainer.start()
    for environments in (16, 1, 3):
        assert goes_on(rig)
        rig.trainer.control.pause()
        rig.wait_until(lambda: rig.trainer.control.paused)
        before = env_steps(rig), updates(rig), rig.trainer.capture().weights.tobytes()
        change(rig, envs_per_worker=environments)
        assert before == (env_steps(rig), updates(rig), rig.trainer.capture().weights.tobytes())
        rig.trainer.control.resume()
    assert goes_on(rig)


@pytest.mark.parametrize("mode", MODES)
def test_a_rollout_has_as_many_steps_as_there_are_environments(
    make_rig: MakeRig, mode: str
) -> None:
    """Before a change of their number and after it; of both workers where one thread has all."""
    settings = {"rollout_length": 5} | MODES[mode].get("hyperparameters", {})
    rig = make_rig(mode, "Probe/Endless-v0", hyperparameters=settings)
    rig.trainer.control.pause()
    rig.trainer.start()
    together = 2 if mode in REPEATABLE else 1
    total = 0
    for environments in (4, 7, 2):
        change(rig, envs_per_worker=environments)
        rig.trainer.control.step(env_steps=1)
        rig.wait_until(lambda: rig.trainer.control.paused)
        total += 5 * together * environments
        assert env_steps(rig) == total


def test_the_crew_follows_a_schedule(make_rig: MakeRig) -> None:
    """Workers join and leave at the env steps that a schedule says, without further commands."""
    rig = make_rig("a3c")
    rig.trainer.control.pause()
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.control.paused)
    points = [{"env_step": 0, "value": 3}, {"env_step": 2000, "value": 1}]
    change(
        rig,
        workers=PiecewiseSchedule.model_validate({"schedule": "piecewise", "points": points}),
    )
    # On a busy machine the first two would else be past the second point before the third joins.
    rig.wait_until(lambda: rig.trainer.control.members() == {0, 1, 2})
    rig.trainer.control.resume()

    def ended() -> set[int]:
        statuses = [status for drained in rig.drained for status in drained.worker_statuses]
        return {status.worker for status in statuses if status.status == "finished"}

    rig.wait_until(lambda: ended() == {1, 2})
    assert env_steps(rig) >= 2000
    assert rig.trainer.control.members() == {0}
    assert goes_on(rig)


def test_workers_may_change_while_paused(make_rig: MakeRig) -> None:
    """A change of the crew is applied without running on; the new workers stand at the gate."""
    rig = make_rig("a3c")
    rig.trainer.control.pause()
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.control.paused)

    change(rig, workers=5)
    rig.wait_until(lambda: rig.trainer.control.paused)
    assert env_steps(rig) == 0

    rig.trainer.control.resume()
    rig.wait_until(
        lambda: (
            {s.worker for d in rig.drained for s in d.worker_statuses} >= set(range(5))
            and env_steps(rig) > 0
        )
    )


def test_a_run_changes_from_mode_to_mode(make_rig: MakeRig) -> None:
    """Same run, same weights: counters go on, and each mode learns from where the last one was."""
    rig = make_rig("a3c")
    rig.trainer.start()
    for algorithm in ("ga3c", "ppo", "a2c", "ga3c", "a3c"):
        assert goes_on(rig)
        rig.trainer.control.pause()
        rig.wait_until(lambda: rig.trainer.control.paused)
        before = env_steps(rig), updates(rig), rig.trainer.capture().weights.tobytes()
        change(rig, algorithm=algorithm)
        assert before == (env_steps(rig), updates(rig), rig.trainer.capture().weights.tobytes())
        rig.trainer.control.resume()
    assert goes_on(rig)


def test_predictors_come_and_go(make_rig: MakeRig) -> None:
    """From none to three to one to none: no request is left unanswered."""
    rig = make_rig("ga3c")
    rig.trainer.start()
    for predictors in (3, 1, 0, 2):
        change(rig, predictor_threads=predictors)
        assert goes_on(rig)


def test_optimizers_come_and_go(make_rig: MakeRig) -> None:
    """One optimizer learns, as do four; the queue's bounds change too."""
    rig = make_rig("ga3c")
    rig.trainer.start()
    for optimizers, capacity in ((1, 2), (4, 16), (2, 4)):
        change(rig, optimizer_threads=optimizers, queue_capacity=capacity)
        assert goes_on(rig)
    reading = rig.trainer.queue_reading()
    assert reading is not None
    assert reading.capacity == 4


@pytest.mark.parametrize("mode", MODES)
def test_a_failing_environment_fails_the_run(make_rig: MakeRig, mode: str) -> None:
    """An exception in any thread ends all of them, and its text is the reason."""
    rig = make_rig(mode, environment_id="Probe/Faulty-v0")

    outcome = rig.run()

    assert outcome.cause is StopCause.FAILED
    assert "Traceback" in (outcome.traceback_text or "")


def weights(make_rig: MakeRig, mode: str, *, seed: int, **overrides: Any) -> bytes:
    """What is learned from this seed."""
    rig = make_rig(mode, seed=seed, **{"budget": {"env_steps": 3000}, **overrides})
    outcome = rig.run()
    assert outcome.cause is StopCause.FINISHED_BUDGET, outcome.traceback_text
    return rig.trainer.capture().weights.tobytes()


@pytest.mark.parametrize("mode", REPEATABLE)
def test_a_seed_repeats(make_rig: MakeRig, mode: str) -> None:
    """Lockstep, a2c and ppo with two workers: the same seed gives the same weights, bit for bit."""
    assert weights(make_rig, mode, seed=3) == weights(make_rig, mode, seed=3)
    assert weights(make_rig, mode, seed=3) != weights(make_rig, mode, seed=4)


RANDOM_PARTS: dict[str, dict[str, Any]] = {
    "convolution": {
        "environment": {"id": "Probe/Picture-v0"},
        "envs_per_worker": 2,
        "network": {"hidden": [4], "convolution": "a3c"},
        "hyperparameters": {"rollout_length": 4},
        "budget": {"env_steps": 48},
    },
    "gaussian": {
        "environment": {"id": "Pendulum-v1", "normalize_observations": True},
        "budget": {"env_steps": 1000},
    },
    "random_actions": {"hyperparameters": {"epsilon": 0.3}, "budget": {"env_steps": 1000}},
}
"""Whatever draws random numbers, or goes through another library, than an MLP's choice does."""

MEMORY: dict[str, Any] = {
    "network": {"hidden": [4], "lstm": 4},
    "hyperparameters": {"rollout_length": 5},
    "budget": {"env_steps": 200},
}


@pytest.mark.parametrize(
    ("mode", "overrides"),
    [
        *(
            pytest.param(mode, overrides, id=f"{name}-{mode}")
            for name, overrides in RANDOM_PARTS.items()
            for mode in REPEATABLE
        ),
        *(pytest.param(mode, MEMORY, id=f"memory-{mode}") for mode in ("lockstep", "a2c")),
    ],
)
def test_a_seed_repeats_whatever_is_random(
    make_rig: MakeRig, mode: str, overrides: dict[str, Any]
) -> None:
    """Images, numbers as actions on normalised observations, random actions, a memory."""
    first = weights(make_rig, mode, seed=3, **overrides)

    assert first == weights(make_rig, mode, seed=3, **overrides)
    assert first != weights(make_rig, mode, seed=4, **overrides)


def test_ppo_pushes_once_for_each_minibatch(make_rig: MakeRig) -> None:
    """Every rollout gives epochs x minibatches updates, whatever number of samples it has."""
    settings = {"epochs": 3, "minibatches": 5, "rollout_length": 16}
    rig = make_rig("ppo", hyperparameters=settings, budget={"env_steps": 2000})

    rig.run()

    assert updates(rig) % 15 == 0
    assert updates(rig) >= 2000 // (16 * 8) * 15


def test_ppo_stops_its_epochs_where_the_policy_has_moved_enough(make_rig: MakeRig) -> None:
    """With a small target for the divergence most epochs are left out."""

    def updates_with(target_kl: float) -> int:
        settings = {"epochs": 10, "learning_rate": 0.01, "target_kl": target_kl}
        rig = make_rig("ppo", hyperparameters=settings, budget={"env_steps": 4000})
        rig.run()
        return updates(rig)

    assert 0 < updates_with(0.001) < updates_with(0.0) // 2


def test_a2c_is_a3c_with_one_worker(make_rig: MakeRig) -> None:
    """The same environments, actions, gradients and steps: the weights are equal bit for bit."""
    same = {
        name: value
        for name, value in default_settings(Algorithm.A3C).items()
        if not HYPERPARAMETERS[name].spec_field and not HYPERPARAMETERS[name].environments
    }

    def learned(mode: str) -> bytes:
        budget = {"env_steps": 5000}
        return weights(make_rig, mode, seed=7, workers=1, hyperparameters=same, budget=budget)

    assert learned("a3c") == learned("a2c") == learned("lockstep")
