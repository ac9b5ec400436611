"""Raises and clears a run's alerts, flush by flush.

An alert is raised when its signal has been on the wrong side of its threshold for the rule's time,
and cleared when it has been on the right side for as long, at most `LONGEST_CLEARING_S`. Rules that
count updates take their signal over the last so many: fast and slow runs are judged alike, and the
time only keeps an alert from flickering.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType

from matinee.contracts.alert_rule import (
    ASSUMED_BUDGET_ENV_STEPS,
    DERIVED_SIGNALS,
    NEARLY_SOLVED,
    SOLVED,
    WORKER_DIED,
    AlertRule,
)
from matinee.contracts.alerts import ALERT_RULES
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.worker.alert_signals import AlertSignals
from matinee.worker.condition import WELL, Condition
from matinee.worker.update_window import UpdateWindow

LONGEST_CLEARING_S = 5.0
NO_OWN_THRESHOLDS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Raising:
    """An alert to raise.

    Attributes:
        rule: Which.
        message: In words, with the value and the threshold.
        value: Of the signal.
        threshold: That was passed.
    """

    rule: AlertRule
    message: str
    value: float
    threshold: float


@dataclass(frozen=True)
class Clearing:
    """An alert to clear.

    Attributes:
        name: The rule's.
        message: Why, in words.
    """

    name: str
    message: str


@dataclass
class _Course:
    """How a rule has fared.

    Attributes:
        is_raised: Raised and not yet cleared.
        wrong: On which side its signal was last.
        since_s: Since when, in seconds of training.
        window: The updates over which the signal is taken; None: it is taken as it comes.
    """

    is_raised: bool = False
    wrong: bool = False
    since_s: float = 0.0
    window: UpdateWindow | None = None

    @classmethod
    def of(cls, rule: AlertRule, *, is_raised: bool = False) -> _Course:
        """A new one, with an empty window."""
        counts = rule.over_updates > 0
        window = UpdateWindow(rule.over_updates, rule.statistic) if counts else None
        return cls(is_raised=is_raised, window=window)


class AlertWatch:
    """One for each run; used by the host's thread alone.

    Args:
        raised: What was raised before, when the run is taken up again: none of these rules comes
            a second time if it comes but once.
    """

    def __init__(self, raised: Collection[str] = ()) -> None:
        self._thresholds: Mapping[str, float] = NO_OWN_THRESHOLDS
        self._signals = AlertSignals()
        self._courses = {
            name: _Course.of(rule, is_raised=rule.once and name in raised)
            for name, rule in ALERT_RULES.items()
        }

    def look(
        self,
        metrics: Mapping[str, MetricSummary],
        progress: Progress,
        *,
        algorithm: Algorithm,
        thresholds: Mapping[str, float] = NO_OWN_THRESHOLDS,
        condition: Condition = WELL,
    ) -> list[Raising | Clearing]:
        """What this flush changes.

        Args:
            metrics: That were measured since the last one.
            progress: As of now.
            algorithm: The present training mode.
            thresholds: The run's own at present, by rule.
            condition: What else is known of the run.
        """
        self._thresholds = thresholds
        derived = self._signals.read(metrics, progress, condition)
        changes = [
            self._judge(rule, _value(rule, metrics, derived), progress, condition)
            if algorithm in rule.algorithms and _is_watched(rule, progress, condition)
            else self._leave(rule)
            for rule in ALERT_RULES.values()
        ]
        return [change for change in changes if change is not None]

    def _judge(
        self, rule: AlertRule, value: float, progress: Progress, condition: Condition
    ) -> Raising | Clearing | None:
        course = self._courses[rule.name]
        if course.window is not None and math.isfinite(value):
            value = course.window.add(value, updates=progress.updates)
        if not math.isfinite(value) or (rule.once and course.is_raised):
            return None
        threshold = self._thresholds.get(rule.name, rule.threshold)
        wrong = value > threshold if rule.side == "above" else value < threshold
        if wrong != course.wrong:
            course.wrong, course.since_s = wrong, progress.seconds
        lasting_s = progress.seconds - course.since_s
        if wrong and not course.is_raised and lasting_s >= rule.for_s:
            course.is_raised = True
            if rule.signal == SOLVED:
                return _solved(rule, progress, condition)
            if rule.signal == WORKER_DIED:
                return Raising(rule, condition.death, value, threshold)
            return Raising(rule, _words(rule, value, threshold), value, threshold)
        if not wrong and course.is_raised and lasting_s >= min(rule.for_s, LONGEST_CLEARING_S):
            course.is_raised = False
            return Clearing(rule.name, f"{_measured(rule, value)} is on the right side again")
        return None

    def _leave(self, rule: AlertRule) -> Clearing | None:
        """A rule that is not watched at present begins anew when it is."""
        was_raised = self._courses[rule.name].is_raised
        if rule.once:
            return None
        self._courses[rule.name] = _Course.of(rule)
        return Clearing(rule.name, "it is not watched any more") if was_raised else None


def _is_watched(rule: AlertRule, progress: Progress, condition: Condition) -> bool:
    if rule.unless_solved and _is_nearly_solved(condition):
        return False
    if progress.updates < rule.after_updates:
        return False
    used = progress.budget_fraction
    if used is None:
        used = progress.env_steps / ASSUMED_BUDGET_ENV_STEPS
    return used >= rule.after_budget


def _is_nearly_solved(condition: Condition) -> bool:
    r"""Whether $G_{100} \ge G_{target} - 0.1\,(G_{target} - G_{first})$, all of them means.

    At present: a policy that has lost again what it had solved is watched again.
    """
    first, target = condition.window.first, condition.target
    if first is None or target is None:
        return False
    mean = fmean(condition.window.recent_returns)
    # Who began above the target must stay above it.
    way = max(0.0, target - first.mean)
    return mean >= target - (1.0 - NEARLY_SOLVED) * way


def _solved(rule: AlertRule, progress: Progress, condition: Condition) -> Raising:
    """Told with the return that was reached and the target: the rule itself is yes or no."""
    solved_at, best, target = (
        progress.solved_at,
        condition.window.best_mean_return,
        condition.target,
    )
    assert solved_at is not None, "the signal follows from it"
    assert best is not None, "100 episodes have ended"
    assert target is not None, "it has been reached"
    message = (
        f"the mean return of 100 episodes reached {target:g} at env step "
        f"{solved_at.env_steps:,}, after {solved_at.seconds:.1f} s"
    )
    return Raising(rule, message, best, target)


def _value(
    rule: AlertRule, metrics: Mapping[str, MetricSummary], derived: Mapping[str, float]
) -> float:
    if rule.signal in DERIVED_SIGNALS:
        return derived.get(rule.signal, math.nan)
    summary = metrics.get(rule.signal)
    return math.nan if summary is None else summary.mean


def _words(rule: AlertRule, value: float, threshold: float) -> str:
    window = ""
    if rule.over_updates > 0:
        window = f" over {rule.over_updates} updates"
    elif rule.over_env_steps > 0:
        window = f" over {rule.over_env_steps} env steps"
    lasting = f" for {rule.for_s:g} s" if rule.for_s > 0 else ""
    limit = rule.number_text(threshold)
    return f"{_measured(rule, value)}, {rule.side} {limit}{window}{lasting}"


def _measured(rule: AlertRule, value: float) -> str:
    return rule.amount_text(value, digits=3)
