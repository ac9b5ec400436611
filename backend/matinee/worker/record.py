"""What the host writes down: state, progress and finished work, in one consistent order."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import structlog

from matinee.contracts.alerts import RaisedAlert, ThresholdChange
from matinee.contracts.commands import Command, CommandState, HyperparameterChange
from matinee.contracts.events import (
    AlertCleared,
    AlertRaised,
    CommandAccepted,
    CommandApplied,
    CommandRejected,
    Event,
    HyperparametersChanged,
    LogWritten,
    RunStateChanged,
)
from matinee.contracts.progress import Progress
from matinee.contracts.run import AppliedHyperparameter, RunSnapshot
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_state import ENDED_STATES, RunState, check_transition
from matinee.journal.writer import JournalWriter
from matinee.training.hyperparameter_board import BoardSnapshot
from matinee.training.run_observer import Drained
from matinee.training.waiting_episodes import EpisodeTable
from matinee.worker.alert_watch import Clearing, Raising

log = structlog.get_logger(__name__)


class RunRecord:
    """The run's record as the host sees it. Used by the host's thread alone."""

    def __init__(self, writer: JournalWriter, snapshot: RunSnapshot, *, run_id: str) -> None:
        self.writer = writer
        self.run_id = run_id
        self._snapshot = snapshot
        self._failing_since_s: float | None = None
        self._troubles: dict[str, str] = {}
        self._known_revision: int | None = None

    @property
    def state(self) -> RunState:
        """Where the run is in its life."""
        return self._snapshot.state

    @property
    def progress(self) -> Progress:
        """As of the last flush."""
        return self._snapshot.progress

    @property
    def hyperparameters(self) -> Mapping[str, AppliedHyperparameter]:
        """In use, by name."""
        return self._snapshot.hyperparameters

    @property
    def revision(self) -> int:
        """Of the hyperparameters."""
        return self._snapshot.hyperparameter_revision

    @property
    def known_revision(self) -> int | None:
        """Of the hyperparameters that were told last; None: none yet."""
        return self._known_revision

    @property
    def budget(self) -> BudgetSpec | None:
        """The one now, if it is no longer the spec's."""
        return self._snapshot.budget

    @property
    def alerts(self) -> list[RaisedAlert]:
        """Raised and not cleared."""
        return self._snapshot.alerts

    @property
    def alert_thresholds(self) -> Mapping[str, float]:
        """The run's own, by rule."""
        return self._snapshot.alert_thresholds or {}

    @property
    def failing_for_s(self) -> float:
        """How long commits have been failing; 0 if they work."""
        return 0.0 if self._failing_since_s is None else time.monotonic() - self._failing_since_s

    @property
    def trouble(self) -> str | None:
        """What can't be written down, in words; None if all can."""
        return "; ".join(self._troubles.values()) or None

    def note_trouble(self, part: str, words: str | None) -> None:
        """A part of what is written down fails, or works again (None)."""
        if words is None:
            self._troubles.pop(part, None)
        else:
            self._troubles[part] = words

    def append(self, kind: type[Event], **values: Any) -> None:
        """Put an event at the end of the record, at the present env step."""
        self.writer.append(kind, env_step=self.progress.env_steps, **values)

    def change_state(self, state: RunState, reason: str | None = None) -> None:
        """Take a step of the state machine."""
        previous = self._snapshot.state
        check_transition(previous, state)
        now = datetime.now(UTC)
        self._update(
            state=state,
            reason=reason,
            started_at=self._snapshot.started_at or (now if state is RunState.RUNNING else None),
            ended_at=now if state in ENDED_STATES else None,
        )
        self.append(RunStateChanged, state=state, previous_state=previous, reason=reason)
        log.info("run_state_changed", state=state.value, previous=previous.value)

    def set_progress(self, progress: Progress) -> None:
        """How far the run has come."""
        self._update(progress=progress)

    def set_hyperparameters(self, board: BoardSnapshot) -> None:
        """What is in use."""
        self._known_revision = board.revision
        self._update(hyperparameters=board.applied, hyperparameter_revision=board.revision)

    def raise_alert(self, raising: Raising) -> None:
        """A rule has found something wrong."""
        rule = raising.rule
        self.append(
            AlertRaised,
            alert=rule.name,
            severity=rule.severity,
            message=raising.message,
            hint=rule.hint,
            value=raising.value,
            threshold=raising.threshold,
        )
        alert = RaisedAlert(
            name=rule.name,
            severity=rule.severity,
            message=raising.message,
            raised_at=datetime.now(UTC),
            since_env_step=self.progress.env_steps,
        )
        self._update(alerts=[*self._without_alert(rule.name), alert])

    def clear_alert(self, clearing: Clearing) -> None:
        """What it warned of is over."""
        self.append(AlertCleared, alert=clearing.name, message=clearing.message)
        self._update(alerts=self._without_alert(clearing.name))

    def set_alert_thresholds(self, thresholds: Mapping[str, float]) -> None:
        """The run's own, from now on."""
        self._update(alert_thresholds=dict(thresholds))

    def _without_alert(self, name: str) -> list[RaisedAlert]:
        return [alert for alert in self.alerts if alert.name != name]

    def accept(self, command: Command) -> Command:
        """A command was taken."""
        accepted = command.model_copy(update={"state": CommandState.ACCEPTED})
        self.append(
            CommandAccepted,
            command_id=command.id,
            actor=command.actor,
            action=command.action,
        )
        self.writer.save_command(accepted)
        return accepted

    def apply(
        self,
        command: Command,
        *,
        env_step: int | None = None,
        changes: Mapping[str, HyperparameterChange] | None = None,
        threshold_changes: Mapping[str, ThresholdChange] | None = None,
    ) -> None:
        """A command took effect, now or at an earlier `env_step`."""
        at_step = self.progress.env_steps if env_step is None else env_step
        revision = self._snapshot.hyperparameter_revision
        self.writer.append(
            CommandApplied,
            env_step=at_step,
            command_id=command.id,
            actor=command.actor,
            name=command.action.name,
            revision=revision,
            threshold_changes=dict(threshold_changes or {}),
            checkpoint_id=command.checkpoint_id,
        )
        self.writer.save_command(
            command.model_copy(
                update={
                    "state": CommandState.APPLIED,
                    "finished_at": datetime.now(UTC),
                    "applied_at_env_step": at_step,
                    "revision": revision,
                    "changes": dict(changes or {}),
                    "threshold_changes": dict(threshold_changes or {}),
                }
            )
        )

    def reject(self, command: Command, reason: str) -> None:
        """A command has no effect."""
        self.append(
            CommandRejected,
            command_id=command.id,
            actor=command.actor,
            name=command.action.name,
            reason=reason,
        )
        self.writer.save_command(
            command.model_copy(
                update={
                    "state": CommandState.REJECTED,
                    "finished_at": datetime.now(UTC),
                    "error": reason,
                }
            )
        )

    def record_change(
        self,
        *,
        env_step: int,
        revision: int,
        changes: Mapping[str, HyperparameterChange],
        actor: str,
        command_id: str | None,
    ) -> None:
        """New hyperparameters are in use since `env_step`.

        Without `changes`, what was asked for was in use already: the run's course is its own still.
        """
        steered = self._snapshot.steered or bool(changes)
        self._update(steered=steered, hyperparameter_revision=revision)
        self.writer.append(
            HyperparametersChanged,
            env_step=env_step,
            command_id=command_id,
            actor=actor,
            revision=revision,
            changes=dict(changes),
        )

    def append_episodes(self, episodes: EpisodeTable, *, updates: int) -> None:
        """Record finished episodes; one whose return is no number is told, but has no row."""
        finite = np.isfinite(episodes.returns)
        if not finite.all():
            self.append(
                LogWritten,
                level="error",
                message=f"{np.count_nonzero(~finite)} episode(s) had a return that is NaN or "
                "infinite: the environment's rewards must be finite",
            )
            episodes = replace(
                episodes,
                **{each.name: getattr(episodes, each.name)[finite] for each in fields(episodes)},
            )
        self.writer.append_episodes(episodes, updates=updates)

    def append_histograms(self, drained: Drained) -> None:
        """Record what was counted, if it is due."""
        self.writer.append_histograms(
            drained.histograms, self.progress, labels=drained.histogram_labels
        )

    def commit(self, on_committed: Callable[[int], None]) -> bool:
        """Make it true and tell; on a full or broken disk keep it in memory for the next time."""
        before = self.writer.committed_seq
        try:
            seq = self.writer.commit()
        except sqlite3.OperationalError as error:
            self.note_trouble("record", f"run.db can't be written: {error}")
            if self._failing_since_s is None:
                self._failing_since_s = time.monotonic()
                log.exception("commit_failed", path=str(self.writer.run_dir))
                self.append(
                    LogWritten,
                    level="error",
                    message=f"run.db could not be written: {error}; nothing is lost, retrying",
                )
            return False
        self._failing_since_s = None
        self.note_trouble("record", None)
        if seq != before:
            on_committed(seq)
        return True

    def _update(self, **changes: Any) -> None:
        self._snapshot = self._snapshot.model_copy(update=changes)
        self.writer.set_snapshot(self._snapshot)
