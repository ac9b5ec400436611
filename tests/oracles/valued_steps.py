"""Transitions of the slow references as the package wants them."""

from __future__ import annotations

import numpy as np

from matinee.algorithm.returns import ValuedSteps
from oracles.a3c_reference import Transition


def valued_steps(columns: list[list[Transition]]) -> ValuedSteps:
    """One list for each environment, all equally long, in float64."""
    return ValuedSteps(
        rewards=np.array([[float(s.reward) for s in c] for c in columns]).T,
        values=np.array([[float(s.value) for s in c] for c in columns]).T,
        next_values=np.array([[float(s.next_value) for s in c] for c in columns]).T,
        terminated=np.array([[s.terminated for s in c] for c in columns]).T,
        truncated=np.array([[s.truncated for s in c] for c in columns]).T,
        valid=np.array([[s.valid for s in c] for c in columns]).T,
    )
