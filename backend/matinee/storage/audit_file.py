"""The audit trail in `<data dir>/audit.jsonl`: a line for each entry, in files that rotate.

Why a file of its own: the server's log is full of reading, and would push out within hours what
somebody asks for after weeks; catalogue.db is an index that people may delete. Each line is one
`write` to a file that is opened to append, so that the server and the terminal write at the same
time; whoever finds it too long renames it, under a lock on the folder.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from matinee.contracts.audit import AuditEntry, AuditPage
from matinee.errors import InvalidInputError

AUDIT_FILE: Final = "audit.jsonl"
AUDIT_BYTES: Final = 8 * 1024 * 1024
"""Some 20,000 entries a file."""
AUDIT_FILES: Final = 9
"""Older ones that are kept beside the newest."""

_log = structlog.get_logger(__name__)


class AuditFile:
    """Implements `matinee.web.audit.AuditTrail`; its methods block, any thread may call."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened or made yet."""
        self._path = data_dir / AUDIT_FILE
        self._complaint: str | None = None

    def record(self, entry: AuditEntry) -> None:
        """Add an entry. What was done is done: a disk that is full only makes it to the log."""
        line = entry.model_dump_json().encode() + b"\n"
        try:
            size = self._append(line)
            if size > AUDIT_BYTES:
                self._rotate()
        except OSError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _log.error("audit_not_written", file=str(self._path), reason=self._complaint)
        else:
            self._complaint = None

    def page(self, *, limit: int, cursor: str | None = None) -> AuditPage:
        """Newest first, from behind the entry whose id is the cursor.

        Raises:
            InvalidInputError: no entry has this id, perhaps no longer.
        """
        found: list[AuditEntry] = []
        is_behind = cursor is None
        for entry in self._backwards():
            if is_behind:
                found.append(entry)
                if len(found) > limit:
                    break
            is_behind = is_behind or entry.id == cursor
        if not is_behind:
            raise InvalidInputError(f"{cursor!r} is no cursor of the audit trail, or no longer")
        items = found[:limit]
        return AuditPage(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    def _append(self, line: bytes) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, line)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def _rotate(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            # Another process may have done it meanwhile.
            if self._path.stat().st_size > AUDIT_BYTES:
                for number in range(AUDIT_FILES, 0, -1):
                    newer = self._numbered(number - 1)
                    if newer.exists():
                        newer.replace(self._numbered(number))
        finally:
            os.close(folder)

    def _numbered(self, number: int) -> Path:
        return self._path if number == 0 else self._path.with_name(f"{AUDIT_FILE}.{number}")

    def _backwards(self) -> Iterator[AuditEntry]:
        for number in range(AUDIT_FILES + 1):
            try:
                lines = self._numbered(number).read_bytes().splitlines()
            except FileNotFoundError:
                continue
            for line in reversed(lines):
                try:
                    yield AuditEntry.model_validate_json(line)
                except ValidationError:
                    # Cut by a power failure, or by a newer Matinee.
                    continue


def audit_file_names() -> list[str]:
    """All names that its files may have, for a backup."""
    return [AUDIT_FILE, *(f"{AUDIT_FILE}.{number}" for number in range(1, AUDIT_FILES + 1))]
