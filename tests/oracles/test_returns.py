"""Returns against hand-computed numbers and against the paper, transcribed slowly."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.algorithm.returns import (
    Targets,
    explained_variance,
    generalized_advantages,
    normalized,
    weighted_variance,
)
from oracles.a3c_reference import Transition, gae_by_definition, goes_on, n_step_returns
from oracles.valued_steps import valued_steps

GAMMA = 0.9


def targets_of(steps: list[Transition], *, gamma: float, lam: float) -> Targets:
    """The package's answer for one environment."""
    valued = valued_steps([steps])
    return generalized_advantages(valued, gamma=gamma, gae_lambda=lam)


def returns_of(steps: list[Transition], gamma: float = GAMMA) -> list[float]:
    """n-step returns by the package."""
    returns: list[float] = targets_of(steps, gamma=gamma, lam=1.0).returns[:, 0].tolist()
    return returns


def test_termination_ends_the_return() -> None:
    """After a terminal state nothing follows: R = r."""
    steps = [Transition(1, 5, 6), Transition(2, 6, 99, terminated=True)]

    assert returns_of(steps) == pytest.approx([1 + 0.9 * 2, 2])


def test_truncation_bootstraps() -> None:
    """A time limit is no terminal state: R = r + γV(s')."""
    steps = [Transition(1, 5, 6), Transition(2, 6, 10, truncated=True)]

    assert returns_of(steps) == pytest.approx([1 + 0.9 * (2 + 9), 2 + 9])


def test_the_rollout_cut_bootstraps() -> None:
    """The end of a rollout is no end of an episode: R = r + γV(s')."""
    steps = [Transition(1, 5, 6), Transition(2, 6, 10)]

    assert returns_of(steps) == pytest.approx([1 + 0.9 * (2 + 9), 2 + 9])


def test_terminated_wins_over_truncated() -> None:
    """A step that both terminates and hits the limit has no future."""
    assert returns_of([Transition(2, 6, 10, terminated=True, truncated=True)]) == pytest.approx([2])


def test_episodes_shorter_than_the_rollout_stay_apart() -> None:
    """Rewards of one episode never reach back into the one before it in the same rollout."""
    steps = [
        Transition(1, 0, 7, terminated=True),
        Transition(10, 0, 0),
        Transition(20, 0, 8, truncated=True),
        Transition(100, 0, 3, terminated=True),
        Transition(5, 0, 2),
    ]

    expected = [1, 10 + 0.9 * (20 + 0.9 * 8), 20 + 0.9 * 8, 100, 5 + 0.9 * 2]
    assert returns_of(steps) == pytest.approx(expected)


def test_an_episode_of_less_than_n_steps_has_its_plain_discounted_sum() -> None:
    """A three-step episode in a 20-step rollout: no power of γ too many or too few."""
    steps = [
        Transition(1, 0, 0),
        Transition(1, 0, 0),
        Transition(1, 0, 50, terminated=True),
        *[Transition(0, 0, 0) for _ in range(17)],
    ]

    assert returns_of(steps)[:3] == pytest.approx([1 + 0.9 + 0.81, 1.9, 1])


def test_reset_steps_carry_nothing() -> None:
    """In NEXT_STEP mode the step that resets has advantage 0 and is invisible to its neighbours."""
    ended = Transition(1, 4, 9, truncated=True)
    padding = Transition(0, 9, 123, valid=False)
    new = Transition(2, 3, 5)

    with_padding = targets_of([ended, padding, new], gamma=GAMMA, lam=0.95).advantages[:, 0]
    apart = [targets_of([step], gamma=GAMMA, lam=0.95).advantages[0, 0] for step in (ended, new)]

    assert with_padding[1] == 0.0
    assert with_padding[[0, 2]] == pytest.approx(apart)


def random_steps(seed: int, length: int = 40) -> list[Transition]:
    """Steps with ends, limits and padding, as a NEXT_STEP vector gives them."""
    generator = np.random.default_rng(seed)
    steps: list[Transition] = []
    while len(steps) < length:
        step = Transition(*generator.normal(size=3).tolist())
        if steps and (steps[-1].terminated or steps[-1].truncated) and steps[-1].valid:
            step.valid = False
        else:
            step.terminated, step.truncated = (generator.random(2) < (0.15, 0.1)).tolist()
        steps.append(step)
    for index, step in enumerate(steps):
        if goes_on(steps, index):
            step.next_value = steps[index + 1].value
    return steps


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lam", [0.0, 0.5, 0.95, 1.0])
def test_gae_equals_its_definition(seed: int, lam: float) -> None:
    """The recursion equals the sum Σ(γλ)^l δ_{t+l}, term by term."""
    steps = random_steps(seed)

    ours = targets_of(steps, gamma=GAMMA, lam=lam).advantages[:, 0]

    assert ours == pytest.approx(gae_by_definition(steps, GAMMA, lam))


@pytest.mark.parametrize("seed", range(5))
def test_lambda_one_is_the_papers_n_step_return(seed: int) -> None:
    """GAE(1) + V equals the loop of Algorithm S3."""
    steps = random_steps(seed)
    valid = [s.valid for s in steps]

    ours = np.array(returns_of(steps))[valid]

    assert ours == pytest.approx(np.array(n_step_returns(steps, GAMMA))[valid])


@pytest.mark.parametrize("seed", range(5))
def test_lambda_zero_is_the_td_error(seed: int) -> None:
    """GAE(0) is r + γ(1-d)V(s') - V(s)."""
    steps = [s for s in random_steps(seed) if s.valid]

    ours = targets_of(steps, gamma=GAMMA, lam=0.0).advantages[:, 0]

    td = [s.reward + GAMMA * s.next_value * (not s.terminated) - s.value for s in steps]
    assert ours == pytest.approx(td)


def test_environments_do_not_mix() -> None:
    """Columns are independent: two environments together give what each gives alone."""
    left, right = random_steps(1, 10), random_steps(2, 10)
    both = valued_steps([left, right])
    together = generalized_advantages(both, gamma=GAMMA, gae_lambda=0.95).advantages

    for column, steps in enumerate((left, right)):
        alone = targets_of(steps, gamma=GAMMA, lam=0.95).advantages[:, 0]
        assert together[:, column] == pytest.approx(alone)


def test_normalized_advantages_have_mean_zero_and_spread_one() -> None:
    """Over the valid steps, whatever stands in the others."""
    advantages = np.array([[1.0, 5.0], [3.0, 1e6]])
    valid = np.array([[True, True], [True, False]])

    chosen = normalized(advantages, valid)[valid]

    assert chosen.mean() == pytest.approx(0.0)
    assert chosen.std() == pytest.approx(1.0)


def test_a_single_advantage_is_not_normalized() -> None:
    """There is nothing to compare it with, and as 0 it would teach nothing."""
    advantages = np.array([[3.0, 1e6]])
    valid = np.array([[True, False]])

    assert normalized(advantages, valid)[valid] == pytest.approx([3.0])


EVEN = np.full(3, 1 / 3)


def test_explained_variance_is_one_for_a_perfect_critic_and_zero_for_a_constant() -> None:
    """1 - Var[R-V]/Var[R]; undefined where returns don't vary."""
    returns = np.array([1.0, 2.0, 4.0])

    assert explained_variance(np.zeros(3), returns, EVEN) == pytest.approx(1.0)
    assert explained_variance(returns - 9.0, returns, EVEN) == pytest.approx(0.0)
    assert explained_variance(returns + returns, returns, EVEN) < 0.0
    assert np.isnan(explained_variance(returns, np.zeros(3), EVEN))


@pytest.mark.parametrize("level", [0.1, 5.3, 1e4])
def test_rounding_is_no_variation(level: float) -> None:
    """Equal returns leave a rest of about 1e-13 in float32: that is not what a critic can miss."""
    returns = np.full(511, level, np.float32)
    weights = np.full(511, 1 / 511, np.float32)

    assert np.isnan(explained_variance(returns - 1.0, returns, weights))


def test_the_variance_is_that_of_the_valid_numbers() -> None:
    """As np.var of those picked out, also far from 0, where one pass would lose all digits."""
    generator = np.random.default_rng(0)
    numbers = generator.normal(loc=1e4, size=500).astype(np.float32)
    valid = generator.random(500) < 0.7
    weights = (valid / valid.sum()).astype(np.float32)

    expected = float(np.var(numbers[valid].astype(np.float64)))
    assert weighted_variance(numbers, weights) == pytest.approx(expected, rel=1e-3)
