"""What is said of the environments that people meet first."""

from __future__ import annotations

import gymnasium
import pytest

from matinee.environments.curated import CURATED_ENVIRONMENTS
from matinee.environments.plugins import load_all_plugins


@pytest.fixture(scope="module")
def registered() -> set[str]:
    """Every id that the installed packages register."""
    load_all_plugins()
    return set(gymnasium.registry)


def test_every_one_of_them_exists(registered: set[str]) -> None:
    """All extras are installed for tests, so a typing error shows."""
    assert set(CURATED_ENVIRONMENTS) - registered == set()


@pytest.mark.parametrize("id_", CURATED_ENVIRONMENTS)
def test_each_is_told_in_whole_sentences(id_: str) -> None:
    """Short enough for a line under a list."""
    summary = CURATED_ENVIRONMENTS[id_]

    assert summary[0].isupper()
    assert summary.endswith(".")
    assert len(summary) <= 120
