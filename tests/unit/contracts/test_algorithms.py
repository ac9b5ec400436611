"""Each training mode is described with exactly what can be tuned in it."""

from __future__ import annotations

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.algorithms import ALGORITHMS
from matinee.contracts.hyperparameters import HYPERPARAMETERS, default_settings


def test_every_mode_is_described() -> None:
    """In the order of the names, each once."""
    assert [each.name for each in ALGORITHMS] == list(Algorithm)
    assert all(each.summary and each.sentence and each.source for each in ALGORITHMS)


def test_each_catalogue_has_what_applies_with_the_modes_own_defaults() -> None:
    """A row is listed if and only if the mode uses it; its default is the one that is used."""
    for each in ALGORITHMS:
        rows = {row.name: row.default for row in each.hyperparameters}

        assert rows.keys() == {n for n, d in HYPERPARAMETERS.items() if each.name in d.algorithms}
        assert rows.items() <= default_settings(each.name).items()


def test_every_row_belongs_to_a_mode() -> None:
    """Nothing in the catalogue is without use, and only PPO has PPO's."""
    used = {row.name for each in ALGORITHMS for row in each.hyperparameters}

    assert used == HYPERPARAMETERS.keys()
    assert HYPERPARAMETERS["clip_range"].algorithms == (Algorithm.PPO,)
