"""What alert rules look at besides metrics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.training import Rig, small_spec
from matinee.contracts.checkpoints import CheckpointDocument
from matinee.contracts.histograms import Histogram
from matinee.training.checkpoints import window_of
from matinee.worker.condition import condition_of


@pytest.mark.parametrize("target", [None, 30.0])
def test_it_is_that_of_the_run(target: float | None) -> None:
    """Target, largest reward as it is learned from, windows and actions of a real training."""
    rig = Rig(
        small_spec(
            "CartPole-v1",
            budget={"env_steps": 6000, "target_return": target},
            hyperparameters={"gamma": 0.9, "reward_scale": 0.5, "truncation_bootstrap": False},
        )
    )
    rig.run()

    sampled = {"actions": Histogram(0, 0, (1.0,)), "policy_lag": Histogram(0, 0, (1.0,))}
    condition = condition_of(rig.trainer, replace(rig.drained[-1], histograms=sampled))
    seen = [condition_of(rig.trainer, drained) for drained in rig.drained]

    assert condition.target == (475.0 if target is None else target)
    assert condition.ends_at_target == (target is not None)
    assert condition.rewards.reward_abs_max == 1.0
    assert condition.rewards.value_bound == pytest.approx(5.0)
    assert not condition.rewards.truncation_bootstrap
    assert condition.window.first is not None
    assert sum(len(each.finished_returns) for each in seen) == condition.window.episodes
    assert condition.actions == {"actions": sampled["actions"]}
    assert condition.is_finite


def test_continuous_actions_are_not_counted() -> None:
    """Their histogram counts intervals, not actions."""
    rig = Rig(small_spec("Pendulum-v1", budget={"env_steps": 500}))
    rig.run()

    sampled = {"actions": Histogram(0, 0, (1.0,))}
    condition = condition_of(rig.trainer, replace(rig.drained[-1], histograms=sampled))

    assert condition.actions == {}


def test_a_checkpoint_keeps_what_it_is_judged_by() -> None:
    """First and best 100 episodes and the largest reward, through JSON and back."""
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": 6000}))
    rig.run()
    document = rig.trainer.capture().document

    restored = CheckpointDocument.model_validate_json(document.model_dump_json(by_alias=True))

    assert window_of(restored) == rig.trainer.window()
    assert window_of(restored).first is not None
