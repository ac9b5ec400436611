"""Shapes and first weights of the network."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.networks import NetworkShape, initial_weights


@pytest.mark.parametrize(
    ("shared_trunk", "size"), [(True, 4 * 8 + 8 + 8 * 2 + 2 + 8 + 1), (False, 2 * 40 + 18 + 9)]
)
def test_the_number_of_weights(size: int, *, shared_trunk: bool) -> None:
    """One trunk or two."""
    assert NetworkShape(discrete(4, 2), (8,), "tanh", shared_trunk).layout().size == size


def test_first_weights_are_orthogonal_with_the_usual_gains() -> None:
    """WᵀW = gain² I: √2 in hidden layers, 0.01 in the policy head, 1 in the value head; no bias."""
    shape = NetworkShape(discrete(16, 3), (8, 8), "relu", shared_trunk=True)
    views = shape.layout().views(initial_weights(shape, seed=0))

    gains = {"trunk.0.weight": 2**0.5, "trunk.1.weight": 2**0.5, "policy.weight": 0.01}
    for name, gain in (gains | {"value.weight": 1.0}).items():
        weight = views[name]
        expected = gain**2 * np.eye(weight.shape[1])
        np.testing.assert_allclose(weight.T @ weight, expected, atol=1e-5)
    assert all((view == 0).all() for name, view in views.items() if name.endswith("bias"))


def test_the_seed_makes_the_weights() -> None:
    """The same seed, the same weights; another seed, others."""
    shape = NetworkShape(discrete(4, 2), (8,), "tanh", shared_trunk=True)

    assert np.array_equal(initial_weights(shape, seed=1), initial_weights(shape, seed=1))
    assert not np.array_equal(initial_weights(shape, seed=1), initial_weights(shape, seed=2))
