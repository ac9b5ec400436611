"""What an actor with an LSTM keeps from step to step. The numbers are checked by an oracle."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.networks import NetworkShape, initial_weights
from matinee.algorithm.recurrent_acting import RecurrentActorCritic

SHAPE = NetworkShape(discrete(2, 3), (4,), "tanh", shared_trunk=True, lstm_units=3)
SEEN = np.array([[0.5, -1.0], [2.0, 0.1]], np.float32)


@pytest.fixture
def actor() -> RecurrentActorCritic:
    """With weights that no one trained."""
    return RecurrentActorCritic(SHAPE, initial_weights(SHAPE, seed=0))


def test_the_same_sight_means_something_else_later(actor: RecurrentActorCritic) -> None:
    """The state before it has changed."""
    first = actor.outputs(SEEN)

    assert not np.array_equal(first, actor.outputs(SEEN))


def test_only_what_begins_is_forgotten(actor: RecurrentActorCritic) -> None:
    """One environment starts over; the other goes on."""
    first = actor.outputs(SEEN)
    actor.forget(np.array([True, False]))
    second = actor.outputs(SEEN)

    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[1], second[1])


def test_another_number_of_environments_begins_anew(actor: RecurrentActorCritic) -> None:
    """The state belongs to the environments that were acted in."""
    actor.outputs(SEEN)

    assert not actor.state_of(3).any()


def test_values_do_not_remember(actor: RecurrentActorCritic) -> None:
    """To look at what a state is worth changes nothing."""
    actor.outputs(SEEN)
    state = actor.state_of(2).copy()

    once, twice = actor.values(SEEN, state), actor.values(SEEN, state)

    assert np.array_equal(once, twice)
    assert np.array_equal(actor.state_of(2), state)


def test_noise_and_mode_choose_actions(actor: RecurrentActorCritic) -> None:
    """As for every other policy: one action for each environment, of the width of the space."""
    noise = actor.distribution.noise(np.random.default_rng(0), (2,))

    assert actor.act(SEEN, noise).shape == (2, 1)
    assert actor.act_greedily(SEEN).shape == (2, 1)
