"""The names of the training modes."""

from __future__ import annotations

from enum import StrEnum


class Algorithm(StrEnum):
    """Who computes gradients from what, and where they go."""

    A3C = "a3c"
    GA3C = "ga3c"
    A2C = "a2c"
    PPO = "ppo"


ALL_ALGORITHMS = tuple(Algorithm)
ASYNCHRONOUS_ALGORITHMS = (Algorithm.A3C, Algorithm.GA3C)
RECURRENT_ALGORITHMS = (Algorithm.A3C, Algorithm.A2C)
"""Where a network may have an LSTM."""
