"""When an alert is raised, and when it is cleared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matinee.contracts.alert_rule import (
    ASSUMED_BUDGET_ENV_STEPS,
    DERIVED_SIGNALS,
    SOLVED,
    AlertRule,
)
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress, SolvedAt
from matinee.training.return_window import FullWindow, WindowState
from matinee.worker import alert_watch
from matinee.worker.alert_signals import AlertSignals
from matinee.worker.alert_watch import AlertWatch, Clearing, Raising
from matinee.worker.condition import Condition

LAG = ALERT_RULES["policy_lag"]
ENTROPY = ALERT_RULES["entropy_collapse"]


class Scene:
    """A watch, and a run whose clock goes forward by half a second a flush.

    Args:
        updates_per_s: Its pace.
        thresholds: Of its own.
    """

    def __init__(self, *, updates_per_s: float = 1000.0, **thresholds: float) -> None:
        self.updates_per_s = updates_per_s
        self.watch = AlertWatch()
        self.thresholds: dict[str, float] = thresholds
        self.seconds = 0.0
        self.solved_at: SolvedAt | None = None
        self.algorithm = Algorithm.A3C
        self.condition = Condition()
        self.budget_fraction: float | None = None
        self.env_steps = 0

    @property
    def updates(self) -> int:
        """So far."""
        return round(self.updates_per_s * self.seconds)

    def see(self, metric: str, value: float, *, for_s: float) -> list[Raising | Clearing]:
        """What the watch says while a metric stays at a value."""
        said: list[Raising | Clearing] = []
        summary = MetricSummary(mean=value, min=value, max=value, last=value, count=1)
        for _ in range(round(for_s / 0.5)):
            self.seconds += 0.5
            progress = Progress(
                seconds=self.seconds,
                updates=self.updates,
                env_steps=self.env_steps,
                solved_at=self.solved_at,
                best_mean_return_100=self.condition.window.best_mean_return,
                budget_fraction=self.budget_fraction,
            )
            said += self.watch.look(
                {metric: summary},
                progress,
                algorithm=self.algorithm,
                thresholds=self.thresholds,
                condition=self.condition,
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
    """A low entropy is an alert before the task is solved, none while it is, and one after."""
    scene = Scene()

    def with_mean(mean: float) -> None:
        window = WindowState(500, (mean,) * 100, FullWindow(20.0, 1.0), FullWindow(mean, 1.0))
        scene.condition = Condition(window=window, target=475.0)

    with_mean(100.0)
    assert len(scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)) == 1
    with_mean(500.0)
    said = scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)
    assert [type(change) for change in said] == [Clearing]
    with_mean(100.0)
    assert len(scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)) == 1


def test_who_began_above_the_target_must_stay_above_it() -> None:
    """There is no way to it of which a share could do."""
    scene = Scene()
    full = FullWindow(500.0, 1.0)
    for mean, told in ((480.0, 0), (470.0, 1)):
        window = WindowState(500, (mean,) * 100, full, full)
        scene.condition = Condition(window=window, target=475.0)
        assert len(scene.see("entropy_fraction", 0.01, for_s=2 * ENTROPY.for_s)) == told


@pytest.mark.parametrize("updates_per_s", [2.0, 20.0, 3000.0])
@pytest.mark.parametrize(
    ("metric", "wrong", "name"),
    [
        ("entropy_fraction", 0.01, "entropy_collapse"),
        ("explained_variance", -0.5, "critic_useless"),
        ("gradient_clipped", 1.0, "gradient_clipped"),
    ],
)
def test_updates_are_counted_at_any_pace(
    updates_per_s: float, metric: str, wrong: float, name: str
) -> None:
    """Raised after the rule's updates and seconds, whichever take longer, and its warm-up."""
    rule, scene = ALERT_RULES[name], Scene(updates_per_s=updates_per_s)
    lasting_s = (rule.after_updates + rule.over_updates) / updates_per_s + rule.for_s

    assert scene.see(metric, wrong, for_s=lasting_s - 1.0) == []
    (raising,) = scene.see(metric, wrong, for_s=2.5)

    assert isinstance(raising, Raising)
    assert raising.rule is rule
    assert f"over {rule.over_updates} updates for {rule.for_s:g} s" in raising.message


def test_a_share_of_updates_is_taken_over_all_of_them() -> None:
    """At two updates a second 95 % of them are clipped: each 20th flush alone would be none."""
    scene = Scene(updates_per_s=2.0)
    said = []
    for _ in range(40):
        said += scene.see("gradient_clipped", 1.0, for_s=9.5)
        said += scene.see("gradient_clipped", 0.0, for_s=0.5)

    assert [type(change) for change in said] == [Raising]


def test_one_bad_batch_does_not_make_a_critic_useless() -> None:
    """An explained variance of minus a million once is no reason, at any pace."""
    scene = Scene(updates_per_s=2.0)
    said = scene.see("explained_variance", 0.5, for_s=300.0)
    said += scene.see("explained_variance", -1e6, for_s=0.5)
    said += scene.see("explained_variance", 0.5, for_s=300.0)

    assert said == []


def test_a_run_without_a_budget_is_watched_as_if_it_had_a_usual_one() -> None:
    """Entropy that stays high is told from a fifth of the assumed env steps on."""
    scene = Scene()
    scene.env_steps = ASSUMED_BUDGET_ENV_STEPS // 5 - 1
    assert scene.see("entropy_fraction", 0.99, for_s=60.0) == []

    scene.env_steps += 1
    (raising,) = scene.see("entropy_fraction", 0.99, for_s=60.0)
    assert isinstance(raising, Raising)
    assert raising.rule.name == "entropy_stuck"


def test_a_budget_of_the_run_goes_before_the_assumed_one() -> None:
    """A long run has still time to begin."""
    scene = Scene()
    scene.env_steps, scene.budget_fraction = ASSUMED_BUDGET_ENV_STEPS, 0.19

    assert scene.see("entropy_fraction", 0.99, for_s=60.0) == []


def test_a_policy_that_has_nearly_solved_may_be_certain() -> None:
    """From 90 % of the way to the target on; below it is told again."""
    scene = Scene()

    def with_mean(mean: float) -> None:
        window = WindowState(500, (mean,) * 100, FullWindow(20.0, 1.0), FullWindow(450.0, 1.0))
        scene.condition = Condition(window=window, target=475.0)

    with_mean(435.0)
    assert scene.see("entropy_fraction", 0.01, for_s=10.0) == []
    with_mean(300.0)
    assert len(scene.see("entropy_fraction", 0.01, for_s=10.0)) == 1


def solved_scene() -> Scene:
    """A run that has reached 480 where 475 counts as solved."""
    scene = Scene()
    scene.solved_at = SolvedAt(env_steps=52_000, seconds=31.0)
    window = WindowState(500, (480.0,) * 100, FullWindow(20.0, 1.0), FullWindow(480.0, 1.0))
    scene.condition = Condition(window=window, target=475.0)
    return scene


def test_solving_is_told_once_with_the_return_and_the_target() -> None:
    """At once, and never cleared: not by a later collapse, and not after a restart."""
    scene = solved_scene()

    (raising,) = scene.see("policy_lag", 0.0, for_s=5.0)
    assert isinstance(raising, Raising)
    assert raising.rule.name == SOLVED
    assert (raising.value, raising.threshold) == (480.0, 475.0)
    assert raising.message == (
        "the mean return of 100 episodes reached 475 at env step 52,000, after 31.0 s"
    )

    scene.watch = AlertWatch(raised=["solved", "policy_lag"])
    assert scene.see("policy_lag", 0.0, for_s=5.0) == []
    assert len(scene.see("policy_lag", 90.0, for_s=5.0)) == 1


def test_a_run_that_ends_when_it_is_solved_needs_no_alert() -> None:
    """Its end says it."""
    scene = solved_scene()
    scene.condition = replace(scene.condition, ends_at_target=True)

    assert scene.see("policy_lag", 0.0, for_s=5.0) == []


def test_what_is_no_number_changes_nothing() -> None:
    """NaN neither raises nor clears."""
    scene = Scene()
    scene.see("policy_lag", 90.0, for_s=10.0)

    assert scene.see("policy_lag", float("nan"), for_s=10.0) == []


@pytest.mark.parametrize("rule", ALERT_RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_is_raised_and_cleared(rule: AlertRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its signal on the wrong side of the threshold, and on the right one; some only once."""
    wrong, right = rule.threshold + 1.0, rule.threshold - 1.0
    if rule.side == "below":
        wrong, right = right, wrong
    value = wrong
    solved = SolvedAt(env_steps=1, seconds=1.0)
    full = FullWindow(9.0, 1.0)
    target = 1.0 if rule.once else None
    condition = Condition(window=WindowState(100, (9.0,) * 100, full, full), target=target)
    monkeypatch.setattr(AlertSignals, "read", lambda *_: {rule.signal: value})
    monkeypatch.setattr(alert_watch, "ALERT_RULES", {rule.name: rule})
    watch = AlertWatch()
    said: list[Raising | Clearing] = []
    for half_second in range(300):
        value = wrong if half_second < 200 else right
        summary = MetricSummary(mean=value, min=value, max=value, last=value, count=1)
        progress = Progress(
            seconds=half_second / 2,
            updates=100 * half_second,
            budget_fraction=0.5,
            solved_at=solved if rule.once else None,
        )
        said += watch.look(
            {} if rule.signal in DERIVED_SIGNALS else {rule.signal: summary},
            progress,
            algorithm=rule.algorithms[0],
            condition=condition,
        )

    assert [type(change) for change in said] == [Raising] + [Clearing] * (not rule.once)
