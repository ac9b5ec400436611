"""What alert rules look at besides metrics: the condition of a run as of one flush."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matinee.contracts.histograms import Histogram
from matinee.errors import NonFiniteError
from matinee.training.heartbeats import Heartbeat
from matinee.training.return_window import WindowState
from matinee.training.run_observer import Drained
from matinee.training.trainer import Trainer
from matinee.worker.value_signals import RewardScale


@dataclass(frozen=True)
class Condition:
    """Everything that is known of a run besides metrics and progress.

    Attributes:
        heartbeats: Of every living thread.
        is_finite: The loss, its gradient and the weights are numbers.
        death: What the first thread that failed said, in a line; empty if none did, or for numbers
            that are none.
        window: The last 100 episodes, the first and the best ones.
        finished_returns: Of the episodes that have ended since the last look.
        target: Mean return of 100 episodes that counts as solved; None: nothing does.
        ends_at_target: Whether the run ends when it is solved.
        rewards: How large they are and how they count.
        actions: Those sampled since the last look, one histogram for each dimension; empty for
            continuous ones.
    """

    heartbeats: Sequence[Heartbeat] = ()
    is_finite: bool = True
    death: str = ""
    window: WindowState = field(default_factory=WindowState)
    finished_returns: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    target: float | None = None
    ends_at_target: bool = False
    rewards: RewardScale = field(default_factory=RewardScale)
    actions: Mapping[str, Histogram] = field(default_factory=dict)


WELL = Condition()


def condition_of(trainer: Trainer, drained: Drained) -> Condition:
    """As of a flush that has drained this."""
    values = trainer.board.newest()[1]
    window = trainer.window()
    failure = trainer.failure
    failed_so = failure is not None and isinstance(failure.error, NonFiniteError)
    return Condition(
        heartbeats=drained.heartbeats,
        is_finite=drained.weights_are_finite and not failed_so,
        death="" if failure is None or failed_so else failure.words.partition("\n")[0],
        window=window,
        finished_returns=drained.finished_returns,
        target=trainer.target_return,
        ends_at_target=trainer.ends_at_target,
        rewards=RewardScale(
            reward_abs_max=window.reward_abs_max,
            scale=values.reward_scale,
            clip=values.reward_clip,
            gamma=values.gamma,
            truncation_bootstrap=values.truncation_bootstrap,
        ),
        actions={
            name: histogram
            for name, histogram in drained.histograms.items()
            if name.partition(".")[0] == "actions" and trainer.acts_discretely
        },
    )
