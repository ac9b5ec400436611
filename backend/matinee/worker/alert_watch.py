"""Raises and clears a run's alerts, flush by flush.

An alert is raised when its signal has been on the wrong side of its threshold for the rule's time,
and cleared when it has been on the right side for as long, at most `LONGEST_CLEARING_S`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from matinee.contracts.alerts import ALERT_RULES, DERIVED_SIGNALS, AlertRule
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.worker.alert_signals import WELL, AlertSignals, Condition

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
    """

    is_raised: bool = False
    wrong: bool = False
    since_s: float = 0.0


class AlertWatch:
    """One for each run; used by the host's thread alone."""

    def __init__(self) -> None:
        self._thresholds: Mapping[str, float] = NO_OWN_THRESHOLDS
        self._signals = AlertSignals()
        self._courses = {name: _Course() for name in ALERT_RULES}

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
            condition: Of threads and weights.
        """
        self._thresholds = thresholds
        derived = self._signals.read(metrics, progress, condition)
        changes = [
            self._judge(rule, _value(rule, metrics, derived), progress, algorithm)
            for rule in ALERT_RULES.values()
        ]
        return [change for change in changes if change is not None]

    def _judge(
        self, rule: AlertRule, value: float, progress: Progress, algorithm: Algorithm
    ) -> Raising | Clearing | None:
        course = self._courses[rule.name]
        if not _is_watched(rule, progress, algorithm):
            was_raised = course.is_raised
            self._courses[rule.name] = _Course()
            return Clearing(rule.name, "it is not watched any more") if was_raised else None
        if not math.isfinite(value):
            return None
        threshold = self._thresholds.get(rule.name, rule.threshold)
        wrong = value > threshold if rule.side == "above" else value < threshold
        if wrong != course.wrong:
            course.wrong, course.since_s = wrong, progress.seconds
        lasting_s = progress.seconds - course.since_s
        if wrong and not course.is_raised and lasting_s >= rule.for_s:
            course.is_raised = True
            return Raising(rule, _words(rule, value, threshold), value, threshold)
        if not wrong and course.is_raised and lasting_s >= min(rule.for_s, LONGEST_CLEARING_S):
            course.is_raised = False
            return Clearing(rule.name, f"{_amount(rule, value)} is on the right side again")
        return None


def _is_watched(rule: AlertRule, progress: Progress, algorithm: Algorithm) -> bool:
    if algorithm not in rule.algorithms:
        return False
    if rule.unless_solved and progress.solved_at is not None:
        return False
    return (progress.budget_fraction or 0.0) >= rule.after_budget


def _value(
    rule: AlertRule, metrics: Mapping[str, MetricSummary], derived: Mapping[str, float]
) -> float:
    if rule.signal in DERIVED_SIGNALS:
        return derived.get(rule.signal, math.nan)
    summary = metrics.get(rule.signal)
    if summary is None:
        return math.nan
    return summary.mean if rule.statistic == "mean" else summary.max


def _words(rule: AlertRule, value: float, threshold: float) -> str:
    lasting = f" for {rule.for_s:g} s" if rule.for_s > 0 else ""
    return f"{_amount(rule, value)}, {rule.side} {threshold:g}{lasting}"


def _amount(rule: AlertRule, value: float) -> str:
    return f"{value:.3g} {rule.unit}".strip()
