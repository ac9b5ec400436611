"""Examines a data directory, and repairs what can be repaired without losing more."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from matinee.contracts.checkpoints import CheckpointManifest
from matinee.contracts.run_state import HOSTED_STATES, RunState
from matinee.errors import CheckpointError, JournalError
from matinee.journal.checkpoint_folders import manifest_bytes, open_file
from matinee.journal.filesystems import network_filesystem
from matinee.journal.integrity import Finding, check_record
from matinee.journal.ownership import is_owned
from matinee.journal.reader import JournalReader
from matinee.journal.salvage import rebuild_record
from matinee.journal.schema import CHECKPOINTS, SCHEMA_VERSION
from matinee.journal.writer import JournalWriter
from matinee.runs.deaths import record_death
from matinee.runs.folders import RunDetails, RunFolders

LITTLE_SPACE_BYTES = 1 << 30
CATALOGUE_FILE = "catalogue.db"
MANIFEST_FILE = "manifest.json"
DESERTED = "deserted"
"""The code of a run that its record calls active, although nothing works at it any more."""

"""One that is queued waits for a server, and has no process to lose."""


@dataclass(frozen=True)
class Diagnosis:
    """A finding and where it is: a run's id, or the data directory's path."""

    where: str
    finding: Finding


class Doctor:
    """Looks after one data directory. Its methods block."""

    def __init__(
        self,
        data_dir: Path,
        *,
        is_served: Callable[[], bool],
        tokens_complaint: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Examine later.

        Args:
            data_dir: Which directory.
            is_served: Whether a server looks after it now: that one sees itself who dies.
            tokens_complaint: What is wrong with the named tokens; None: nothing.
        """
        self._data_dir = data_dir
        self._is_served = is_served
        self._tokens_complaint = tokens_complaint
        self._folders = RunFolders(data_dir)

    def examine(self, run_id: str | None = None) -> Iterator[Diagnosis]:
        """What is wrong with one run, or with all and with the data directory itself."""
        if run_id is None:
            for finding in self._examine_data_dir():
                yield Diagnosis(str(self._data_dir), finding)
        for each in [run_id] if run_id else self._folders.run_ids():
            for finding in self._examine_run(each):
                yield Diagnosis(each, finding)

    def repair(self, diagnosis: Diagnosis) -> str | None:
        """Mend one finding; returns what was done, or None where nothing can be.

        Raises:
            JournalError: it could not be done; nothing has changed.
        """
        if not diagnosis.finding.repairable:
            return None
        if diagnosis.finding.code == "catalogue_damaged":
            path = self._data_dir / CATALOGUE_FILE
            for suffix in ("-wal", "-shm", ""):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.replace(part.with_name(f"{CATALOGUE_FILE}.damaged{suffix}"))
            return "moved away: the next server makes a new one from the run folders"
        run_dir = self._folders.path(diagnosis.where)
        match diagnosis.finding.code:
            case "old_layout":
                JournalWriter(run_dir).close()
                return f"brought to version {SCHEMA_VERSION}"
            case "details_unreadable":
                header = JournalReader(run_dir).header()
                name = header.spec.name or header.run_id
                self._folders.save_details(header.run_id, RunDetails(name=name))
                return "made anew, with the name of its spec"
            case code if code == DESERTED:
                record_death(
                    run_dir,
                    state=RunState.INTERRUPTED,
                    reason="its process went away while no server was watching; matinee doctor "
                    "found it so",
                )
                return "it is interrupted now: a server can resume it"
            case _:
                return f"made anew of what could be read; the old one is {rebuild_record(run_dir)}"

    def _examine_data_dir(self) -> Iterator[Finding]:
        remote = network_filesystem(self._data_dir)
        if remote is not None:
            what = f"is on {remote}, a network file system: records will be damaged there"
            yield Finding("network_disk", what, repairable=False)
        free = shutil.disk_usage(self._data_dir).free
        if free < LITTLE_SPACE_BYTES:
            what = f"its disk has {free / 1e6:,.0f} MB left"
            yield Finding("little_space", what, repairable=False)
        tokens_complaint = self._tokens_complaint()
        if tokens_complaint is not None:
            # Who had access can't be made anew from anything else.
            yield Finding("tokens_damaged", tokens_complaint, repairable=False)
        catalogue = self._data_dir / CATALOGUE_FILE
        if catalogue.exists():
            complaint = _complaint(catalogue)
            if complaint is not None:
                what = f"{CATALOGUE_FILE}: {complaint}"
                yield Finding("catalogue_damaged", what, repairable=True)

    def _examine_run(self, run_id: str) -> Iterator[Finding]:
        run_dir = self._folders.path(run_id)
        busy = is_owned(run_dir)
        for finding in check_record(run_dir):
            if busy and finding.repairable:
                what = f"{finding.what} (a process is writing it: repair it when that has ended)"
                yield Finding(finding.code, what, repairable=False)
            else:
                yield finding
        try:
            self._folders.details(run_id)
        except JournalError as error:
            yield Finding("details_unreadable", str(error), repairable=True)
        if not busy and not self._is_served():
            yield from _examine_life(run_dir)
        yield from _examine_checkpoints(run_dir)


def _examine_life(run_dir: Path) -> Iterator[Finding]:
    """Of a run whose record nobody may write: the kernel knows better than any pid."""
    reader = JournalReader(run_dir)
    try:
        snapshot, _ = reader.snapshot()
        process = reader.process()
    except JournalError:
        return
    if snapshot.state in HOSTED_STATES:
        which = "" if process is None else f" (pid {process.pid})"
        what = f"its record says {snapshot.state.value}, but its process{which} is gone"
        yield Finding(DESERTED, what, repairable=True)


def _examine_checkpoints(run_dir: Path) -> Iterator[Finding]:
    try:
        names = JournalReader(run_dir).checkpoints()
    except JournalError:
        return
    for name in names:
        complaint = _checkpoint_complaint(run_dir / CHECKPOINTS / name)
        if complaint is not None:
            what = f"checkpoint {name}: {complaint}; going on takes the one before"
            yield Finding("checkpoint_damaged", what, repairable=False)


def _checkpoint_complaint(folder: Path) -> str | None:
    try:
        manifest = CheckpointManifest.model_validate_json(manifest_bytes(folder))
        for name, expected in manifest.files.items():
            with open_file(folder, name) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected.sha256:
                    return f"{name} is not what was saved"
    except OSError as error:
        return str(error.strerror)
    except CheckpointError as error:
        return str(error)
    except ValidationError:
        return f"{MANIFEST_FILE} can't be understood"
    return None


def _complaint(database: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (line,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if line == "ok" else str(line)
