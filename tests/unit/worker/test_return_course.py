"""What was gained, what is lost again, and whether returns still rise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matinee.contracts.metrics import MetricSummary
from matinee.training.return_window import (
    FinishedEpisodes,
    FullWindow,
    ReturnWindow,
    WindowState,
)
from matinee.worker.return_course import (
    ReturnCourse,
    gain,
    greedy_shortfall,
    return_lost,
)

Floats = NDArray[np.float64]
Series = tuple[list[WindowState], ReturnCourse]
THRESHOLD = 0.5


def played(returns: Floats, *, at_once: int = 20, steps: int = 10) -> Series:
    """The window after each flush, and the course, of episodes that end one after another."""
    window, course, states = ReturnWindow(target=None), ReturnCourse(), []
    course.add((), window.state(), env_steps=0)
    for begin in range(0, len(returns), at_once):
        part = returns[begin : begin + at_once]
        numbers = np.arange(begin, begin + len(part))
        window.add(
            FinishedEpisodes(
                worker=0,
                env_step=numbers * steps,
                seconds=numbers / 1.0,
                returns=part,
                lengths=np.full(len(part), steps),
            )
        )
        states.append(window.state())
        course.add(part.tolist(), states[-1], env_steps=(begin + len(part)) * steps)
    return states, course


def lost(states: Sequence[WindowState], *, target: float | None = None) -> Floats:
    """The signal after each flush with 100 episodes."""
    told = np.array([return_lost(state, target=target) for state in states])
    known: Floats = told[np.isfinite(told)]
    return known


NOISES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "gaussian": lambda chance, n: chance.normal(-1200.0, 300.0, n),
    "seldom rewarded": lambda chance, n: (chance.random(n) < 0.05) * chance.uniform(0.5, 1.0, n),
    "one in two": lambda chance, n: (chance.random(n) < 0.5).astype(float),
    "long tail": lambda chance, n: chance.exponential(20.0, n),
    "constant": lambda _chance, n: np.full(n, -200.0),
}


@pytest.mark.parametrize("kind", NOISES)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_noise_alone_never_collapses(kind: str, seed: int, scale: float) -> None:
    """Whatever its shape and scale: nothing was gained, so nothing can be lost."""
    returns = scale * NOISES[kind](np.random.default_rng(seed), 4000)

    states, _ = played(returns)

    assert len(lost(states)) > 0
    assert lost(states).max() <= THRESHOLD


def test_a_slow_wave_that_is_small_against_single_returns_never_collapses() -> None:
    """A policy that drifts to and fro by less than the spread of its returns."""
    chance = np.random.default_rng(1)
    wave = 0.4 * np.sin(np.arange(6000) / 300.0)

    states, _ = played(wave + chance.normal(0.0, 1.0, 6000))

    assert lost(states).max() <= THRESHOLD


def test_a_beginner_that_loses_a_little_again_never_collapses() -> None:
    """CartPole from 20 to 50 and back: far above noise, but 7 % of the way to 475."""
    chance = np.random.default_rng(2)
    means = np.concatenate([np.full(150, 20.0), np.full(300, 50.0), np.full(300, 20.0)])
    states, _ = played(chance.normal(means, 8.0))

    assert lost(states, target=475.0).max() <= THRESHOLD
    assert lost(states, target=None).max() > THRESHOLD


@pytest.mark.parametrize("target", [None, 475.0])
def test_a_real_collapse_is_told_until_it_has_recovered(target: float | None) -> None:
    """From 20 up to 400, down to 60, up to 380 again."""
    chance = np.random.default_rng(3)
    levels = [20.0, 400.0, 60.0, 380.0]
    states, _ = played(chance.normal(np.repeat(levels, 300), 40.0))
    told = [return_lost(state, target=target) for state in states]

    assert max(told[5:30]) <= THRESHOLD
    assert told[43] > 0.8
    assert told[-1] < 0.2


def test_a_gain_counts_from_the_spread_of_single_returns_on() -> None:
    """The root of the mean of both variances: 5 for spreads of 1 and 7."""
    first, spread = FullWindow(0.0, 1.0), 7.0

    assert gain(WindowState(first=first, best=FullWindow(4.9, spread)), target=None) == 0.0
    assert gain(WindowState(first=first, best=FullWindow(5.1, spread)), target=None) == 5.1
    assert gain(WindowState(first=first, best=FullWindow(5.1, spread)), target=60.0) == 0.0
    assert gain(WindowState(best=FullWindow(5.1, spread)), target=None) == 0.0


def test_before_100_episodes_nothing_is_told() -> None:
    """There is no mean of 100 episodes to lose."""
    states, _ = played(np.arange(99.0), at_once=99)

    assert math.isnan(return_lost(states[-1], target=None))


def of_evaluation(mean: float, *, episodes: int = 4) -> MetricSummary:
    """Returns of greedy test episodes."""
    return MetricSummary(mean=mean, min=mean, max=mean, last=mean, count=episodes)


def test_a_greedy_policy_that_is_stuck_lacks_a_share_of_the_gain() -> None:
    """Training went from 20 to 120 with a spread of 10; of 45 it lacks 75, less two errors of 5."""
    recent = (110.0, 130.0) * 50
    window = WindowState(200, recent, FullWindow(20.0, 10.0), FullWindow(120.0, 10.0))

    assert greedy_shortfall(of_evaluation(45.0), window, target=None) == pytest.approx(0.65)
    assert math.isnan(greedy_shortfall(None, window, target=None))


def test_a_bad_test_by_chance_is_no_gap() -> None:
    """Without a gain there is nothing to lack a share of."""
    recent = (0.0, 40.0) * 50
    window = WindowState(200, recent, FullWindow(20.0, 20.0), FullWindow(25.0, 20.0))

    assert greedy_shortfall(of_evaluation(0.0), window, target=None) == 0.0


def test_a_rise_is_that_of_the_last_fifth_whatever_chance_adds() -> None:
    """Rises to 100 and stays: first a large share of the range, later nothing."""
    chance = np.random.default_rng(4)
    rising = np.minimum(100.0, np.arange(40_000) / 100.0)
    noise = chance.normal(0.0, 10.0, len(rising))

    _, early = played((rising + noise)[:10_000])
    _, late = played(rising + noise)

    assert early.rise() == pytest.approx(0.1, abs=0.02)
    assert late.rise() < 0.02


def test_noise_alone_does_not_rise() -> None:
    """A difference within two standard errors is none; constant returns don't rise, either."""
    chance = np.random.default_rng(5)
    told = [played(chance.normal(0.0, 1.0, 2000))[1].rise() for _ in range(40)]

    assert sum(rise < 0.02 for rise in told) >= 37
    assert played(np.full(2000, -200.0))[1].rise() == 0.0


def test_a_rise_needs_100_episodes_in_each_half_of_the_fifth() -> None:
    """A shorter stretch can't be told from chance."""
    assert math.isnan(played(np.zeros(940), at_once=10)[1].rise())
    assert played(np.zeros(1000))[1].rise() == 0.0


def test_a_run_that_was_taken_up_again_waits_for_a_fifth_of_its_own() -> None:
    """Episodes from before are not in this record."""
    course = ReturnCourse()
    window = WindowState(5000, (1.0,) * 100, FullWindow(0.0, 0.0), FullWindow(1.0, 0.0))
    course.add((), window, env_steps=100_000)
    for step in range(1, 30):
        course.add((1.0,) * 100, window, env_steps=100_000 + 1000 * step)
        # At 125,000 env steps the last fifth is what was seen here.
        assert math.isnan(course.rise()) == (step < 25)


def test_memory_stays_bounded_and_sums_exact() -> None:
    """After many flushes the means of both halves are still those of all their episodes."""
    returns = np.arange(20_000.0)
    _, course = played(returns, at_once=2)
    halves = returns[16_000:18_000], returns[18_000:]
    error = math.sqrt(sum(half.var() / len(half) for half in halves))
    rise = halves[1].mean() - halves[0].mean() - 2.0 * error

    assert course._points.nbytes == ReturnCourse()._points.nbytes
    assert course.rise() == pytest.approx(rise / (returns[-100:].mean() - 49.5), rel=0.02)
