"""One source of randomness for each worker and purpose."""

from __future__ import annotations

import itertools

from matinee.training.seeding import Purpose, integer_seed, seed_sequence


def test_every_use_has_a_stream_of_its_own() -> None:
    """Seeds, purposes, workers and occasions never share one."""
    uses = itertools.product((0, 1), Purpose, (0, 1, 63), (0, 500))
    seeds = [
        integer_seed(seed_sequence(seed, purpose, worker=worker, occasion=occasion))
        for seed, purpose, worker, occasion in uses
    ]

    assert len(set(seeds)) == len(seeds)


def test_the_same_use_has_the_same_stream() -> None:
    """Today and tomorrow: these numbers are part of what makes a run repeatable."""
    assert integer_seed(seed_sequence(1, Purpose.ACTIONS, worker=2)) == 3967851431
