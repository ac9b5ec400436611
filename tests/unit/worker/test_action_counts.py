"""How one-sided the actions of the last env steps were."""

from __future__ import annotations

import math

import numpy as np

from matinee.contracts.histograms import Histogram
from matinee.training.binning import binned
from matinee.worker.action_counts import ActionCounts


def of(*columns: list[int]) -> dict[str, Histogram]:
    """Histograms of actions, one for each dimension."""
    named = {"actions" if n == 0 else f"actions.{n}": column for n, column in enumerate(columns)}
    found = {name: binned(np.array(column)) for name, column in named.items()}
    return {name: histogram for name, histogram in found.items() if histogram is not None}


def test_actions_that_take_turns_are_not_one_sided() -> None:
    """Rollouts of one action each, left and right in turns: one half, however short they are."""
    counts = ActionCounts()
    told = [counts.share(of([n % 2] * 5), env_steps=20 * n) for n in range(1, 200)]

    assert math.isnan(told[30])
    assert abs(told[-1] - 0.5) < 0.02


def test_one_action_is_told_after_1000_env_steps_and_forgotten_after_1000_more() -> None:
    """Neither before there are so many, nor long after it is over."""
    counts = ActionCounts()
    same = [counts.share(of([1] * 100), env_steps=100 * n) for n in range(1, 21)]
    other = [counts.share(of([0] * 100), env_steps=2000 + 100 * n) for n in range(1, 11)]

    assert list(map(math.isnan, same)) == [True] * 9 + [False] * 11
    assert same[-1] == 1.0
    assert other[4] == 0.5
    assert other[-1] == 1.0


def test_a_few_sampled_actions_are_not_enough() -> None:
    """Many env steps of which 20 were sampled say little."""
    counts = ActionCounts()

    assert math.isnan(counts.share(of([1] * 20), env_steps=50_000))


def test_of_several_dimensions_the_least_one_sided_counts() -> None:
    """One dimension that never changes may be meant so."""
    counts = ActionCounts()
    counts.share(of([1] * 300, [0, 1, 2] * 100), env_steps=600)
    told = counts.share(of([1] * 300, [0, 1, 2] * 100), env_steps=1200)

    assert told == 1 / 3


def test_nothing_sampled_says_nothing() -> None:
    """A flush without histograms of actions."""
    counts = ActionCounts()

    assert math.isnan(counts.share({}, env_steps=5000))
