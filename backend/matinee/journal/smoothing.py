"""The debiased exponential moving average that charts show, as TensorBoard defines it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_SMOOTHING = 0.999
_BLOCK_ROWS = 256
"""Rows averaged by one matrix product; 0.999**256 and 0.001**256 are both harmless."""


@dataclass(frozen=True)
class EmaState:
    """Where an average stands: `last` is still biased towards 0; `count` values went in."""

    last: float = 0.0
    count: int = 0


def debiased_ema(
    values: npt.NDArray[np.float64], smoothing: float, state: EmaState = EmaState()
) -> tuple[npt.NDArray[np.float64], EmaState]:
    r"""Smooth a series without pulling its beginning towards 0.

    $$l_n = s\,l_{n-1} + (1-s)\,x_n,\qquad y_n = l_n / (1 - s^n),\qquad l_0 = 0$$

    Non-finite values are passed through and do not enter the average. A constant series stays as
    it is. Reference: TensorBoard, `line-chart` smoothing; Kingma & Ba 2015, section 3 (the bias).

    Args:
        values: Shape: (N,).
        smoothing: s, from 0 (nothing) to `MAX_SMOOTHING`.
        state: From where to go on.

    Returns:
        The smoothed values, Shape: (N,), and the state after the last of them.
    """
    if not 0 <= smoothing <= MAX_SMOOTHING:
        raise ValueError(f"smoothing must be from 0 to {MAX_SMOOTHING}, not {smoothing}")
    smoothed = values.copy()
    finite = np.isfinite(values)
    series = values[finite]
    if smoothing == 0 or not len(series):
        last = float(series[-1]) if len(series) else state.last
        return smoothed, EmaState(last, state.count + len(series))
    exponents = np.arange(1, _BLOCK_ROWS + 1)
    gaps = exponents[:, None] - exponents[None, :]
    # mixing[i, j]: the weight of a block's j-th value in its i-th average.
    mixing = np.where(gaps >= 0, (1 - smoothing) * smoothing ** np.maximum(gaps, 0), 0.0)
    carry = smoothing**exponents
    averages = np.empty_like(series)
    last = state.last
    for start in range(0, len(series), _BLOCK_ROWS):
        block = series[start : start + _BLOCK_ROWS]
        rows = len(block)
        averages[start : start + rows] = mixing[:rows, :rows] @ block + carry[:rows] * last
        last = float(averages[start + rows - 1])
    counts = state.count + np.arange(1, len(series) + 1)
    smoothed[finite] = averages / (1 - np.power(smoothing, counts))
    return smoothed, EmaState(last, int(counts[-1]))


def debiased_ema_of_blocks(
    means: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    smoothing: float,
    state: EmaState = EmaState(),
) -> tuple[npt.NDArray[np.float64], EmaState]:
    r"""The same average over blocks of rows, each as if all its rows had its mean.

    $$l \leftarrow s^k\,l + (1-s^k)\,m$$

    for a block of $k$ rows with mean $m$, as the page continues it with points that stand for
    several rows. Where each block is one row it is `debiased_ema`.

    Args:
        means: Finite. Shape: (N,).
        rows: Of each block. Shape: (N,).
        smoothing: s, from 0 (nothing) to `MAX_SMOOTHING`.
        state: From where to go on.

    Returns:
        The smoothed values, Shape: (N,), and the state after the last of them.
    """
    if smoothing == 0 or (rows == 1).all():
        return debiased_ema(means, smoothing, state)
    last, count = state.last, state.count
    smoothed = np.empty_like(means)
    for index, (mean, kept, weight) in enumerate(
        zip(means.tolist(), np.power(smoothing, rows).tolist(), rows.tolist(), strict=True)
    ):
        last = kept * last + (1 - kept) * mean
        count += int(weight)
        smoothed[index] = last / (1 - smoothing**count)
    return smoothed, EmaState(last, count)
