"""Runs that go wrong in real training, and what they are warned of."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from fakes.hosting import Hosted, hosted, hosting, start_again
from fakes.probe_environments import HANGING
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.commands import Abort, Interrupt, Pause, Resume, SetAlertThresholds
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.run_state import RunState
from matinee.training import trainer
from matinee.training.learner import LocalLearner
from matinee.worker import alert_signals, alert_watch

QUICKLY_S = 0.2
SLOW_S = 0.03


@pytest.fixture(autouse=True)
def hasty_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are raised after a moment, so that tests need not wait for long."""
    rules = {
        name: rule.model_copy(update={"for_s": min(rule.for_s, QUICKLY_S)})
        for name, rule in ALERT_RULES.items()
    }
    monkeypatch.setattr(alert_watch, "ALERT_RULES", MappingProxyType(rules))


@pytest.fixture
def stuck() -> Iterator[None]:
    """An environment that hangs does so until the test is over."""
    HANGING.clear()
    yield
    for thread in threading.enumerate():
        while thread.name.startswith("actor-learner") and thread.is_alive():
            HANGING.clear()
            thread.join(0.02)


def raised(run: Hosted, name: str) -> list[dict[str, Any]]:
    """Alerts of a rule so far."""
    return [event for event in run.events("alert_raised") if event["alert"] == name]


def test_a_run_that_fails_for_nan_is_warned_of_it(data_dir: Path, runtime_dir: Path) -> None:
    """The alert stands in the record before the end, and stays raised."""
    fault = {"environment": {"id": "Probe/Faulty-v0", "kwargs": {"fault": "nan_reward"}}}
    with hosted(data_dir, "Probe/Faulty-v0", runtime_dir=runtime_dir, spec=fault) as run:
        assert run.finish() is RunState.FAILED

    (alert,) = raised(run, "not_finite")
    assert alert["severity"] == "critical"
    assert "lower learning rate" in alert["hint"]
    assert [alert.name for alert in run.snapshot.alerts] == ["not_finite"]


def test_a_policy_that_makes_up_its_mind_too_soon(data_dir: Path, runtime_dir: Path) -> None:
    """A learning rate far too large: the entropy collapses, at the env step of the alert."""
    spec = {"budget": {"env_steps": None}, "hyperparameters": {"learning_rate": 1.0}}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: raised(run, "entropy_collapse"))
        run.request(Abort())
        run.finish()

    (alert, *_) = raised(run, "entropy_collapse")
    assert alert["value"] < alert["threshold"] == 0.05
    assert alert["env_step"] > 0


def test_a_run_that_is_solved_and_goes_on_says_so_once(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also over a restart, after which it is still raised."""
    monkeypatch.setattr(trainer, "reward_threshold", lambda _: 9.0)
    with hosted(
        data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec={"budget": {"env_steps": None}}
    ) as run:
        run.wait_until(lambda: raised(run, "solved"))
        run.ask(Interrupt(reason="the server shut down"))
        assert run.finish() is RunState.INTERRUPTED
    with hosting(run.run_dir, start_again(run.run_dir), runtime_dir=runtime_dir) as again:
        steps = run.snapshot.progress.env_steps
        again.wait_for_steps(steps + 1000)
        again.request(Abort())
        again.finish()

    (alert,) = raised(again, "solved")
    assert alert["severity"] == "info"
    assert alert["value"] >= alert["threshold"] == 9.0
    assert "solved" in [alert.name for alert in again.snapshot.alerts]


def test_a_run_that_ends_when_it_is_solved_raises_no_alert(
    data_dir: Path, runtime_dir: Path
) -> None:
    """Its end is told by its reason."""
    spec = {"budget": {"env_steps": None, "target_return": 9.0}}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        assert run.finish() is RunState.FINISHED

    assert raised(run, "solved") == []
    assert run.snapshot.progress.solved_at is not None


def test_optimizers_that_cannot_keep_up_fill_the_queue(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Environment threads wait, and the run says so."""
    compute = LocalLearner.compute

    def slowly(learner: LocalLearner, *args: Any, **kwargs: Any) -> Any:
        threading.Event().wait(SLOW_S)
        return compute(learner, *args, **kwargs)

    monkeypatch.setattr(LocalLearner, "compute", slowly)
    spec = {
        "algorithm": "ga3c",
        "budget": {"env_steps": None},
        "hyperparameters": {"queue_capacity": 1, "rollout_length": 1, "min_batch": 1},
        "alerts": {"queue_full": 0.5},
    }
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: raised(run, "queue_full"))
        run.request(Abort())
        run.finish()

    assert raised(run, "queue_full")[0]["value"] == 1.0


def test_a_threshold_is_changed_live_and_kept(data_dir: Path, runtime_dir: Path) -> None:
    """Lowered in a pause, it raises its alert after it, and again when the run is taken up."""
    spec = {"algorithm": "ga3c", "budget": {"env_steps": None}, "alerts": {"batch_large": 1000.0}}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_for_steps(1000)
        assert raised(run, "batch_large") == []
        run.ask(Pause())
        run.wait_for_state(RunState.PAUSED)
        assert run.ask(SetAlertThresholds(thresholds={"batch_large": 0.1, "slow": 0.3})).accepted
        run.ask(Resume())
        run.wait_until(lambda: raised(run, "batch_large"))
        run.ask(Interrupt(reason="the server shut down"))
        assert run.finish() is RunState.INTERRUPTED
    with hosting(run.run_dir, start_again(run.run_dir), runtime_dir=runtime_dir) as again:
        again.wait_until(lambda: len(raised(again, "batch_large")) > 1)
        again.request(Abort())
        again.finish()

    assert {alert["threshold"] for alert in raised(again, "batch_large")} == {0.1}
    assert again.snapshot.alert_thresholds == {"batch_large": 0.1, "slow": 0.3}


@pytest.mark.usefixtures("stuck")
def test_a_thread_that_hangs_is_named_with_its_place(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log holds the stack of the silent thread, while everything else goes on."""
    monkeypatch.setattr(alert_signals, "UNKNOWN_INTERVAL_S", 0.001)
    spec = {
        "environment": {"id": "Probe/Faulty-v0", "kwargs": {"fault": "hang"}},
        "envs_per_worker": 1,
        "alerts": {"worker_stalled": 0.5},
    }
    with hosted(data_dir, "Probe/Faulty-v0", runtime_dir=runtime_dir, spec=spec) as run:
        run.wait_until(lambda: raised(run, "worker_stalled"))
        run.wait_until(lambda: run.events("log_written"))
        HANGING.clear()
        run.request(Abort())
        run.finish()

    (message, *_) = [event["message"] for event in run.events("log_written")]
    assert "actor-learner-0 has been silent for" in message
    assert "probe_environments.py" in message


def test_the_last_test_episodes_are_looked_at(
    data_dir: Path, runtime_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A greedy policy that turns out to be stuck only at the end is told before the end."""

    def shortfall(summary: MetricSummary | None, *_: object, **__: object) -> float:
        return math.nan if summary is None else 0.9

    monkeypatch.setattr(alert_signals, "greedy_shortfall", shortfall)
    with hosted(
        data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec={"evaluation": {"episodes": 1}}
    ) as run:
        assert run.finish() is RunState.FINISHED

    (alert,) = raised(run, "evaluation_gap")
    assert alert["seq"] > run.events("evaluation_finished")[-1]["seq"]
    assert [alert.name for alert in run.snapshot.alerts] == ["evaluation_gap"]
