"""Every row of the catalogue can be shown: words for what is allowed, a usable slider."""

from __future__ import annotations

import pytest

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.hyperparameter_definition import HyperparameterDefinition, Scale
from matinee.contracts.hyperparameters import HYPERPARAMETERS, check_setting


@pytest.mark.parametrize("definition", HYPERPARAMETERS.values(), ids=lambda d: d.name)
def test_what_is_allowed_is_said_in_words(definition: HyperparameterDefinition) -> None:
    """The words name the bounds, the choices, and what 0 means."""
    words = definition.allowed

    for choice in definition.choices:
        assert choice in words
    for bound in (definition.minimum, definition.maximum):
        assert bound is None or f"{bound:g}" in words
    assert definition.zero_label is None or definition.zero_label in words


@pytest.mark.parametrize("definition", HYPERPARAMETERS.values(), ids=lambda d: d.name)
def test_a_slider_can_be_drawn(definition: HyperparameterDefinition) -> None:
    """Numbers have an ordered range that their scale can space; a choice has names."""
    if definition.kind in ("number", "integer"):
        assert definition.minimum is not None
        assert definition.maximum is not None
        assert definition.minimum < definition.maximum
        if definition.scale in (Scale.LOG, Scale.LOG2):
            assert definition.minimum > 0
        if definition.scale is Scale.ONE_MINUS_LOG:
            assert definition.maximum <= 1
    assert bool(definition.choices) is (definition.kind == "choice")


@pytest.mark.parametrize("definition", HYPERPARAMETERS.values(), ids=lambda d: d.name)
def test_every_row_explains_itself(definition: HyperparameterDefinition) -> None:
    """Label, meaning, source and the moment of effect are given for every hyperparameter."""
    assert definition.label
    assert definition.meaning.endswith(".")
    assert definition.source
    assert definition.takes_effect


def test_a_modes_default_goes_before_the_general_one() -> None:
    """Where a mode has a default of its own it counts, and it is in the allowed range."""
    rate = HYPERPARAMETERS["learning_rate"]

    assert rate.default_for(Algorithm.A3C) == rate.default
    assert rate.default_for(Algorithm.PPO) == rate.default_by_algorithm[Algorithm.PPO]
    for definition in HYPERPARAMETERS.values():
        for value in definition.default_by_algorithm.values():
            assert check_setting(definition.name, value) == []


def test_a_default_of_actions_that_are_numbers_is_allowed() -> None:
    """It is in the range, and of a row without defaults of modes: which would count?"""
    rows = [each for each in HYPERPARAMETERS.values() if each.default_continuous is not None]

    assert [each.name for each in rows] == ["entropy_coefficient"]
    for definition in rows:
        assert check_setting(definition.name, definition.default_continuous or 0.0) == []
        assert definition.default_by_algorithm == {}
