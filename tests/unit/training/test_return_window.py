"""The mean return of the last 100 episodes, and the exact moment of solving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.contracts.progress import SolvedAt
from matinee.training.return_window import FinishedEpisodes, FullWindow, ReturnWindow


def batch(returns: list[float], first: int = 0) -> FinishedEpisodes:
    """Episodes whose env step is ten times their number and whose second is a tenth of it."""
    numbers = np.arange(first + 1, first + 1 + len(returns))
    return FinishedEpisodes(
        worker=0,
        env_step=numbers * 10,
        seconds=numbers / 10,
        returns=np.array(returns, np.float64),
        lengths=np.ones(len(returns), np.int64),
    )


def _window(returns: list[float]) -> FullWindow:
    return FullWindow(float(np.mean(returns)), float(np.std(returns)))


@given(
    returns=st.lists(st.integers(0, 10).map(float), min_size=1, max_size=260),
    cuts=st.lists(st.integers(1, 120), min_size=1, max_size=10),
    target=st.floats(3.0, 7.0),
)
def test_batches_do_not_matter(returns: list[float], cuts: list[int], target: float) -> None:
    """However episodes come in, best and solved_at are those of looking after every single one."""
    best, solved = None, None
    for end in range(100, len(returns) + 1):
        mean = float(np.mean(returns[end - 100 : end]))
        best = mean if best is None else max(best, mean)
        if solved is None and mean >= target:
            solved = end
    window, start = ReturnWindow(target=target), 0
    for cut in [*cuts, len(returns)]:
        if part := returns[start : start + cut]:
            assert window.add(batch(part, first=start)) == start + 1
        start = min(start + cut, len(returns))

    state = window.state()
    assert state.episodes == len(returns)
    assert list(state.recent_returns) == returns[-100:]
    assert state.best_mean_return == (pytest.approx(best) if best is not None else None)
    assert state.first == (_window(returns[:100]) if len(returns) >= 100 else None)
    if state.best is not None and best is not None:
        windows = [returns[end - 100 : end] for end in range(100, len(returns) + 1)]
        spreads = [np.std(each) for each in windows if np.mean(each) == pytest.approx(best)]
        assert any(state.best.std == pytest.approx(spread) for spread in spreads)
    assert (state.solved_at.env_steps if state.solved_at else None) == (solved and solved * 10)


def test_99_perfect_episodes_solve_nothing() -> None:
    """The hundredth does, at its own env step and second."""
    window = ReturnWindow(target=5.0)
    window.add(batch([9.0] * 99))
    assert window.state().solved_at is None

    window.add(batch([9.0, 0.0, 0.0], first=99))

    assert window.solved_at == SolvedAt(env_steps=1000, seconds=10.0)


def test_it_stays_solved_and_goes_on_from_its_state() -> None:
    """A later collapse changes neither the moment nor the best; a resumed run knows both."""
    window = ReturnWindow(target=5.0)
    window.add(batch([9.0] * 100))
    window.add(replace(batch([0.0] * 100, first=100), reward_abs_max=2.0))
    window.add(replace(batch([0.0], first=200), reward_abs_max=1.0))

    resumed = ReturnWindow(target=5.0, state=window.state())

    assert resumed.state() == window.state()
    assert resumed.state().best_mean_return == 9.0
    assert resumed.state().first == FullWindow(9.0, 0.0)
    assert resumed.state().reward_abs_max == 2.0
    assert resumed.solved_at == window.solved_at


def test_without_a_target_nothing_is_solved() -> None:
    """The best mean is kept all the same."""
    window = ReturnWindow(target=None)
    window.add(batch([9.0] * 100))

    assert window.solved_at is None
    assert window.state().best_mean_return == 9.0
