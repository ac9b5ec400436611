"""What the host gets at each flush."""

from __future__ import annotations

import math
import threading

import pytest

from fakes.interfaces import continuous, discrete
from fakes.training import Rig, small_spec
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.histograms import HISTOGRAM_NAMES
from matinee.contracts.metrics import METRIC_NAMES
from matinee.training import run_observer, run_sampler, telemetry
from matinee.training.outcome import StopCause
from matinee.training.run_observer import maximum_entropy, measurement_interval_s
from matinee.training.trainer import Trainer


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
    labels = rig.drained[-1].histogram_labels
    assert set(labels["layer_weight_norm"]) >= {"value.bias"}
    assert labels["actions"] == ("0", "1")


def test_every_episode_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Histograms come once a second, and the rest when training stands: none is lost or double."""
    monkeypatch.setattr(run_sampler, "SAMPLE_INTERVAL_S", 1e-6)
    rig = Rig(small_spec("CartPole-v1"))
    rig.run()
    returns = [d.histograms["episode_return"] for d in rig.drained if d.histograms]
    episodes = [row for drained in rig.drained for row in drained.episodes.returns]

    assert sum(sum(histogram.counts) for histogram in returns) == len(episodes) > 0
    assert len(returns) < len(rig.drained)
    assert returns[0].first * returns[0].width <= min(episodes)


def test_a_pause_tells_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pauses sees everything up to the pause, however little it is."""
    monkeypatch.setattr(run_observer, "HISTOGRAM_INTERVAL_S", 1e9)
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": None}))
    rig.trainer.start()
    rig.wait_until(lambda: rig.trainer.progress().episodes > 0)
    rig.trainer.control.pause()
    rig.wait_until(lambda: rig.trainer.control.paused)
    rig.drained.append(rig.trainer.drain())
    told = [drained.histograms for drained in rig.drained if drained.histograms]
    episodes = sum(len(drained.episodes.returns) for drained in rig.drained)
    rig.trainer.control.stop(StopCause.STOPPED, "enough")
    rig.finish()

    assert sum(sum(each["episode_return"].counts) for each in told) == episodes


def test_between_measurements_only_episodes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Episodes come as they end; what the updates between two measurements did is all kept."""
    monkeypatch.setattr(run_observer, "MEASUREMENT_AGE_SHARE", 1e9)
    monkeypatch.setattr(run_observer, "LONGEST_MEASUREMENT_INTERVAL_S", 1e9)
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": None}))
    rig.trainer.start()
    rig.wait_until(
        lambda: any(drained.episodes and not drained.is_measured for drained in rig.drained)
    )
    rig.trainer.control.stop(StopCause.STOPPED, "enough")
    rig.finish()
    between = [drained for drained in rig.drained if not drained.is_measured]
    measured = [drained for drained in rig.drained if drained.is_measured]
    progress = rig.trainer.progress()

    assert sum(len(drained.episodes) for drained in between) > 0
    assert not any(drained.metrics or len(drained.finished_returns) for drained in between)
    assert sum(len(drained.finished_returns) for drained in measured) == progress.episodes
    assert (
        sum(each.metrics["entropy"].count for each in measured if "entropy" in each.metrics)
        == progress.updates
    )


def test_the_host_is_called_when_many_episodes_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again, while nothing else happens that it would be called for."""
    monkeypatch.setattr(telemetry, "EPISODES_AT_ONCE", 5)
    woken = threading.Event()
    trainer = Trainer(small_spec("CartPole-v1", budget={"env_steps": None}), on_wake=woken.set)
    trainer.start()

    for _ in range(5):
        woken.clear()
        trainer.drain()
        assert woken.wait(20.0)

    trainer.control.stop(StopCause.STOPPED, "enough")
    assert trainer.join(20.0) is not None


def test_how_good_a_short_run_became_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of one that is over before speeds are measured: comparisons look for it there."""
    monkeypatch.setattr(run_sampler, "SAMPLE_INTERVAL_S", 1e9)
    rig = Rig(small_spec("CartPole-v1", budget={"env_steps": 6000}))
    rig.run()
    told = [d.metrics["best_return_100"] for d in rig.drained if "best_return_100" in d.metrics]

    assert told[-1].last == rig.trainer.window().best_mean_return


def test_the_older_a_run_the_less_often_it_is_measured() -> None:
    """A fiftieth of its age, at most half a second: enough points for every chart."""
    assert measurement_interval_s(0.0) == 0.0
    assert measurement_interval_s(10.0) == pytest.approx(0.2)
    assert measurement_interval_s(3600.0) == 0.5


def test_only_discrete_actions_have_a_greatest_entropy() -> None:
    """log|A|: two actions have log 2."""
    assert maximum_entropy(discrete(1, 2)) == pytest.approx(math.log(2))
    assert math.isnan(maximum_entropy(continuous(1, 1)))
