"""What can't be combined is refused with the values and a way out, in a spec and in a live run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import RunLayout, check_change, check_memory, clashes
from matinee.contracts.environment_parameters import EnvironmentChoice
from matinee.contracts.hyperparameters import default_settings
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.schedules import LinearSchedule
from matinee.errors import InvalidInputError

CARTPOLE: dict[str, Any] = {"environment": {"id": "CartPole-v1"}}
PLAIN = RunLayout(
    processes=1, lockstep=False, recurrent=False, environment=EnvironmentChoice("CartPole-v1")
)
FALLING = {"schedule": "linear", "from": 4, "to": 1, "until_env_step": 100}


def refused(**fields: Any) -> dict[tuple[str | int, ...], str]:
    """Why a spec is refused, by field."""
    with pytest.raises(InvalidInputError) as caught:
        parse_run_spec(CARTPOLE | fields)
    return {error.loc: error.message for error in caught.value.fields}


@pytest.mark.parametrize(
    ("algorithm", "rollouts"), [("a3c", 8), ("a2c", 8), ("ppo", 8), ("ga3c", 16 * (1 + 2) + 8)]
)
def test_memory_is_counted_for_all_that_a_mode_holds(algorithm: str, rollouts: int) -> None:
    """Observations of all workers, and of ga3c's queue and its optimizers; 4 GiB are allowed."""
    settings = default_settings(Algorithm(algorithm)) | {
        "algorithm": algorithm, "workers": 8, "rollout_length": 127, "queue_capacity": 16,
        "optimizer_threads": 2,
    }  # fmt: skip
    most = 2**32 // (rollouts * 8 * 128)

    check_memory(replace(PLAIN, observation_bytes=most), settings)
    with pytest.raises(InvalidInputError, match=r"x 8 \(envs_per_worker\) x .* = 4\.0 GiB"):
        check_memory(replace(PLAIN, observation_bytes=most + 1), settings)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_defaults_go_together(algorithm: Algorithm) -> None:
    """Every mode starts from its defaults without a complaint."""
    spec = parse_run_spec(CARTPOLE | {"algorithm": algorithm.value})

    assert clashes(spec.layout, spec.initial_settings()) == []


@pytest.mark.parametrize(
    ("fields", "loc", "words"),
    [
        (
            {"algorithm": "ga3c", "hyperparameters": {"vtrace_c_bar": 2}},
            ("hyperparameters", "vtrace_c_bar"),
            "vtrace_rho_bar (1) must not be below vtrace_c_bar (2)",
        ),
        (
            {"algorithm": "ga3c", "hyperparameters": {"vtrace_rho_bar": FALLING,
                                                      "vtrace_c_bar": 2}},
            ("hyperparameters", "vtrace_rho_bar"),
            "(1) must not be below",
        ),
        (
            {"algorithm": "ga3c", "envs_per_worker": 1, "hyperparameters": {"min_batch": 321}},
            ("hyperparameters", "min_batch"),
            "up to 320",
        ),
        (
            {"algorithm": "ga3c", "envs_per_worker": 1,
             "hyperparameters": {"rollout_length": 1, "queue_capacity": 2}},
            ("hyperparameters", "queue_capacity"),
            "up to 2",
        ),
        (
            {"algorithm": "ppo", "workers": 1, "envs_per_worker": 1,
             "hyperparameters": {"rollout_length": 3}},
            ("hyperparameters", "rollout_length"),
            "more than the 3 samples",
        ),
        (
            {"envs_per_worker": 1,
             "hyperparameters": {"rollout_length": 1, "normalize_advantage": True}},
            ("hyperparameters", "normalize_advantage"),
            "more than the one sample",
        ),
        (
            {"algorithm": "ppo", "workers": 2, "envs_per_worker": 4,
             "hyperparameters": {"rollout_length": 1, "minibatches": 8}},
            ("hyperparameters", "minibatches"),
            "/ minibatches leave",
        ),
        ({"algorithm": "ppo", "lockstep": True}, ("lockstep",), "without it"),
        ({"algorithm": "ga3c", "lockstep": True}, ("lockstep",), "queue"),
        ({"lockstep": True, "processes": 2}, ("lockstep",), "give processes 1"),
        ({"workers": 2, "processes": 3}, ("processes",), "up to 2"),
        ({"algorithm": "a2c", "processes": 2}, ("processes",), "a3c only"),
        ({"algorithm": "ppo", "network": {"lstm": 32}}, ("network", "lstm"), "a3c and a2c"),
        (
            {"algorithm": "a2c", "workers": 64, "envs_per_worker": 4096},
            ("envs_per_worker",),
            "1,310,720",
        ),
    ],
)  # fmt: skip
def test_a_spec_that_contradicts_itself_is_refused(
    fields: dict[str, Any], loc: tuple[str, ...], words: str
) -> None:
    """At a field that was really given, with the numbers and what would do."""
    found = refused(**fields)

    assert found.keys() == {loc}
    assert words in found[loc]


def test_a_setting_of_another_mode_does_no_harm() -> None:
    """What a mode does not use can't clash: it matters only after a change of mode."""
    parse_run_spec(CARTPOLE | {"hyperparameters": {"vtrace_c_bar": 5, "minibatches": 256}})


def test_a_live_change_is_held_to_the_same_rules() -> None:
    """The changed setting is named; a change of all that is concerned passes."""
    before = default_settings(Algorithm.GA3C)

    with pytest.raises(InvalidInputError) as caught:
        check_change(PLAIN, before, {"vtrace_c_bar": 3.0, "gamma": 0.9})
    assert [field.loc for field in caught.value.fields] == [("vtrace_c_bar",)]
    check_change(PLAIN, before, {"vtrace_c_bar": 3.0, "vtrace_rho_bar": 3.0})


@pytest.mark.parametrize(
    "layout",
    [
        replace(PLAIN, processes=2),
        replace(PLAIN, lockstep=True),
        replace(PLAIN, recurrent=True),
    ],
)
def test_a_mode_that_the_run_is_not_made_for_is_refused(layout: RunLayout) -> None:
    """Processes, lockstep and an LSTM stay as they are, so the new mode has to bear them."""
    with pytest.raises(InvalidInputError) as caught:
        check_change(layout, default_settings(), {"algorithm": "ga3c"})
    assert {field.loc for field in caught.value.fields} == {("algorithm",)}


def test_environments_are_held_to_what_one_rollout_may_have() -> None:
    """A live change to more of them counts as it does in a spec, at the longest of a schedule."""
    longest = LinearSchedule.model_validate(FALLING | {"from": 4096})
    before = {**default_settings(Algorithm.A2C), "workers": 64, "rollout_length": 5}

    for setting in (4096, longest):
        with pytest.raises(InvalidInputError) as caught:
            check_change(PLAIN, before, {"envs_per_worker": setting})
        assert [field.loc for field in caught.value.fields] == [("envs_per_worker",)]
        assert "1,310,720" in caught.value.fields[0].message
    check_change(PLAIN, before, {"envs_per_worker": 3200})


def test_an_old_clash_does_not_hold_up_other_changes() -> None:
    """Only what a change itself brings about can refuse it."""
    before = {**default_settings(Algorithm.GA3C), "vtrace_c_bar": 9.0}

    check_change(PLAIN, before, {"gamma": 0.9})
