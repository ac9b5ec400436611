"""The audit trail on disk: appended by several, rotated, read from the newest on."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fakes.records import NOW
from matinee.contracts.audit import AuditEntry
from matinee.contracts.identifiers import new_ulid
from matinee.errors import InvalidInputError
from matinee.storage import audit_file
from matinee.storage.audit_file import AUDIT_FILE, AuditFile, audit_file_names


def entry(actor: str = "lab") -> AuditEntry:
    """A run that was started."""
    return AuditEntry(
        id=new_ulid(),
        at=NOW,
        actor=actor,
        role=None,
        token_id=None,
        through="token",
        peer="127.0.0.1",
        request_id=new_ulid(),
        action="startRun",
        target={"run_id": new_ulid()},
        outcome="done",
        status=202,
    )


def test_what_is_recorded_is_read_newest_first(tmp_path: Path) -> None:
    """Entries come back as they were, page by page, each once; the file is this user's alone."""
    trail, entries = AuditFile(tmp_path), [entry(str(n)) for n in range(5)]
    for each in entries:
        trail.record(each)

    first = AuditFile(tmp_path).page(limit=3)
    second = trail.page(limit=3, cursor=first.next_cursor)

    assert [*first.items, *second.items] == entries[::-1]
    assert (len(first.items), second.next_cursor) == (3, None)
    assert stat.S_IMODE((tmp_path / AUDIT_FILE).stat().st_mode) == 0o600


def test_an_empty_trail(tmp_path: Path) -> None:
    """Nothing was done yet: no page, no file."""
    assert AuditFile(tmp_path).page(limit=3).items == []
    assert list(tmp_path.iterdir()) == []


def test_a_cursor_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """Rather than begin again at the newest."""
    trail = AuditFile(tmp_path)
    trail.record(entry())
    with pytest.raises(InvalidInputError, match="is no cursor of the audit trail"):
        trail.page(limit=3, cursor=new_ulid())


def test_many_writers_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server and terminals write at the same time, also while files are renamed."""
    monkeypatch.setattr(audit_file, "AUDIT_BYTES", 20_000)

    def write(name: str) -> None:
        trail = AuditFile(tmp_path)
        for number in range(50):
            trail.record(entry(f"{name}-{number}"))

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    actors = [each.actor for each in AuditFile(tmp_path).page(limit=1000).items]
    assert len(actors) == len(set(actors)) == 200
    files = sorted(path.name for path in tmp_path.iterdir())
    assert 2 <= len(files) <= 10
    assert set(files) <= set(audit_file_names())


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files are kept, and no more."""
    monkeypatch.setattr(audit_file, "AUDIT_BYTES", 10)
    monkeypatch.setattr(audit_file, "AUDIT_FILES", 3)
    trail, entries = AuditFile(tmp_path), [entry() for _ in range(8)]
    for each in entries:
        trail.record(each)
    kept = trail.page(limit=100).items
    assert kept == entries[::-1][: len(kept)]
    assert len(kept) == len(list(tmp_path.iterdir())) == 3


def test_a_line_that_was_cut_short_hides_no_other(tmp_path: Path) -> None:
    """Whatever a power failure leaves."""
    trail, (first, second) = AuditFile(tmp_path), (entry(), entry())
    trail.record(first)
    with (tmp_path / AUDIT_FILE).open("ab") as file:
        file.write(b'{"id":"01\n')
    trail.record(second)
    assert trail.page(limit=10).items == [second, first]


def test_a_disk_that_is_full_stops_nothing(tmp_path: Path) -> None:
    """What was done is done: it is told once in the log, and again after it could be written."""
    (tmp_path / AUDIT_FILE).mkdir()
    trail = AuditFile(tmp_path)
    with capture_logs() as logs:
        trail.record(entry())
        trail.record(entry())
        (tmp_path / AUDIT_FILE).rmdir()
        trail.record(entry())
        (tmp_path / AUDIT_FILE).rename(tmp_path / "old")
        (tmp_path / AUDIT_FILE).mkdir()
        trail.record(entry())
    assert [line["event"] for line in logs] == ["audit_not_written", "audit_not_written"]
