"""V-trace against the paper's sum, and what it becomes where nothing has to be corrected."""

from __future__ import annotations

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
