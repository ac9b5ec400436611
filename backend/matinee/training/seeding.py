"""One source of randomness for each worker and purpose, all from the run's seed.

Reference: O'Neill 2015 and NumPy's SeedSequence: spawned streams are independent, and adding a
worker or a purpose changes no other stream.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What randomness is used for. Numbers are part of the seed: never reuse or renumber."""

    INITIAL_WEIGHTS = 0
    ACTIONS = 1
    ENVIRONMENT = 2
    EVALUATION = 3


def seed_sequence(
    seed: int, purpose: Purpose, *, worker: int = 0, occasion: int = 0
) -> np.random.SeedSequence:
    """The stream of one purpose of one worker.

    Args:
        seed: Of the run.
        purpose: What for.
        worker: Which actor-learner.
        occasion: Tells repeated uses apart: the env step at which a run was resumed, or the
            number of an evaluation.
    """
    return np.random.SeedSequence(seed, spawn_key=(int(purpose), worker, occasion))


def integer_seed(sequence: np.random.SeedSequence) -> int:
    """A 32-bit seed for interfaces that take an integer."""
    return int(sequence.generate_state(1)[0])
