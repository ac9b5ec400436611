"""How one-sided the actions of the last env steps were.

Counts are added up before the share is taken. The mean of shares of single rollouts would be too
high: five equal actions in a row are nothing, in turns with five others.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from matinee.contracts.alert_rule import ACTION_WINDOW_ENV_STEPS
from matinee.contracts.histograms import Histogram

FEWEST_ACTIONS = 200
"""Sampled actions behind a share: with fewer, 99 % says little."""


@dataclass(frozen=True)
class _Stretch:
    """The actions sampled between two looks; one histogram for each action dimension."""

    begin: int
    end: int
    counts: Mapping[str, Histogram]


class ActionCounts:
    """Discrete actions of sampled rollouts. Used by the host's thread alone."""

    def __init__(self) -> None:
        self._stretches: deque[_Stretch] = deque()
        self._looked_at = 0

    def share(self, counts: Mapping[str, Histogram], *, env_steps: int) -> float:
        r"""The commonest action's share of the last 1000 env steps: $\max_a \hat p(a)$.

        Of several action dimensions it is that of the least one-sided. nan where nothing was
        sampled since the last call, and before there are 1000 env steps and 200 actions.

        Args:
            counts: Of what was sampled since the last call, by dimension.
            env_steps: Of the run so far.
        """
        if not counts:
            return math.nan
        known = self._stretches
        known.append(_Stretch(self._looked_at, env_steps, counts))
        self._looked_at = env_steps
        while len(known) > 1 and self._is_enough(1):
            known.popleft()
        if not self._is_enough(0):
            return math.nan
        return min(_commonest(each) for each in self._added_up().values())

    def _is_enough(self, skipped: int) -> bool:
        """Whether the stretches without the oldest ones would do."""
        rest = list(self._stretches)[skipped:]
        actions = sum(_total(stretch.counts) for stretch in rest)
        return rest[-1].end - rest[0].begin >= ACTION_WINDOW_ENV_STEPS and actions >= FEWEST_ACTIONS

    def _added_up(self) -> dict[str, Histogram]:
        total: dict[str, Histogram] = {}
        for stretch in self._stretches:
            for name, histogram in stretch.counts.items():
                total[name] = total[name].plus(histogram) if name in total else histogram
        return total


def _total(counts: Mapping[str, Histogram]) -> float:
    """How many actions; each has all dimensions."""
    return sum(next(iter(counts.values())).counts)


def _commonest(histogram: Histogram) -> float:
    return max(histogram.counts) / sum(histogram.counts)
