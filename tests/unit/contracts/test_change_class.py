"""A change is told as what it is for this run: live, with a warning, or a warm restart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.change_class import changes_between, class_of_change, live_class_in
from matinee.contracts.combinations import RunLayout
from matinee.contracts.environment_parameters import EnvironmentChoice
from matinee.contracts.hyperparameter_definition import LiveClass
from matinee.contracts.hyperparameters import HYPERPARAMETERS, default_settings
from matinee.contracts.schedules import LinearSchedule

PLAIN = RunLayout(
    processes=1, lockstep=False, recurrent=False, environment=EnvironmentChoice("CartPole-v1")
)


def live_class(
    name: str, algorithm: Algorithm = Algorithm.A3C, layout: RunLayout = PLAIN
) -> LiveClass:
    """Of a hyperparameter in a run."""
    return live_class_in(HYPERPARAMETERS[name], algorithm, layout)


def rate_change(before: Any, after: Any, *, env_step: int = 0) -> LiveClass:
    """Of one change of the learning rate."""
    return class_of_change(
        HYPERPARAMETERS["learning_rate"],
        before,
        after,
        env_step=env_step,
        algorithm=Algorithm.A3C,
        layout=PLAIN,
    )


def test_threads_come_and_go_live_but_a_vector_of_environments_is_rebuilt() -> None:
    """The number of workers is live in a3c and ga3c; where one thread has all, it is a restart."""
    assert live_class("workers") is LiveClass.LIVE
    assert live_class("workers", Algorithm.GA3C) is LiveClass.LIVE
    assert live_class("workers", Algorithm.A2C) is LiveClass.WARM_RESTART
    assert live_class("workers", Algorithm.PPO) is LiveClass.WARM_RESTART
    assert live_class("workers", layout=replace(PLAIN, lockstep=True)) is LiveClass.WARM_RESTART


def test_what_rebuilds_is_a_warm_restart_everywhere() -> None:
    """Weights are kept; what was built around them is not."""
    for algorithm in Algorithm:
        assert live_class("algorithm", algorithm) is LiveClass.WARM_RESTART
        assert live_class("optimizer", algorithm) is LiveClass.WARM_RESTART
        assert live_class("envs_per_worker", algorithm) is LiveClass.WARM_RESTART


@pytest.mark.parametrize(
    "name", ["gamma", "reward_scale", "reward_clip", "truncation_bootstrap", "freeze_normalization"]
)
def test_what_moves_the_scale_of_values_or_inputs_warns(name: str) -> None:
    """The critic must learn anew."""
    assert live_class(name) is LiveClass.LIVE_WITH_WARNING


def test_a_memory_makes_the_rollout_length_a_matter_of_warning() -> None:
    """With an LSTM it says how far gradients go back in time."""
    assert live_class("rollout_length") is LiveClass.LIVE
    recurrent = replace(PLAIN, recurrent=True)
    assert live_class("rollout_length", layout=recurrent) is LiveClass.LIVE_WITH_WARNING


def test_only_a_leap_of_the_learning_rate_warns() -> None:
    """Up by more than ten times; a schedule counts by the value that it has come to."""
    ramp = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 0.1, "to": 0, "from_env_step": 0, "until_env_step": 100}
    )

    assert rate_change(1e-3, 1e-2) is LiveClass.LIVE
    assert rate_change(1e-2, 1e-4) is LiveClass.LIVE
    assert rate_change(0.0, 1e-2) is LiveClass.LIVE
    assert rate_change(1e-3, 1.1e-2) is LiveClass.LIVE_WITH_WARNING
    assert rate_change(1e-3, ramp) is LiveClass.LIVE_WITH_WARNING
    assert rate_change(ramp, 0.5) is LiveClass.LIVE
    assert rate_change(ramp, 0.1, env_step=89) is LiveClass.LIVE
    assert rate_change(ramp, 0.1, env_step=91) is LiveClass.LIVE_WITH_WARNING
    assert rate_change(1e-3, ramp, env_step=91) is LiveClass.LIVE


def test_only_what_differs_is_a_change() -> None:
    """With what it means, as a change by hand would be told; a setting that is new is none."""
    before = default_settings()
    rate = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 0.5, "to": 0, "until_env_step": 9}
    )

    changes = changes_between(
        {name: setting for name, setting in before.items() if name != "gamma"},
        {**before, "gamma": 0.1, "learning_rate": rate},
        PLAIN,
        env_step=0,
    )

    assert changes.keys() == {"learning_rate"}
    assert (changes["learning_rate"].after, changes["learning_rate"].applies) == (rate, True)
    assert changes["learning_rate"].live_class is LiveClass.LIVE_WITH_WARNING
