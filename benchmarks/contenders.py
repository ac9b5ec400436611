"""Who can be measured: one interface for ours and for every peer."""

from __future__ import annotations

from typing import Protocol

from benchmarks.records import TrainingRun
from benchmarks.tasks import Task


class Contender(Protocol):
    """Something that learns a task in a process of its own."""

    @property
    def name(self) -> str:
        """As the table shows it."""

    def expected_s(self, task: Task) -> float:
        """About how long a run takes, before any was made."""

    def absent(self) -> str | None:
        """Why it can't run here, in words; None if it can."""

    def train(self, task: Task, seed: int) -> TrainingRun:
        """Learn until the task's threshold or the end of the budget, then evaluate greedily.

        Raises:
            ProgramFailedError: it ended badly.
        """
