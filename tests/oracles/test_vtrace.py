"""V-trace against the paper's sum, and what it becomes where nothing has to be corrected."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from matinee.algorithm.returns import Targets, generalized_advantages, vtrace
from oracles.a3c_reference import Transition
from oracles.off_policy_reference import vtrace_by_definition
from oracles.valued_steps import valued_steps

T, N = 9, 4


def episode_pieces() -> list[list[Transition]]:
    """Terminal states, limits, padding and cuts, at random; one list for each environment."""
    generator = np.random.default_rng(11)
    columns = []
    for _ in range(N):
        column: list[Transition] = []
        for _ in range(T):
            after_limit = bool(column) and column[-1].truncated and column[-1].valid
            column.append(
                Transition(
                    reward=generator.normal(),
                    value=generator.normal(),
                    next_value=generator.normal(),
                    terminated=not after_limit and bool(generator.random() < 0.15),
                    truncated=not after_limit and bool(generator.random() < 0.15),
                    valid=not after_limit,
                )
            )
        columns.append(column)
    return columns


def consistent(columns: list[list[Transition]]) -> list[list[Transition]]:
    """The value of the next state is the next row's value, wherever the episode goes on."""
    for column in columns:
        for step, following in pairwise(column):
            if not step.terminated:
                step.next_value = following.value
    return columns


def ours(
    columns: list[list[Transition]],
    ratios: NDArray[np.float64],
    *,
    lam: float = 1.0,
    rho_bar: float = 1.0,
    c_bar: float = 1.0,
) -> Targets:
    """The package's answer."""
    return vtrace(
        valued_steps(columns),
        gamma=0.9,
        gae_lambda=lam,
        ratios=ratios,
        rho_bar=rho_bar,
        c_bar=c_bar,
    )


@pytest.mark.parametrize("lam", [1.0, 0.8, 0.0])
@pytest.mark.parametrize(("rho_bar", "c_bar"), [(1.0, 1.0), (2.0, 0.7), (100.0, 100.0)])
def test_vtrace_equals_the_sum_of_the_paper(lam: float, rho_bar: float, c_bar: float) -> None:
    """Ratios on both sides of both limits, ends of all kinds."""
    columns = consistent(episode_pieces())
    ratios = np.exp(np.random.default_rng(2).normal(size=(T, N)))
    assert ratios.min() < 0.7
    assert ratios.max() > 2.0

    targets = ours(columns, ratios, lam=lam, rho_bar=rho_bar, c_bar=c_bar)

    for n, column in enumerate(columns):
        returns, advantages = vtrace_by_definition(
            column, ratios[:, n].tolist(), gamma=0.9, lam=lam, rho_bar=rho_bar, c_bar=c_bar
        )
        valid = [step.valid for step in column]
        assert targets.returns[valid, n] == pytest.approx(np.array(returns)[valid])
        assert targets.advantages[valid, n] == pytest.approx(np.array(advantages)[valid])


@pytest.mark.parametrize("lam", [1.0, 0.8, 0.0])
def test_without_a_difference_it_is_gae(lam: float) -> None:
    """With μ = π, V-trace is GAE(λ); with λ = 1 that is the n-step return of A3C."""
    columns = consistent(episode_pieces())

    targets = ours(columns, np.ones((T, N)), lam=lam)

    plain = generalized_advantages(valued_steps(columns), gamma=0.9, gae_lambda=lam)
    assert targets.returns == pytest.approx(plain.returns)
    assert targets.advantages == pytest.approx(plain.advantages)


def test_an_impossible_action_teaches_nothing() -> None:
    """Where π(a|s) is 0 the return is what the critic says anyway."""
    columns = consistent(episode_pieces())

    targets = ours(columns, np.zeros((T, N)))

    assert targets.returns == pytest.approx(valued_steps(columns).values)


def test_the_values_of_the_policy_are_right_despite_random_actions() -> None:
    """At V = V^π nothing is left to learn on average, if ρ is not limited, whatever limits c.

    Three steps in a row, each with reward 1 for action 1, which goes on, and 0 for action 0, which
    ends it. Behaviour takes random actions at rate ε; the average is over all it may do, exactly.
    Without the correction the critic would be taught the lower values of the behaviour.
    """
    p, epsilon, gamma = 0.9, 0.4, 0.8
    mu = (1.0 - epsilon) * p + epsilon / 2
    worth = [0.0]
    for _ in range(3):
        worth.insert(0, p * (1.0 + gamma * worth[0]))

    def mean_lesson(*, rho_bar: float, c_bar: float) -> tuple[float, float]:
        """At the first step: with the correction, and without."""
        corrected, plain = 0.0, 0.0
        for length in range(1, 4):  # actions up to the first 0, or three times 1
            for goes_on in (False,) if length < 3 else (False, True):
                actions = [1] * (length - 1) + [int(goes_on)]
                chance = math.prod(mu if action else 1.0 - mu for action in actions)
                steps = [
                    Transition(
                        reward=float(action),
                        value=worth[t],
                        next_value=worth[t + 1],
                        terminated=not action or t == 2,
                    )
                    for t, action in enumerate(actions)
                ]
                ratios = np.array([[p / mu if a else (1.0 - p) / (1.0 - mu)] for a in actions])
                ours_ = vtrace(
                    valued_steps([steps]),
                    gamma=gamma,
                    gae_lambda=1.0,
                    ratios=ratios,
                    rho_bar=rho_bar,
                    c_bar=c_bar,
                )
                naive = generalized_advantages(valued_steps([steps]), gamma=gamma, gae_lambda=1.0)
                corrected += chance * (ours_.returns[0, 0] - worth[0])
                plain += chance * (naive.returns[0, 0] - worth[0])
        return corrected, plain

    for c_bar in (1.0, 1.0 / (1.0 - epsilon), 0.5):
        corrected, plain = mean_lesson(rho_bar=math.inf, c_bar=c_bar)
        assert corrected == pytest.approx(0.0, abs=1e-12)
        assert plain < -0.3
    limited, _ = mean_lesson(rho_bar=1.0, c_bar=1.0)
    assert limited < -0.05
