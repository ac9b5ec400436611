"""Whether the critic has exploded: values against what rewards allow, loss against its past.

An explosion is told by either half: values that no rewards could add up to, and a loss that is
many times its usual size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from matinee.contracts.metrics import MetricSummary

KEPT_LOSSES = 512
FEWEST_LOSSES = 30
SAME_UNITS = 0.1
"""Relative: a schedule that moves a scale by less has not changed what a loss is measured in."""


@dataclass(frozen=True)
class RewardScale:
    """How large rewards are, and how they count.

    Attributes:
        reward_abs_max: The largest raw |reward| of a step so far.
        scale: What rewards are multiplied by.
        clip: Largest reward after scaling, on both sides; 0 is no limit.
        gamma: Discount.
        truncation_bootstrap: Whether an episode cut by a limit goes on in the critic's estimate.
    """

    reward_abs_max: float = 0.0
    scale: float = 1.0
    clip: float = 0.0
    gamma: float = 0.99
    truncation_bootstrap: bool = True

    @property
    def learned_reward_max(self) -> float:
        """The largest |reward| as it is learned from; 0 while there was none."""
        scaled = self.reward_abs_max * abs(self.scale)
        return min(scaled, self.clip) if self.clip > 0.0 else scaled

    @property
    def value_bound(self) -> float:
        r"""What the largest reward would add up to if it came for ever: $r_{max}/(1-\gamma)$."""
        return self.learned_reward_max / (1.0 - self.gamma)

    def counts_like(self, other: RewardScale) -> bool:
        """Whether returns, and so values and losses, mean about the same under both."""
        mine = (self.scale, self.clip, 1.0 / (1.0 - self.gamma))
        theirs = (other.scale, other.clip, 1.0 / (1.0 - other.gamma))
        return self.truncation_bootstrap == other.truncation_bootstrap and all(
            math.isclose(one, another, rel_tol=SAME_UNITS)
            for one, another in zip(mine, theirs, strict=True)
        )


class ValueCourse:
    """The critic's estimates along a run. Used by the host's thread alone."""

    def __init__(self) -> None:
        self._bound = 0.0
        self._granted = 0.0
        """The bound of earlier settings, until the critic has unlearned what they allowed."""

    def excess(self, metrics: Mapping[str, MetricSummary], rewards: RewardScale) -> float:
        r"""The largest estimate against the bound: $\max_t |V(s_t)| / (r_{max}/(1-\gamma))$.

        Where a change of the discount or of the rewards' scale has lowered the bound, the earlier
        one counts until the estimates have once come down to the new one.

        nan where no value was measured, or no reward was ever seen.
        """
        if rewards.value_bound < self._bound:
            self._granted = max(self._granted, self._bound)
        self._bound = rewards.value_bound
        least, greatest = metrics.get("value_min"), metrics.get("value_max")
        if least is None or greatest is None or self._bound == 0.0:
            return math.nan
        largest = max(abs(least.min), abs(greatest.max))
        if largest <= self._bound:
            self._granted = 0.0
        return largest / max(self._bound, self._granted)


class LossCourse:
    """The critic's loss along a run. Used by the host's thread alone.

    It begins anew when rewards count otherwise, as a loss then means something else.
    """

    def __init__(self) -> None:
        self._begin(RewardScale())

    def _begin(self, rewards: RewardScale) -> None:
        self._rewards = rewards
        self._kept: list[float] = []
        self._seen = 0
        self._stride = 1

    def jump(self, summary: MetricSummary | None, rewards: RewardScale) -> float:
        r"""The loss by its usual size: $L_V / \max(\mathrm{median}\,L_V, \tfrac12 r_{max}^2)$.

        The median is that of all losses since rewards have counted as they do, so that an
        explosion does not become usual by lasting. Where rewards are rare the loss is next to
        nothing until the first one comes: therefore the usual size is at least the loss of a
        critic that is wrong by one largest reward.

        nan before there are 30 losses, and where no reward was ever seen.
        """
        if not rewards.counts_like(self._rewards):
            self._begin(rewards)
        if summary is None or not math.isfinite(summary.mean):
            return math.nan
        usual = max(median(self._kept), rewards.learned_reward_max**2 / 2.0) if self._kept else 0.0
        is_known = self._seen >= FEWEST_LOSSES and rewards.learned_reward_max > 0.0
        self._keep(summary.mean)
        return summary.mean / usual if is_known else math.nan

    def _keep(self, loss: float) -> None:
        """Losses evenly spread over all that came, never more than `KEPT_LOSSES`."""
        if self._seen % self._stride == 0:
            self._kept.append(loss)
            if len(self._kept) == KEPT_LOSSES:
                del self._kept[1::2]
                self._stride *= 2
        self._seen += 1
