"""Plans of changes: what is refused, and where it is said."""

from __future__ import annotations

from typing import Any

import pytest

from matinee.contracts.planned_changes import PlannedChange, plan_errors
from matinee.contracts.run_spec import RunRequest, RunSpec, parse_run_spec
from matinee.errors import InvalidInputError

CARTPOLE: dict[str, Any] = {"environment": {"id": "CartPole-v1"}}


def step(env_step: int, **settings: Any) -> dict[str, Any]:
    """One planned change as JSON."""
    return {"env_step": env_step, "hyperparameters": settings}


def refused(plan: list[dict[str, Any]], **spec: Any) -> dict[tuple[str | int, ...], str]:
    """What the spec says against a plan, by place."""
    with pytest.raises(InvalidInputError) as caught:
        parse_run_spec(CARTPOLE | {"plan": plan} | spec)
    return {error.loc: error.message for error in caught.value.fields}


def test_a_spec_keeps_its_plan() -> None:
    """It reads back as it was written, schedules included; without one nothing is written."""
    ramp = {"schedule": "linear", "from": 0.1, "to": 0.0, "from_env_step": 5, "until_env_step": 9}
    spec = parse_run_spec(
        CARTPOLE | {"plan": [step(5, entropy_coefficient=ramp), step(5, gamma=0.9)]}
    )

    assert RunSpec.model_validate_json(spec.model_dump_json(by_alias=True)) == spec
    assert "plan" not in parse_run_spec(CARTPOLE).model_dump(exclude_unset=True)


def test_a_request_brings_a_plan() -> None:
    """Over REST as in a file."""
    request = RunRequest.model_validate(CARTPOLE | {"plan": [step(7, gamma=0.5)]})

    (change,) = parse_run_spec(request.as_overrides()).plan
    assert (change.env_step, change.hyperparameters) == (7, {"gamma": 0.5})


def test_every_wrong_setting_is_named_in_its_place() -> None:
    """Unknown names, values out of range and steps out of order, each with what is allowed."""
    errors = refused([step(9, gamma=2.0), step(3, gama=0.5), step(9, learning_rate=1e-3)])

    assert errors.keys() == {
        ("plan", 0, "hyperparameters", "gamma"),
        ("plan", 1, "env_step"),
        ("plan", 1, "hyperparameters", "gama"),
    }
    assert "ascending" in errors["plan", 1, "env_step"]
    assert "gamma" in errors["plan", 1, "hyperparameters", "gama"]


def test_changes_must_go_together_with_those_before_them() -> None:
    """A change is judged by what is then in use, not by what the run began with."""
    lower = step(10, vtrace_c_bar=0.5)
    then = step(20, vtrace_rho_bar=0.8)

    assert refused([then], algorithm="ga3c").keys() == {
        ("plan", 0, "hyperparameters", "vtrace_rho_bar")
    }
    assert parse_run_spec(CARTPOLE | {"algorithm": "ga3c", "plan": [lower, then]}).plan


def test_a_plan_without_faults_has_no_errors() -> None:
    """What is allowed is not talked about."""
    spec = parse_run_spec(CARTPOLE)
    plan = [PlannedChange(env_step=1, hyperparameters={"workers": 4})]

    assert plan_errors(plan, layout=spec.layout, settings=spec.initial_settings()) == []
