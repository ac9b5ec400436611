"""What must hold for the returns of any rollout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from matinee.algorithm.returns import ValuedSteps, generalized_advantages

NUMBERS = st.floats(-100, 100)
SHARES = st.floats(0.0, 1.0)


@st.composite
def rollouts(draw: st.DrawFn) -> dict[str, NDArray[Any]]:
    """Rewards, values and ends of up to 12 steps in up to 3 environments."""
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 3)))
    values = draw(arrays(np.float64, (shape[0] + 1, shape[1]), elements=NUMBERS))
    return {
        "rewards": draw(arrays(np.float64, shape, elements=NUMBERS)),
        "values": values[:-1],
        "next_values": values[1:],
        "terminated": draw(arrays(np.bool_, shape)),
        "truncated": draw(arrays(np.bool_, shape)),
        "valid": np.ones(shape, np.bool_),
    }


def advantages(rollout: dict[str, NDArray[Any]], gamma: float, lam: float) -> NDArray[np.floating]:
    """GAE of a rollout."""
    return generalized_advantages(ValuedSteps(**rollout), gamma=gamma, gae_lambda=lam).advantages


@given(rollout=rollouts(), gamma=SHARES, lam=SHARES)
def test_the_last_value_matters_only_if_the_last_step_goes_on(
    rollout: dict[str, NDArray[Any]], gamma: float, lam: float
) -> None:
    """After a terminal state the bootstrap value is never read."""
    before = advantages(rollout, gamma, lam)
    changed = rollout | {"next_values": rollout["next_values"].copy()}
    changed["next_values"][rollout["terminated"]] += 1e6

    np.testing.assert_array_equal(advantages(changed, gamma, lam), before)


@given(rollout=rollouts(), gamma=SHARES, lam=SHARES, factor=st.floats(0.1, 10))
def test_advantages_scale_with_rewards_and_values(
    rollout: dict[str, NDArray[Any]], gamma: float, lam: float, factor: float
) -> None:
    """GAE is linear: twice the rewards and values, twice the advantages."""
    scaled = rollout | {
        name: rollout[name] * factor for name in ("rewards", "values", "next_values")
    }

    np.testing.assert_allclose(
        advantages(scaled, gamma, lam), factor * advantages(rollout, gamma, lam), atol=1e-6
    )


@given(rollout=rollouts(), gamma=SHARES, lam=SHARES, at=st.integers(0, 12))
def test_reset_steps_can_be_put_in_anywhere_after_an_end(
    rollout: dict[str, NDArray[Any]], gamma: float, lam: float, at: int
) -> None:
    """A NEXT_STEP vector's padding changes no advantage of the steps around it."""
    length = len(rollout["rewards"])
    row = at % length
    rollout["terminated"][row] = True
    padded = {name: np.insert(array, row + 1, 0, axis=0) for name, array in rollout.items()}
    padded["next_values"][row + 1] = 1e9

    result = advantages(padded, gamma, lam)

    np.testing.assert_array_equal(result[row + 1], 0.0)
    np.testing.assert_allclose(
        np.delete(result, row + 1, axis=0), advantages(rollout, gamma, lam), atol=1e-9
    )


@given(rollout=rollouts(), gamma=SHARES)
def test_a_perfect_critic_leaves_no_advantage(
    rollout: dict[str, NDArray[Any]], gamma: float
) -> None:
    """Where V is the return itself, every advantage is 0, for every λ."""
    returns = generalized_advantages(ValuedSteps(**rollout), gamma=gamma, gae_lambda=1.0).returns
    chained = np.concatenate([returns[1:], rollout["next_values"][-1:]])
    limit = rollout["truncated"] & ~rollout["terminated"]
    perfect = rollout | {
        "values": returns,
        "next_values": np.where(limit, rollout["next_values"], chained),
    }

    for lam in (0.0, 0.7, 1.0):
        assert advantages(perfect, gamma, lam) == pytest.approx(0.0, abs=1e-6)
