"""The tables of a benchmark, from records made by hand."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.records import Throughput, TrainingRun, WatchingCost
from benchmarks.report import absences, comparison, seconds, spread, throughput, watching
from benchmarks.tasks import TASKS

OURS = TrainingRun(
    task="cartpole",
    contender="Matinee `x`",
    seed=101,
    solved=True,
    first_s=2.0,
    wall_s=4.0,
    env_steps=300_000,
    steps_per_second=150_000.0,
    evaluation_mean=500.0,
    evaluation_std=0.0,
    evaluation_episodes=100,
    peak_memory_mb=250.0,
)
PEER = dataclasses.replace(OURS, contender="Peer", first_s=20.0, wall_s=24.0)


def test_ratios_are_of_pairs_of_the_same_seed() -> None:
    """A peer's time is divided by ours of its own seed, and the median of those is told."""
    runs = [
        OURS,
        dataclasses.replace(OURS, seed=102, first_s=1.0),
        PEER,
        dataclasses.replace(PEER, seed=102, first_s=30.0),
    ]

    text = "\n".join(comparison(TASKS[0], runs))

    assert "| Peer | 20.0 (10.0–30.0) | 6.0 (6.0–6.0) |" in text


def test_a_pair_that_ours_lost_is_left_out_aloud() -> None:
    """Where ours did not get there no ratio flatters it: the table says how many are missing."""
    runs = [dataclasses.replace(OURS, solved=False), PEER]

    assert "(1 without ours solved)" in "\n".join(comparison(TASKS[0], runs))


@pytest.mark.parametrize(
    ("values", "reached", "text"),
    [
        ([1.0, 2.0, 4.0], [True, True, True], "2.00 (1.00–4.00)"),
        ([1.0, 2.0, 3.0], [True, True, False], "2.00 (1.00–>3.00)"),
        ([1.0, 2.0, 3.0], [False, True, False], ">1.00 (2.00–>3.00)"),
        ([5.0], [False], ">5.00"),
    ],
)
def test_a_run_that_never_got_there_is_a_lower_bound(
    values: list[float], reached: list[bool], text: str
) -> None:
    """It counts as slower than all that did, and its figure is marked."""
    assert spread(values, reached, seconds) == text


def test_learning_is_compared_with_stepping_on_as_many_cores() -> None:
    """Two workers are held against two processes that step, wherever the workers live."""
    records = [
        Throughput("stepping_gymnasiums", 1, 1, 64, 1, 500.0),
        Throughput("stepping", 1, 1, 64, 1, 1000.0),
        Throughput("stepping", 2, 2, 64, 1, 2000.0),
        Throughput("learning", 1, 1, 64, 1, 400.0),
        Throughput("learning", 1, 2, 64, 1, 500.0),
        Throughput("learning", 2, 2, 64, 1, 720.0),
    ]

    text = "\n".join(throughput(records))

    assert "| learning, 1 worker in 1 process | 0.4 k | 0.40 | 0.80 |" in text
    assert "| learning, 2 workers in 1 process | 0.5 k | 0.25 | – |" in text
    assert "| learning, 2 workers in 2 processes | 0.7 k | 0.36 | – |" in text
    assert "1.80 times as fast" in text


def test_the_cost_of_watching_is_by_rounds() -> None:
    """Each round's speed is held against that round's own run alone."""
    records = [
        WatchingCost("alone", 1, 100.0),
        WatchingCost("recorded", 1, 90.0),
        WatchingCost("alone", 2, 50.0),
        WatchingCost("recorded", 2, 49.0),
    ]

    assert "6.0 % (2.0 %–10.0 %)" in "\n".join(watching(records))


def test_nothing_missing_says_nothing() -> None:
    """A section without absences has no list of them."""
    assert absences([OURS], "cartpole") == []
