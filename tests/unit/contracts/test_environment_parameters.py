"""Parameters of environments: each has its own, and what it lacks is refused in plain words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.combinations import RunLayout, check_change
from matinee.contracts.environment_parameters import (
    EnvironmentChoice,
    is_used,
    own_parameters,
    parameter_errors,
    range_in,
)
from matinee.contracts.hyperparameters import HYPERPARAMETERS, default_settings
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.schedules import LinearSchedule
from matinee.errors import InvalidInputError

CARTPOLE = EnvironmentChoice("CartPole-v1")
PENDULUM = EnvironmentChoice("Pendulum-v1")
LANDER = EnvironmentChoice("LunarLander-v3")
ROWS = [row for row in HYPERPARAMETERS.values() if row.environments]


def refused(environment: EnvironmentChoice, **settings: Any) -> dict[str, str]:
    """Why settings are refused, by name."""
    errors = parameter_errors(environment, settings)
    return {str(error.loc[0]): error.message for error in errors}


def test_each_environment_has_its_own() -> None:
    """With its own values; one that nobody has described has none."""
    assert own_parameters(CARTPOLE) == {
        "gravity": 9.8, "pole_length": 0.5, "pole_mass": 0.1, "force": 10.0
    }  # fmt: skip
    assert own_parameters(PENDULUM) == {"gravity": 10.0, "pole_length": 1.0, "pole_mass": 1.0}
    assert own_parameters(LANDER) == {"gravity": 10.0, "wind_power": 0.0}
    assert own_parameters(EnvironmentChoice("Taxi-v3")) == {}


def test_what_an_argument_has_set_is_no_parameter() -> None:
    """Two places for one number would contradict each other; the refusal names the argument."""
    lighter = replace(PENDULUM, arguments=frozenset({"g"}))

    assert "gravity" not in own_parameters(lighter)
    assert not is_used(HYPERPARAMETERS["gravity"], Algorithm.A3C, lighter)
    assert "environment.kwargs (g)" in refused(lighter, gravity=5.0)["gravity"]


def test_bounds_are_the_environments() -> None:
    """Within what the catalogue allows anywhere, each environment has a range; with its unit."""
    assert refused(CARTPOLE, gravity=20.0, pole_length=0.05) == {}
    assert refused(CARTPOLE, gravity=0.001) == {
        "gravity": "0.001 is not allowed; allowed in CartPole-v1: a number from 0.5 to 50 m/s²"
    }
    ramp = LinearSchedule.model_validate(
        {"schedule": "linear", "from": 10, "to": 13, "until_env_step": 100}
    )
    assert refused(LANDER, gravity=ramp)["gravity"].startswith("13 is not allowed")
    assert refused(LANDER, wind_power=0.0) == {}
    assert refused(LANDER, wind_power=0.01)["wind_power"].endswith("or 0 (no wind)")


def test_what_an_environment_lacks_is_refused_with_what_it_has() -> None:
    """Also where the value would be its default; training's own settings are passed over."""
    assert refused(PENDULUM, force=10.0, gamma=0.9) == {
        "force": "Pendulum-v1 has no such parameter; it has: gravity, pole_length, pole_mass"
    }
    assert refused(EnvironmentChoice("Taxi-v3"), gravity=9.8)["gravity"].endswith("it has: none")


def test_a_live_change_is_refused_likewise() -> None:
    """All or nothing, at the field."""
    layout = RunLayout(processes=1, lockstep=False, recurrent=False, environment=PENDULUM)

    with pytest.raises(InvalidInputError) as caught:
        check_change(layout, default_settings(), {"force": 1.0, "gamma": 0.9})
    assert [field.loc for field in caught.value.fields] == [("force",)]
    check_change(layout, default_settings(), {"gravity": 20.0})


def test_a_spec_is_refused_at_its_field() -> None:
    """As every other hyperparameter; allowed ones are over the environment's own."""
    document = {"environment": {"id": "Pendulum-v1"}, "hyperparameters": {"force": 1.0}}
    with pytest.raises(InvalidInputError) as caught:
        parse_run_spec(document)
    assert [field.loc for field in caught.value.fields] == [("hyperparameters", "force")]

    settings = parse_run_spec(document | {"hyperparameters": {"pole_mass": 2}}).initial_settings()
    assert (settings["gravity"], settings["pole_mass"]) == (10.0, 2)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.name))
def test_the_catalogues_range_holds_all_ranges(row: Any) -> None:
    """The widest bounds are the row's, each default lies within its own, and schedules may run."""
    ranges = list(row.environments.values())

    assert row.minimum == min(one.minimum for one in ranges)
    assert row.maximum == max(one.maximum for one in ranges)
    assert row.schedulable
    for environment_id, one in row.environments.items():
        assert refused(EnvironmentChoice(environment_id), **{row.name: one.default}) == {}
        assert range_in(row, EnvironmentChoice(environment_id)) == one
