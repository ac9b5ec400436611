"""Places for threads."""

from __future__ import annotations

from matinee.contracts.hyperparameters import HYPERPARAMETERS
from matinee.training.slots import MAX_ACTORS, MAX_OPTIMIZERS, SLOTS, optimizer_slot


def test_every_thread_that_may_be_asked_for_has_a_place() -> None:
    """The largest numbers that the catalogue allows fit, workers and optimizers side by side."""
    workers = HYPERPARAMETERS["workers"].maximum
    optimizers = HYPERPARAMETERS["optimizer_threads"].maximum

    assert workers is not None
    assert optimizers is not None
    assert workers <= MAX_ACTORS
    assert optimizers <= MAX_OPTIMIZERS
    assert optimizer_slot(0) == MAX_ACTORS
    assert optimizer_slot(MAX_OPTIMIZERS - 1) < SLOTS
