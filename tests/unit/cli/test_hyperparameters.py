"""`matinee hyperparameters`: the catalogue in a terminal."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from matinee.cli.main import typer_app
from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.errors import InvalidInputError


def told(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(typer_app, ["hyperparameters", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_all_are_listed() -> None:
    """Every name of the catalogue has its line, with its modes and whether it is live."""
    lines = {line.split()[0]: line for line in told().splitlines() if line[1:2].strip()}

    assert lines.keys() >= HYPERPARAMETERS.keys()
    assert "0.99" in lines["gamma"]
    assert "ppo" in lines["clip_range"]
    assert "a3c" not in lines["clip_range"]


def test_one_is_told_in_full() -> None:
    """Meaning, default, range, modes and when a change is in effect."""
    text = told("gamma")
    definition = HYPERPARAMETERS["gamma"]

    assert text.startswith(f"gamma: {definition.label}\n")
    for part in (definition.meaning, "0.99", definition.allowed, definition.takes_effect):
        assert part in text


def test_another_default_of_actions_that_are_numbers_is_told() -> None:
    """Where there is one."""
    assert "default   0.01; 0.0001 where actions are numbers\n" in told("entropy_coefficient")


def test_json_is_the_catalogue_itself() -> None:
    """One document a line, as the API has them."""
    names = [json.loads(line)["name"] for line in told("--json").splitlines()]

    assert names == list(HYPERPARAMETERS)
    assert json.loads(told("gamma", "--json"))["name"] == "gamma"


def test_an_unknown_name_is_answered_with_the_near_ones() -> None:
    """As where it is set."""
    with pytest.raises(InvalidInputError, match="learning_rate"):
        CliRunner().invoke(typer_app, ["hyperparameters", "learning_rat"], catch_exceptions=False)


def test_a_parameter_is_told_with_what_each_environment_has() -> None:
    """Its own value, range and unit there."""
    text = told("gravity")

    assert "in        Pendulum-v1: 10 m/s², from 0.5 to 50 m/s²" in text
    assert "in        MountainCar-v0: 0.0025, from 0.0001 to 0.01" in text
