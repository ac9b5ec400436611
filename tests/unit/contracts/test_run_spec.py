"""The run spec: what is refused and how it is said; how a request is laid over a preset."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import MAX_ROLLOUT_SAMPLES
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.contracts.run_spec import (
    NESTED_FIELDS,
    RunRequest,
    RunSpec,
    merge_overrides,
    parse_run_spec,
)
from matinee.errors import InvalidInputError

NESTED_NAMES = st.sampled_from(sorted(NESTED_FIELDS))
CARTPOLE: dict[str, Any] = {"environment": {"id": "CartPole-v1"}}


def refused_fields(document: dict[str, Any]) -> dict[tuple[str | int, ...], str]:
    """What a refusal says, by field."""
    with pytest.raises(InvalidInputError) as caught:
        parse_run_spec(document)
    return {error.loc: error.message for error in caught.value.fields}


def test_an_environment_is_enough() -> None:
    """Everything but the environment has a default."""
    spec = parse_run_spec(CARTPOLE)

    assert spec.environment.id == "CartPole-v1"
    assert spec.workers >= 1
    assert spec.budget.env_steps is not None


def test_a_spec_survives_being_written_and_read() -> None:
    """What is written into run.db and checkpoints reads back as the same spec."""
    spec = parse_run_spec(
        CARTPOLE
        | {
            "seed": 3,
            "hyperparameters": {
                "gamma": 0.9,
                "learning_rate": {
                    "schedule": "linear", "from": 0.01, "to": 0.0, "until_env_step": 1000,
                },
            },
            "budget": {"env_steps": None, "seconds": 1.5},
        }
    )  # fmt: skip

    assert RunSpec.model_validate_json(spec.model_dump_json(by_alias=True)) == spec
    assert parse_run_spec(spec.model_dump(mode="json", by_alias=True, exclude_unset=True)) == spec


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"workers": 10**9}, ("workers",)),
        ({"workers": 0}, ("workers",)),
        ({"envs_per_worker": 4097}, ("envs_per_worker",)),
        ({"seed": -1}, ("seed",)),
        ({"algorithm": "dqn"}, ("algorithm",)),
        ({"network": {"hidden": []}}, ("network", "hidden")),
        ({"network": {"hidden": [10**7]}}, ("network", "hidden", 0)),
        ({"hyperparameters": {"learning_rate": -1}}, ("hyperparameters", "learning_rate")),
        ({"hyperparameters": {"learning_rat": 1}}, ("hyperparameters", "learning_rat")),
        ({"budget": {"seconds": float("nan")}}, ("budget", "seconds")),
        ({"budget": {"target_return": float("inf")}}, ("budget", "target_return")),
        ({"learning_rate": 1}, ("learning_rate",)),
        ({"budget": {"steps": 1}}, ("budget", "steps")),
        ({"tags": ["a" * 41]}, ("tags", 0)),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], loc: tuple[str | int, ...]) -> None:
    """The one wrong field is named, and no other."""
    assert refused_fields(CARTPOLE | changes).keys() == {loc}


def test_all_wrong_values_are_named_at_once() -> None:
    """Nobody has to send a form several times to learn all of its mistakes."""
    found = refused_fields(
        {"environment": {"id": "os:x"}, "workers": -1, "hyperparameters": {"gamma": 2, "x": 1}}
    )

    assert found.keys() == {
        ("environment", "id"),
        ("workers",),
        ("hyperparameters", "gamma"),
        ("hyperparameters", "x"),
    }
    assert "-1" in found["workers",]


@pytest.mark.parametrize(
    "name",
    ["os:system", "a:b:c", "antigravity:X-v0", "", "CartPole v1", "../CartPole-v1", "-v1", "a/b/c",
     "CartPole-v1\n", "é-v1", "/CartPole-v1"],
)  # fmt: skip
def test_an_environment_id_that_names_code_or_a_path_is_refused(name: str) -> None:
    """A module prefix, a path or anything but a plain id never gets further than the spec."""
    assert refused_fields({"environment": {"id": name}}).keys() == {("environment", "id")}


@pytest.mark.parametrize("name", ["CartPole-v1", "ALE/Pong-v5", "my_env.Grid-v0", "A"])
def test_a_plain_environment_id_passes(name: str) -> None:
    """Ids as gymnasium makes them, with or without a namespace, are accepted."""
    assert parse_run_spec({"environment": {"id": name}}).environment.id == name


@pytest.mark.parametrize("length", [2048, {"schedule": "piecewise", "points": [
    {"env_step": 0, "value": 8}, {"env_step": 9, "value": 2048},
]}])  # fmt: skip
def test_a_rollout_that_would_fill_the_memory_is_refused(length: object) -> None:
    """Rollout length times environments is limited, also where a schedule sets the length."""
    envs = MAX_ROLLOUT_SAMPLES // 2048
    spec = CARTPOLE | {"hyperparameters": {"rollout_length": length}}

    assert parse_run_spec(spec | {"envs_per_worker": envs}).envs_per_worker == envs
    assert refused_fields(spec | {"envs_per_worker": envs + 1}).keys() == {
        ("hyperparameters", "rollout_length")
    }


def test_a_request_is_laid_over_its_preset_field_by_field() -> None:
    """Nested parts merge member by member; what the request leaves out stays."""
    preset = {
        "environment": {"id": "CartPole-v1"},
        "hyperparameters": {"gamma": 0.9, "entropy_coefficient": 0.02},
        "budget": {"env_steps": 1000, "target_return": 475.0},
    }
    request = RunRequest.model_validate(
        {"hyperparameters": {"gamma": 0.95}, "budget": {"env_steps": None}, "workers": 3}
    )

    assert merge_overrides(preset, request.as_overrides()) == {
        "environment": {"id": "CartPole-v1"},
        "hyperparameters": {"gamma": 0.95, "entropy_coefficient": 0.02},
        "budget": {"env_steps": None, "target_return": 475.0},
        "workers": 3,
    }


def test_a_request_changes_the_presets_environment_without_naming_it() -> None:
    """Only a run without a preset has to say which environment."""
    preset = {"environment": {"id": "Acrobot-v1", "kwargs": {"a": 1}}}
    request = RunRequest.model_validate({"environment": {"normalize_observations": True}})

    spec = parse_run_spec(merge_overrides(preset, request.as_overrides()))

    assert spec.environment.id == "Acrobot-v1"
    assert spec.environment.normalize_observations
    assert refused_fields(request.as_overrides()).keys() == {("environment", "id")}


def test_null_takes_a_field_back_to_its_default() -> None:
    """Null clears what the preset says, and means the same where no preset said anything."""
    request = RunRequest.model_validate({"hyperparameters": {"gamma": None}, "workers": None})
    preset = CARTPOLE | {"hyperparameters": {"gamma": 0.9}, "workers": 4}

    with_preset = parse_run_spec(merge_overrides(preset, request.as_overrides()))
    without = parse_run_spec(merge_overrides(CARTPOLE, request.as_overrides()))

    assert with_preset == without
    assert with_preset.workers == parse_run_spec(CARTPOLE).workers
    assert with_preset.hyperparameters == {}


def test_a_schedule_and_constructor_arguments_replace() -> None:
    """A schedule is one value and kwargs are one call: neither is mixed with the preset's."""
    base = {
        "environment": {"id": "X", "kwargs": {"a": 1}},
        "hyperparameters": {"gamma": {"schedule": "linear", "from": 0.9}},
    }
    overrides = {
        "environment": {"kwargs": {"b": 2}},
        "hyperparameters": {"gamma": {"schedule": "cosine"}},
    }

    merged = merge_overrides(base, overrides)

    assert merged["environment"] == {"id": "X", "kwargs": {"b": 2}}
    assert merged["hyperparameters"] == {"gamma": {"schedule": "cosine"}}


@given(
    base=st.dictionaries(NESTED_NAMES, st.fixed_dictionaries({"a": st.integers()})),
    name=NESTED_NAMES,
)
def test_merging_changes_neither_side(base: dict[str, Any], name: str) -> None:
    """A preset is shared by all who start from it: laying something over it leaves it alone."""
    before = {key: dict(value) for key, value in base.items()}
    overrides = {name: {"b": 1, "a": None}}

    merged = merge_overrides(base, overrides)

    assert base == before
    assert overrides == {name: {"b": 1, "a": None}}
    assert merged[name] == {"b": 1}


def test_what_the_spec_itself_says_is_not_said_twice() -> None:
    """Workers and algorithm have one place in a spec, and the refusal says which."""
    found = refused_fields(CARTPOLE | {"hyperparameters": {"workers": 4, "algorithm": "ppo"}})

    assert found.keys() == {("hyperparameters", "workers"), ("hyperparameters", "algorithm")}
    assert "in the run spec itself" in found["hyperparameters", "workers"]


def test_a_run_begins_with_its_modes_defaults_and_its_own_settings() -> None:
    """Every hyperparameter has a value at the beginning; the spec's own fields are among them."""
    spec = parse_run_spec(
        CARTPOLE
        | {
            "algorithm": "ppo",
            "workers": 3,
            "envs_per_worker": 5,
            "hyperparameters": {"gamma": 0.9},
        }
    )

    settings = spec.initial_settings()

    assert settings.keys() == HYPERPARAMETERS.keys()
    assert (settings["algorithm"], settings["workers"], settings["gamma"]) == ("ppo", 3, 0.9)
    assert settings["envs_per_worker"] == 5
    assert settings["learning_rate"] == HYPERPARAMETERS["learning_rate"].default_for(Algorithm.PPO)


def test_start_is_no_part_of_the_spec() -> None:
    """`start` and `preset` tell the server what to do; they are not laid over anything."""
    request = RunRequest.model_validate({"preset": "cartpole-a3c", "start": False, "seed": 1})

    assert request.as_overrides() == {"seed": 1}


def test_thresholds_of_alerts_are_checked() -> None:
    """A rule that nobody knows, and a threshold out of range, are named with their place."""
    with pytest.raises(InvalidInputError) as caught:
        parse_run_spec(
            {"environment": {"id": "CartPole-v1"}, "alerts": {"boredom": 1.0, "policy_lag": -1.0}}
        )

    assert [error.loc for error in caught.value.fields] == [
        ("alerts", "boredom"),
        ("alerts", "policy_lag"),
    ]


@pytest.mark.parametrize(
    ("policy", "kinds"), [("greedy", (True,)), ("sampled", (False,)), ("both", (True, False))]
)
def test_test_episodes_are_greedy_or_sampled_or_both(policy: str, kinds: tuple[bool, ...]) -> None:
    """Left out, both: the greedy policy may be stuck where the sampled one is not."""
    document = {"environment": {"id": "CartPole-v1"}}

    assert (
        parse_run_spec(document | {"evaluation": {"policy": policy}}).evaluation.deterministic_kinds
        == kinds
    )
    assert parse_run_spec(document).evaluation.deterministic_kinds == (True, False)
