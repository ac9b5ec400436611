"""Test episodes on a snapshot of the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.training import Rig, small_spec
from matinee.contracts.policy_file import PolicyFile
from matinee.contracts.schedules import LinearSchedule
from matinee.training import evaluator
from matinee.training.checkpoints import load_checkpoint
from matinee.training.evaluator import EvaluationResult
from matinee.training.outcome import StopCause


def test_it_plays_the_asked_number_of_whole_episodes() -> None:
    """Returns and lengths are those of CartPole: equal, and from 1 to 500."""
    rig = Rig(small_spec("CartPole-v1"))

    result = rig.trainer.evaluate(4, deterministic=False, should_stop=lambda: False)

    assert result is not None
    assert len(result.returns) == len(result.lengths) == 4
    assert list(result.returns) == list(result.lengths)
    assert all(1 <= length <= 500 for length in result.lengths)
    assert result.env_step == 0


def test_greedy_episodes_take_the_better_action_always() -> None:
    """With a policy of 60 : 40 the greedy mean is 1 and the sampled one is not."""
    rig = Rig(small_spec("Probe/ActionReward-v0"))
    state = rig.trainer.capture()
    state.weights[:] = 0.0
    # Order: trunk weight and bias (8 + 8), policy weight (16), policy bias (2), value.
    state.weights[8 + 8 + 16 + 1] = np.log(0.6 / 0.4)
    trainer = Rig(state.document.spec, restore=state).trainer

    greedy = trainer.evaluate(50, deterministic=True, should_stop=lambda: False)
    sampled = trainer.evaluate(400, deterministic=False, should_stop=lambda: False)

    assert greedy is not None
    assert sampled is not None
    assert greedy.mean_return == 1.0
    assert sampled.mean_return == pytest.approx(0.2, abs=0.15)


def test_it_can_be_told_to_stop() -> None:
    """Between any two steps; then there is no result."""
    rig = Rig(small_spec("CartPole-v1"))
    answers = iter([False] * 5 + [True])

    assert (
        rig.trainer.evaluate(10**6, deterministic=True, should_stop=lambda: next(answers)) is None
    )


def test_an_episode_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A greedy policy that runs in circles can't hold up the run."""
    monkeypatch.setattr(evaluator, "LONGEST_EPISODE_STEPS", 4)
    rig = Rig(small_spec("Probe/Endless-v0"))

    result = rig.trainer.evaluate(3, deterministic=True, should_stop=lambda: False)

    assert result is not None
    assert result.lengths == (4, 4, 4)


def test_mean_and_spread() -> None:
    """Of the population."""
    result = EvaluationResult(0, deterministic=True, returns=(1.0, 3.0), lengths=(1, 3))

    assert (result.mean_return, result.std_return) == (2.0, 1.0)


def test_a_step_that_only_resets_is_not_counted() -> None:
    """ALE's vector resets with a step of its own: the second game is as long as the first."""
    kwargs = {
        "img_height": 40,
        "img_width": 40,
        "stack_num": 1,
        "noop_max": 0,
        "use_fire_reset": False,
        "max_num_frames_per_episode": 80,
    }
    environment = {"id": "ALE/Pong-v5", "kwargs": kwargs}
    rig = Rig(small_spec("ALE/Pong-v5", environment=environment))
    result = rig.trainer.evaluate(3, deterministic=True, should_stop=lambda: False)

    assert result is not None
    assert result.lengths[0] == result.lengths[1] == result.lengths[2]


def test_test_episodes_have_the_parameters_that_training_has_now() -> None:
    """Of the environment: those of the spec, and after a change the new ones."""

    def returns(gravity: float, then: float | None = None) -> tuple[float, ...]:
        rig = Rig(small_spec("Pendulum-v1", hyperparameters={"gravity": gravity}))
        if then is not None:
            rig.trainer.board.propose({"gravity": then})
        result = rig.trainer.evaluate(2, deterministic=True, should_stop=lambda: False)
        assert result is not None
        return result.returns

    assert returns(25.0) != returns(10.0)
    assert returns(10.0, then=25.0) == returns(25.0)


def test_so_it_is_for_who_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    """The settings of the checkpoint count, schedules at its env step, and not the spec's."""
    spec = small_spec("Pendulum-v1", algorithm="a2c", hyperparameters={"gravity": 10.0})
    first = Rig(spec)
    first.trainer.control.pause()
    first.trainer.start()
    first.wait_until(lambda: first.trainer.control.paused)
    ramp = LinearSchedule(
        schedule="linear", from_value=20.0, to_value=30.0, from_env_step=0, until_env_step=1_000
    )
    revision = first.trainer.board.propose({"gravity": ramp, "pole_mass": 2.0})
    first.wait_until(lambda: first.trainer.board.snapshot().revision >= revision)
    first.trainer.control.step(env_steps=500)
    first.wait_until(lambda: first.trainer.control.paused)
    first.trainer.save_checkpoint(tmp_path / "one", cause="pause")
    then = first.trainer.evaluate(2, deterministic=True, should_stop=lambda: False)
    steps = first.trainer.progress().env_steps
    first.trainer.control.stop(StopCause.ABORTED, "the test is over")
    first.trainer.join(10.0)

    again = Rig(spec, restore=load_checkpoint(tmp_path / "one"))
    now = again.trainer.evaluate(2, deterministic=True, should_stop=lambda: False)

    policy = PolicyFile.model_validate_json((tmp_path / "one" / "policy.json").read_bytes())
    gravity = 20.0 + 10.0 * steps / 1_000
    assert policy.environment_parameters == {
        "gravity": pytest.approx(gravity),
        "pole_length": 1.0,
        "pole_mass": 2.0,
    }
    assert 500 <= steps < 1_000
    assert then is not None
    assert now is not None
    assert now.returns == then.returns
