"""What the host gets at each flush."""

from __future__ import annotations

import math

import pytest

from fakes.interfaces import continuous, discrete
from fakes.training import Rig, small_spec
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.histograms import HISTOGRAM_NAMES
from matinee.contracts.metrics import METRIC_NAMES
from matinee.training import run_sampler
from matinee.training.run_observer import maximum_entropy


def test_only_what_the_mode_measures_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No policy lag without asynchrony, neither as a metric nor as a histogram."""
    monkeypatch.setattr(run_sampler, "SAMPLE_INTERVAL_S", 1e-6)
    rig = Rig(small_spec("CartPole-v1", algorithm="a2c"))
    rig.run()
    metrics = {name for drained in rig.drained for name in drained.metrics}
    histograms = {name for drained in rig.drained for name in drained.histograms}

    assert "entropy" in metrics <= METRIC_NAMES[Algorithm.A2C]
    assert "actions" in histograms <= HISTOGRAM_NAMES[Algorithm.A2C]
    assert "policy_lag" in METRIC_NAMES[Algorithm.A3C] - metrics
    assert set(rig.trainer.histogram_labels()["layer_weight_norm"]) >= {"value.bias"}


def test_only_discrete_actions_have_a_greatest_entropy() -> None:
    """log|A|: two actions have log 2."""
    assert maximum_entropy(discrete(1, 2)) == pytest.approx(math.log(2))
    assert math.isnan(maximum_entropy(continuous(1, 1)))
