"""One step of an LSTM in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from matinee.algorithm.lstm import LstmLayer

UNITS, INPUTS, BATCH = 4, 3, 5


def some_views(scale: float = 1.0) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Weights by name."""
    generator = np.random.default_rng(0)
    shapes = {"input": (INPUTS, 4 * UNITS), "recurrent": (UNITS, 4 * UNITS), "bias": (4 * UNITS,)}
    return {
        f"trunk.lstm.{name}": (scale * generator.normal(size=shape)).astype(np.float32)
        for name, shape in shapes.items()
    }


def test_it_is_torchs_cell() -> None:
    """The same gates in the same order."""
    views = some_views()
    generator = np.random.default_rng(1)
    features = generator.normal(size=(BATCH, INPUTS)).astype(np.float32)
    state = generator.normal(size=(BATCH, 2 * UNITS)).astype(np.float32)
    before = state.copy()

    after = LstmLayer(views, "trunk").step(features, state)

    bias = torch.from_numpy(views["trunk.lstm.bias"])
    h, c = torch.lstm_cell(
        torch.from_numpy(features),
        (torch.from_numpy(state[:, :UNITS]), torch.from_numpy(state[:, UNITS:])),
        torch.from_numpy(views["trunk.lstm.input"].T),
        torch.from_numpy(views["trunk.lstm.recurrent"].T),
        bias,
        torch.zeros_like(bias),
    )
    assert after[:, :UNITS] == pytest.approx(h.numpy(), abs=1e-6)
    assert after[:, UNITS:] == pytest.approx(c.numpy(), abs=1e-6)
    assert np.array_equal(state, before)


def test_huge_gates_saturate() -> None:
    """No overflow, however large the weights have become."""
    features = np.full((BATCH, INPUTS), 1e4, np.float32)

    after = LstmLayer(some_views(1e4), "trunk").step(
        features, np.ones((BATCH, 2 * UNITS), np.float32)
    )

    assert np.isfinite(after).all()
