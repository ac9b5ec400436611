"""The training modes, with everything that can be tuned and watched in each."""

from __future__ import annotations

from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.contracts.metrics import METRICS
from matinee.contracts.run_spec import Algorithm
from matinee.contracts.system import AlgorithmDescription

ALGORITHMS = (
    AlgorithmDescription(
        name=Algorithm.A3C,
        title="Asynchronous advantage actor-critic",
        summary="Several workers learn at the same time. Each copies the shared weights, acts for "
        "a few steps in its own environments, computes a gradient from what happened and adds it "
        "to the shared weights, without waiting for the others.",
        source="Mnih et al. 2016, arXiv:1602.01783",
        hyperparameters=list(HYPERPARAMETERS.values()),
        metrics=list(METRICS.values()),
    ),
)
