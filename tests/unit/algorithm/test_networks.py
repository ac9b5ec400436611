"""Shapes and first weights of the network."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions


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


def test_first_filters_of_a_convolution_are_orthogonal_too() -> None:
    """Filters with more numbers than there are filters are rows of an orthogonal matrix."""
    pixels = AgentInterface((4, 84, 84), "uint8", CategoricalActions((3,)))
    shape = NetworkShape(pixels, (8,), "relu", shared_trunk=True, convolution="a3c")
    views = shape.layout().views(initial_weights(shape, seed=0))
    filters = views[f"{shape.convolution_names('trunk')[0]}.weight"]
    rows = filters.reshape(len(filters), -1)
    np.testing.assert_allclose(rows @ rows.T, 2.0 * np.eye(len(rows)), atol=1e-5)


def test_first_directions_are_uniform() -> None:
    """The mean of many first weights is 0: no sign or direction is preferred."""
    shape = NetworkShape(discrete(2, 2), (2,), "tanh", shared_trunk=True)
    draws = [
        shape.layout().views(initial_weights(shape, seed=seed))["trunk.0.weight"]
        for seed in range(600)
    ]
    assert np.abs(np.mean(draws, axis=0)).max() < 0.2
    assert np.std(draws, axis=0) == pytest.approx(np.full((2, 2), 1.0), abs=0.1)


def test_a_network_of_layers_begins_without_torch() -> None:
    """First weights, acting and gradients of such a network never import torch, which takes 2 s."""
    script = (
        "import sys, numpy as np\n"
        "from matinee.contracts.run_parts import BudgetSpec\n"
        "from matinee.contracts.run_spec import EnvironmentSpec, RunSpec\n"
        "from matinee.training.trainer import Trainer\n"
        "spec = RunSpec(environment=EnvironmentSpec(id='CartPole-v1'), seed=0, workers=1,"
        " envs_per_worker=8, budget=BudgetSpec(env_steps=400))\n"
        "trainer = Trainer(spec, on_wake=lambda: None)\n"
        "trainer.start()\n"
        "outcome = trainer.join(60.0)\n"
        "print(trainer.progress().updates > 0, 'torch' in sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=True
    )
    assert ran.stdout.split() == ["True", "False"]
