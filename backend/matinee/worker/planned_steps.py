"""Makes the changes that a run's plan asks for, each at its own rollout boundary.

Training stands at the first boundary at or after a step's env step until the change is in use, so
the same seed meets the same values at the same env steps. Each change is a command like any other:
accepted, applied and recorded, with the plan as its author.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from matinee.contracts.commands import CommandState, SetHyperparameters
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.planned_changes import PlannedChange
from matinee.journal.reader import JournalReader
from matinee.journal.whole_ledger import whole_ledger
from matinee.training.trainer import Trainer
from matinee.worker.commands import Request

ACTOR = "plan"


class PlannedSteps:
    """What of a run's plan is still to come. Used by the host's thread alone.

    Args:
        plan: Of the run, in ascending order.
        reader: Of its record, which tells what an earlier process has made of the plan.
    """

    def __init__(self, plan: Sequence[PlannedChange], reader: JournalReader) -> None:
        self._plan = plan
        self._reader = reader
        self._to_come: list[PlannedChange] = []
        self._is_under_way = False

    def lead(self, trainer: Trainer) -> Trainer:
        """Take over a trainer that has not begun, and let it stand where the plan wants it to.

        What the record says was applied is past; what a process could not finish is made first.
        """
        if self._plan:
            self._to_come = list(self._not_applied())
            self._is_under_way = False
            self._aim(trainer)
        return trainer

    def look(self, trainer: Trainer, submit: Callable[[Request], None]) -> None:
        """Ask for what is due once training stands there; let it go on once that is in use."""
        if self._is_under_way:
            # A change of the crew takes a while; until then nobody begins a rollout.
            if not trainer.board.snapshot().requested:
                self._is_under_way = False
                self._aim(trainer)
        elif self._to_come and trainer.control.is_at_milestone:
            now = trainer.progress().env_steps
            while self._to_come and self._to_come[0].env_step <= now:
                settings = self._to_come.pop(0).hyperparameters
                submit(Request(new_ulid(), ACTOR, SetHyperparameters(settings=settings)))
            self._is_under_way = True

    def _aim(self, trainer: Trainer) -> None:
        trainer.control.hold_at(self._to_come[0].env_step if self._to_come else None)

    def _not_applied(self) -> Iterator[PlannedChange]:
        applied = Counter(
            command.action.model_dump_json()
            for command in whole_ledger(self._reader)
            if command.actor == ACTOR and command.state is CommandState.APPLIED
        )
        for step in self._plan:
            text = SetHyperparameters(settings=step.hyperparameters).model_dump_json()
            if applied[text] > 0:
                applied[text] -= 1
            else:
                yield step
