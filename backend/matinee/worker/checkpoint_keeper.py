"""When a run's checkpoints are written, which ones are kept, and which one a run begins with."""

from __future__ import annotations

import time
from collections.abc import Collection

import structlog

from matinee.contracts.checkpoints import (
    Checkpoint,
    CheckpointCause,
    CheckpointManifest,
    kept,
)
from matinee.contracts.events import (
    CheckpointPinned,
    CheckpointSaved,
    CheckpointsDeleted,
    LogWritten,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_parts import CheckpointSpec
from matinee.contracts.run_state import RunState
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import delete_folder, list_folders, read_manifest, sweep
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.schema import CHECKPOINTS
from matinee.training.checkpoints import CheckpointState, load_checkpoint
from matinee.training.trainer import Trainer
from matinee.worker.record import RunRecord

_REUSABLE: frozenset[CheckpointCause] = frozenset({"pause", "change", "rewind"})
"""For these any checkpoint of the very same state will do."""

log = structlog.get_logger(__name__)


class CheckpointKeeper:
    """The checkpoints of one run. Used by the host's thread alone.

    Args:
        record: Of the run; it lists what is on disk, this keeps the two in line.
        plan: Of the run's spec.
    """

    def __init__(self, record: RunRecord, plan: CheckpointSpec) -> None:
        self._record = record
        self._plan = plan
        self._root = record.writer.run_dir / CHECKPOINTS
        self._entries: list[Checkpoint] = []
        self._newest_state: tuple[int, int, int] | None = None
        self._next_s = float("inf")

    def take_stock(self) -> None:
        """Look at what is there: a crash may have come between a folder and its row.

        Raises:
            JournalError: the record can't be read.
        """
        try:
            sweep(self._root)
        except CheckpointError as error:
            self._tell("warning", str(error))
        self.look_again()
        folders = {folder.name for folder in list_folders(self._root)}
        lost = [entry.id for entry in self._entries if entry.id not in folders]
        if lost:
            self._record.append(CheckpointsDeleted, checkpoint_ids=lost)
            self._entries = [entry for entry in self._entries if entry.id in folders]
        known = {entry.id for entry in self._entries}
        for name in sorted(folders - known):
            try:
                manifest = read_manifest(self._root / name)
            except CheckpointError as error:
                self._tell("warning", f"checkpoint {name} can't be used: {error}")
                continue
            self._enter(name, manifest)

    def look_again(self) -> None:
        """Read the list anew, after a commit that changed what is abandoned."""
        self._entries = read_checkpoints(self._record.writer.run_dir)

    def plan_next(self) -> None:
        """Count the time until the next one from now on."""
        every_s = self._plan.every_seconds
        self._next_s = time.monotonic() + every_s if every_s else float("inf")

    def save_if_due(self, trainer: Trainer) -> bool:
        """Save one if it is time and there can be anything new; whether there is one more now."""
        if time.monotonic() < self._next_s:
            return False
        self.plan_next()
        if self._record.state is not RunState.RUNNING:
            return False
        return self.save(trainer, cause="schedule") is not None

    def save(
        self,
        trainer: Trainer,
        *,
        cause: CheckpointCause,
        command_id: str | None = None,
        pinned: bool = False,
        protected: Collection[str] = (),
    ) -> str | None:
        """Write the learner's present state to disk, and let older ones go.

        Args:
            trainer: Whose learner it is.
            cause: Why now.
            command_id: Of the command that asked for it, or before which it is saved.
            pinned: Whether it stays until somebody unpins it.
            protected: Checkpoints that are needed yet, whatever the plan says.

        Returns:
            Its id; None if it could not be written, which the record tells then.
        """
        newest = max(self._entries, key=lambda entry: entry.seq, default=None)
        state = _state_of(trainer)
        if newest is not None and cause in _REUSABLE and state == self._newest_state:
            return newest.id
        checkpoint_id = new_ulid()
        try:
            manifest = trainer.save_checkpoint(self._root / checkpoint_id, cause=cause)
        except CheckpointError as error:
            log.exception("checkpoint_failed")
            complaint = f"a checkpoint could not be written: {error}"
            self._tell("error", complaint)
            self._record.note_trouble("checkpoint", complaint)
            return None
        self._record.note_trouble("checkpoint", None)
        self._enter(checkpoint_id, manifest, command_id=command_id, pinned=pinned)
        self._newest_state = state
        self._prune(protected)
        return checkpoint_id

    def pin(self, checkpoint_id: str, *, pinned: bool, actor: str, command_id: str) -> str | None:
        """Keep a checkpoint whatever comes, or no longer; returns why not, in words."""
        entry = self.find(checkpoint_id)
        if entry is None:
            return f"there is no checkpoint {checkpoint_id}"
        if entry.pinned != pinned:
            self._record.append(
                CheckpointPinned,
                checkpoint_id=checkpoint_id,
                pinned=pinned,
                actor=actor,
                command_id=command_id,
            )
            at = self._entries.index(entry)
            self._entries[at] = entry.model_copy(update={"pinned": pinned})
        return None

    def find(self, checkpoint_id: str) -> Checkpoint | None:
        """One that is on disk."""
        return next((entry for entry in self._entries if entry.id == checkpoint_id), None)

    def load(self, checkpoint_id: str) -> CheckpointState:
        """One of them, every byte verified.

        Raises:
            CheckpointError: there is none of this id, or it is not whole.
        """
        if self.find(checkpoint_id) is None:
            raise CheckpointError(f"there is no checkpoint {checkpoint_id}")
        return load_checkpoint(self._root / checkpoint_id)

    def newest_whole(self) -> tuple[Checkpoint, CheckpointState] | None:
        """Where the run's present course can go on; None if there never was a checkpoint.

        What the run has gone back behind is not part of its course.

        Raises:
            CheckpointError: there are some, but none is whole: beginning anew unasked would throw
                away what was learned.
        """
        failure: CheckpointError | None = None
        course = [entry for entry in self._entries if not entry.abandoned]
        for entry in sorted(course, key=lambda entry: entry.seq, reverse=True):
            try:
                return entry, load_checkpoint(self._root / entry.id)
            except CheckpointError as error:
                log.exception("checkpoint_unusable", checkpoint_id=entry.id)
                self._tell(
                    "warning",
                    f"checkpoint {entry.id} can't be used, trying the one before: {error}",
                )
                failure = error
        if failure is not None:
            raise failure
        return None

    def _enter(
        self,
        checkpoint_id: str,
        manifest: CheckpointManifest,
        *,
        command_id: str | None = None,
        pinned: bool = False,
    ) -> None:
        told = {
            "cause": manifest.cause,
            "size_bytes": manifest.size_bytes,
            "command_id": command_id,
            "episodes": manifest.episodes,
            "seconds": manifest.seconds,
            "mean_return_100": manifest.mean_return_100,
            "full_window": manifest.full_window,
            "pinned": pinned,
        }
        # Its own env step: workers have gone on since the record was last told how far they are.
        seq = self._record.writer.append(
            CheckpointSaved,
            env_step=manifest.env_steps,
            at=manifest.created_at,
            checkpoint_id=checkpoint_id,
            **told,
        )
        self._entries.append(
            Checkpoint.model_validate(
                {
                    "id": checkpoint_id,
                    "created_at": manifest.created_at,
                    "seq": seq,
                    "env_step": manifest.env_steps,
                    **told,
                }
            )
        )

    def _prune(self, protected: Collection[str]) -> None:
        stay = kept(self._entries, self._plan) | frozenset(protected)
        deleted = []
        for entry in self._entries:
            if entry.id in stay:
                continue
            try:
                delete_folder(self._root / entry.id)
            except CheckpointError as error:
                self._tell("warning", f"an old checkpoint stays: {error}")
                continue
            deleted.append(entry.id)
        if deleted:
            self._record.append(CheckpointsDeleted, checkpoint_ids=deleted)
            self._entries = [entry for entry in self._entries if entry.id not in deleted]

    def _tell(self, level: str, message: str) -> None:
        self._record.append(LogWritten, level=level, message=message)


def _state_of(trainer: Trainer) -> tuple[int, int, int]:
    progress = trainer.progress()
    return progress.env_steps, progress.updates, trainer.board.snapshot().revision
