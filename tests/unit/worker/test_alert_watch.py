"""When an alert is raised, and when it is cleared."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import ALERT_RULES, DERIVED_SIGNALS, AlertRule
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress, SolvedAt
from matinee.worker import alert_watch
from matinee.worker.alert_signals import AlertSignals
from matinee.worker.alert_watch import AlertWatch, Clearing, Raising

LAG = ALERT_RULES["policy_lag"]
ENTROPY = ALERT_RULES["entropy_collapse"]


class Scene:
    """A watch, and a run whose clock goes forward by half a second a flush."""

    def __init__(self, **thresholds: float) -> None:
        self.watch = AlertWatch()
        self.thresholds: dict[str, float] = thresholds
        self.seconds = 0.0
        self.solved_at: SolvedAt | None = None
        self.algorithm = Algorithm.A3C

    def see(self, metric: str, value: float, *, for_s: float) -> list[Raising | Clearing]:
        """What the watch says while a metric stays at a value."""
        said: list[Raising | Clearing] = []
        summary = MetricSummary(mean=value, min=value, max=value, last=value, count=1)
        for _ in range(round(for_s / 0.5)):
            self.seconds += 0.5
            progress = Progress(seconds=self.seconds, solved_at=self.solved_at)
            said += self.watch.look(
                {metric: summary},
                progress,
                algorithm=self.algorithm,
                thresholds=self.thresholds,
            )
        return said


def test_an_alert_is_raised_once_when_it_has_lasted() -> None:
    """A short excursion is nothing; a long one is told once, with value and threshold."""
    scene = Scene()

    assert scene.see("policy_lag", 90.0, for_s=LAG.for_s) == []
    assert scene.see("policy_lag", 1.0, for_s=1.0) == []
    (raising,) = scene.see("policy_lag", 90.0, for_s=3 * LAG.for_s)

    assert isinstance(raising, Raising)
    assert (raising.rule, raising.value, raising.threshold) == (LAG, 90.0, LAG.threshold)
    assert raising.message == "90 updates, above 25 for 3 s"


def test_an_alert_is_cleared_when_it_has_been_well_for_a_while() -> None:
    """One good value does not clear it; afterwards it can be raised again."""
    scene = Scene()
    scene.see("policy_lag", 90.0, for_s=10.0)

    assert scene.see("policy_lag", 2.0, for_s=1.0) == []
    assert scene.see("policy_lag", 90.0, for_s=10.0) == []
    (clearing,) = scene.see("policy_lag", 2.0, for_s=10.0)
    assert clearing == Clearing("policy_lag", "2 updates is on the right side again")
    assert len(scene.see("policy_lag", 90.0, for_s=10.0)) == 1


def test_a_run_may_have_thresholds_of_its_own() -> None:
    """What is an alert by default may be none here."""
    assert Scene(policy_lag=100.0).see("policy_lag", 90.0, for_s=10.0) == []


def test_a_new_threshold_counts_from_the_next_look() -> None:
    """A higher one clears what it allows, a lower one raises what it forbids; both after a time."""
    scene = Scene()
    scene.see("policy_lag", 90.0, for_s=10.0)

    scene.thresholds = {"policy_lag": 100.0}
    (clearing,) = scene.see("policy_lag", 90.0, for_s=10.0)
    scene.thresholds = {"policy_lag": 80.0}
    (raising,) = scene.see("policy_lag", 90.0, for_s=10.0)

    assert isinstance(clearing, Clearing)
    assert isinstance(raising, Raising)
    assert raising.threshold == 80.0


def test_a_queue_that_stays_empty_is_told() -> None:
    """Not for a moment of rest, and not while it holds a few segments."""
    scene = Scene()
    scene.algorithm = Algorithm.GA3C

    assert scene.see("queue_fill", 0.0, for_s=5.0) == []
    assert scene.see("queue_fill", 0.05, for_s=20.0) == []
    (raising,) = scene.see("queue_fill", 0.0, for_s=20.0)
    assert isinstance(raising, Raising)
    assert raising.rule.name == "queue_starved"


def test_a_rule_of_another_mode_is_not_watched() -> None:
    """A switch to a mode without the rule clears its alert."""
    scene = Scene()
    scene.see("policy_lag", 90.0, for_s=10.0)
    scene.algorithm = Algorithm.A2C

    (clearing,) = scene.see("policy_lag", 90.0, for_s=0.5)

    assert clearing == Clearing("policy_lag", "it is not watched any more")


def test_a_solved_run_may_be_certain() -> None:
    """A low entropy is an alert before the task is solved and none after."""
    scene = Scene()
    scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)
    scene.solved_at = SolvedAt(env_steps=1, seconds=1.0)

    said = scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)

    assert [type(change) for change in said] == [Clearing]


def test_what_is_no_number_changes_nothing() -> None:
    """NaN neither raises nor clears."""
    scene = Scene()
    scene.see("policy_lag", 90.0, for_s=10.0)

    assert scene.see("policy_lag", float("nan"), for_s=10.0) == []


@pytest.mark.parametrize("rule", ALERT_RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_is_raised_and_cleared(rule: AlertRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its signal on the wrong side of the threshold, and on the right one."""
    wrong, right = rule.threshold + 1.0, rule.threshold - 1.0
    if rule.side == "below":
        wrong, right = right, wrong
    value = wrong
    monkeypatch.setattr(AlertSignals, "read", lambda *_: {rule.signal: value})
    monkeypatch.setattr(alert_watch, "ALERT_RULES", {rule.name: rule})
    watch = AlertWatch()
    said: list[Raising | Clearing] = []
    for half_second in range(300):
        value = wrong if half_second < 200 else right
        summary = MetricSummary(mean=value, min=value, max=value, last=value, count=1)
        progress = Progress(seconds=half_second / 2, budget_fraction=0.5)
        said += watch.look(
            {} if rule.signal in DERIVED_SIGNALS else {rule.signal: summary},
            progress,
            algorithm=rule.algorithms[0],
        )

    assert [type(change) for change in said] == [Raising, Clearing]
