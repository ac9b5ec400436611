"""Where runs live on disk: `<data dir>/runs/<ULID>/`, one folder a run, nothing shared.

`run.db` belongs to the run process. What people may edit at any time (name, group, tags, notes)
therefore lives beside it in `details.json`, which belongs to the server.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import ConfigDict, Field, ValidationError

from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import Command, CommandState
from matinee.contracts.events import CommandAccepted, RunStateChanged
from matinee.contracts.identifiers import ULID_PATTERN
from matinee.contracts.run import Parent, Run, RunSnapshot
from matinee.contracts.run_spec import RunSpec
from matinee.contracts.run_state import RunState, check_transition
from matinee.contracts.uncached_json import UncachedJson
from matinee.errors import JournalError, NotFoundError
from matinee.journal.plain_files import is_plain_file, is_plain_folder, read_within
from matinee.journal.reader import JournalReader, RunHeader
from matinee.journal.schema import DETAILS, run_db
from matinee.journal.writer import JournalWriter

MAKING_TIMEOUT = timedelta(minutes=1)
"""Making a run's folder takes some 20 ms; one that is older was left by a crash."""

_LAUNCHED = "launched"
"""An empty file; its time is that of the last launch."""
_CLOCK_GRAIN = timedelta(milliseconds=100)
"""Times of files are coarser than those of events."""
_HALF_MADE = ".new-"
_HALF_DELETED = ".deleted-"

log = structlog.get_logger(__name__)


class RunDetails(UncachedJson):
    """What people may edit about a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    group: str | None = None
    tags: list[str] = Field(default_factory=list)
    notes: str = ""
    revision: int = 1


class RunFolders:
    """All run folders of one data directory. Its methods block: call them in threads."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / "runs"

    def path(self, run_id: str) -> Path:
        """Where this run is.

        Raises:
            NotFoundError: there is no such run. Only ids that we made can name a folder.
        """
        folder = self.root / run_id
        if not _is_run(folder):
            raise NotFoundError(f"there is no run {run_id!r}", code="run_not_found")
        return folder

    def reader(self, run_id: str) -> JournalReader:
        """Read access to this run's record."""
        return JournalReader(self.path(run_id))

    def run_ids(self) -> Iterator[str]:
        """Every run that has a record, oldest first."""
        if not self.root.exists():
            return
        for folder in sorted(self.root.iterdir()):
            if _is_run(folder):
                yield folder.name

    def create(
        self,
        run_id: str,
        *,
        spec: RunSpec,
        details: RunDetails,
        created_at: datetime,
        start: Command | None,
        parent: Parent | None = None,
        furnish: Callable[[JournalWriter], RunSnapshot] | None = None,
    ) -> Path:
        """Make a run: wholly or not at all.

        It is made aside and renamed, so that a crash leaves no half run.

        Args:
            run_id: A new ULID.
            spec: What to run; its seed is set.
            details: Name, group, tags, notes.
            created_at: Now.
            start: The command to start it at once, if it is to be; the run is then `queued`.
            parent: Where it is forked, if it is.
            furnish: Puts into the new record and its folder what a fork begins with, and says what
                the whole picture is then.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.root / f"{_HALF_MADE}{run_id}"
        try:
            writer = JournalWriter.create(
                aside, run_id=run_id, spec=spec, created_at=created_at, parent=parent
            )
            with writer:
                snapshot = RunSnapshot(state=RunState.CREATED)
                if furnish is not None:
                    snapshot = furnish(writer)
                if start is not None:
                    queue_start(writer, snapshot, start)
            _write_details(aside, details)
            folder = self.root / run_id
            aside.rename(folder)
        except BaseException:
            _remove_tree(aside)
            raise
        _fsync_directory(self.root)
        return folder

    def details(self, run_id: str) -> RunDetails:
        """What people may edit.

        Raises:
            JournalError: somebody has edited the file into something else.
        """
        path = self.path(run_id)
        try:
            return RunDetails.model_validate_json(read_within(path, DETAILS))
        except (OSError, ValidationError) as error:
            raise JournalError(f"{path / DETAILS} can't be read: {error}") from error

    def save_details(self, run_id: str, details: RunDetails) -> None:
        """Replace what people may edit."""
        _write_details(self.path(run_id), details)

    def assemble(self, run_id: str) -> Run:
        """The run as its folder has it now."""
        reader = self.reader(run_id)
        snapshot, last_seq = reader.snapshot()
        return assemble_run(reader.header(), self.details(run_id), snapshot, last_seq)

    def delete(self, run_id: str) -> None:
        """Remove a run and everything in its folder; it is gone at once, its bytes soon."""
        doomed = self.root / f"{_HALF_DELETED}{run_id}"
        self.path(run_id).rename(doomed)
        _remove_tree(doomed)

    def sweep(self) -> None:
        """Remove what a crash left of half-made and half-deleted runs.

        A run that is younger than `MAKING_TIMEOUT` may just be on its way, from a terminal.
        """
        for entry in self.root.glob(f"{_HALF_DELETED}*"):
            _remove_tree(entry)
        for entry in self.root.glob(f"{_HALF_MADE}*"):
            made_at = datetime.fromtimestamp(entry.stat().st_mtime, UTC)
            if datetime.now(UTC) - made_at > MAKING_TIMEOUT:
                _remove_tree(entry)


def _is_run(folder: Path) -> bool:
    """Whether a run lies there, under an id that we may have made, and nowhere else."""
    return (
        re.fullmatch(ULID_PATTERN, folder.name) is not None
        and is_plain_folder(folder)
        and is_plain_file(run_db(folder))
    )


def assemble_run(
    header: RunHeader, details: RunDetails, snapshot: RunSnapshot, last_seq: int
) -> Run:
    """A run as the API shows it, out of its parts."""
    spec = header.spec
    assert spec.seed is not None, "a run is recorded with its seed"
    return Run(
        id=header.run_id,
        name=details.name,
        group=details.group,
        tags=details.tags,
        notes=details.notes,
        algorithm=present_algorithm(spec, snapshot),
        environment=spec.environment,
        seed=spec.seed,
        spec=spec,
        budget=snapshot.budget,
        state=snapshot.state,
        reason=snapshot.reason,
        created_at=header.created_at,
        started_at=snapshot.started_at,
        ended_at=snapshot.ended_at,
        parent=header.parent,
        steered=snapshot.steered,
        revision=details.revision,
        progress=snapshot.progress,
        alerts=snapshot.alerts,
        alert_thresholds=present_thresholds(spec, snapshot),
        last_seq=last_seq,
        restarts=snapshot.restarts,
    )


def present_algorithm(spec: RunSpec, snapshot: RunSnapshot) -> Algorithm:
    """The training mode now: it can be changed while the run trains."""
    applied = snapshot.hyperparameters.get("algorithm")
    return spec.algorithm if applied is None else Algorithm(str(applied.value))


def present_thresholds(spec: RunSpec, snapshot: RunSnapshot) -> dict[str, float]:
    """The run's own alert thresholds now: they can be changed while it trains."""
    return spec.alerts if snapshot.alert_thresholds is None else snapshot.alert_thresholds


def queue_start(
    writer: JournalWriter,
    snapshot: RunSnapshot,
    command: Command,
    *,
    reason: str | None = None,
    restarts: int = 0,
) -> None:
    """Record that somebody wants this run to start; the caller launches its process.

    Args:
        writer: Of the run's record.
        snapshot: The record's newest.
        command: To start it.
        reason: Why it is queued, in words, if not because somebody asked.
        restarts: So many deaths in a row came before.

    Raises:
        ConflictError: the run has ended meanwhile.
    """
    check_transition(snapshot.state, RunState.QUEUED)
    env_step = snapshot.progress.env_steps
    writer.append(
        CommandAccepted,
        env_step=env_step,
        command_id=command.id,
        actor=command.actor,
        action=command.action,
    )
    writer.save_command(command.model_copy(update={"state": CommandState.ACCEPTED}))
    writer.append(
        RunStateChanged,
        env_step=env_step,
        state=RunState.QUEUED,
        previous_state=snapshot.state,
        reason=reason,
    )
    budget = getattr(command.action, "budget", None)
    writer.set_snapshot(
        snapshot.model_copy(
            update={
                "state": RunState.QUEUED,
                "reason": reason,
                "ended_at": None,
                "budget": budget or snapshot.budget,
                "restarts": restarts,
            }
        )
    )


def mark_launched(run_dir: Path) -> None:
    """Leave a mark that the run is about to get a process; for a server that comes later."""
    (run_dir / _LAUNCHED).touch()


def was_launched_since(run_dir: Path, queued_at: datetime) -> datetime | None:
    """When the run was given a process after it was queued; None if it was not."""
    try:
        launched_at = datetime.fromtimestamp((run_dir / _LAUNCHED).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    return launched_at if launched_at > queued_at - _CLOCK_GRAIN else None


def _remove_tree(folder: Path) -> None:
    """What can't be removed now, such as a file in use on NFS, is swept at a later start."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError:
        log.exception("leftover_not_removed", path=str(folder))


def _write_details(folder: Path, details: RunDetails) -> None:
    aside = folder / f"{DETAILS}.tmp"
    with aside.open("w", encoding="utf-8") as file:
        file.write(details.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / DETAILS)


def _fsync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
