"""Which forward pass acts."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.interfaces import discrete
from matinee.algorithm.acting import NumpyActorCritic
from matinee.algorithm.networks import NetworkShape
from matinee.algorithm.policies import new_policy
from matinee.algorithm.recurrent_acting import RecurrentActorCritic


@pytest.mark.parametrize(("lstm_units", "kind"), [(0, NumpyActorCritic), (3, RecurrentActorCritic)])
def test_who_remembers_acts_with_a_memory(lstm_units: int, kind: type) -> None:
    """And who doesn't, without."""
    shape = NetworkShape(discrete(2, 2), (4,), "tanh", shared_trunk=True, lstm_units=lstm_units)

    assert type(new_policy(shape, np.zeros(shape.layout().size, np.float32))) is kind
