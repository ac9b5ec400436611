"""Acting in NumPy on the flat weights."""

from __future__ import annotations

import numpy as np
import torch

from fakes.interfaces import discrete
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.distributions import gumbel_noise
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.torch_gradients import TorchNetwork

SHAPE = NetworkShape(discrete(3, 4), (8, 8), "tanh", shared_trunk=False)


def test_it_computes_what_torch_computes() -> None:
    """Logits and values agree, also with two hidden layers of the same size."""
    flat = initial_weights(SHAPE, seed=0) * 3
    seen = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)

    ours = NumpyActorCritic(SHAPE, flat)
    logits, values = TorchNetwork(SHAPE, flat).heads(torch.from_numpy(seen))

    np.testing.assert_allclose(ours.outputs(seen), logits.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(ours.values(seen), values.detach().numpy(), atol=1e-6)


def test_it_follows_the_weights_without_a_copy() -> None:
    """A pull into the flat vector is all it takes to act on new weights."""
    flat = initial_weights(SHAPE, seed=0)
    actor = NumpyActorCritic(SHAPE, flat)
    seen = np.ones((1, 3), np.float32)
    before = actor.outputs(seen).copy()

    flat[:] = initial_weights(SHAPE, seed=1)

    assert not np.array_equal(actor.outputs(seen), before)


def test_it_samples_from_the_softmax() -> None:
    """Frequencies of a hundred thousand actions are the policy's probabilities."""
    flat = initial_weights(SHAPE, seed=0)
    SHAPE.layout().views(flat)["policy.bias"][:] = np.log([0.1, 0.2, 0.3, 0.4])
    SHAPE.layout().views(flat)["policy.weight"][:] = 0.0
    seen = np.zeros((100_000, 3), np.float32)
    noise = gumbel_noise(np.random.default_rng(0), (100_000, 4))

    actions = NumpyActorCritic(SHAPE, flat).act(seen, noise)

    shares = np.bincount(actions[:, 0], minlength=4) / len(actions)
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=0.01)


def test_greedy_takes_the_most_probable() -> None:
    """No chance is involved."""
    flat = initial_weights(SHAPE, seed=0)
    SHAPE.layout().views(flat)["policy.bias"][:] = [0, 5, 0, 0]

    actions = NumpyActorCritic(SHAPE, flat).act_greedily(np.zeros((7, 3), np.float32))

    assert actions.tolist() == [[1]] * 7
