"""A data directory made of a backup."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from fakes.data_dirs import furnish_data_dir
from matinee.errors import BackupError, ConflictError
from matinee.journal.integrity import check_record
from matinee.runs import restoring
from matinee.runs.backup import make_backup
from matinee.runs.backup_manifest import DATA
from matinee.runs.folders import RunFolders
from matinee.runs.restoring import restore_backup, verify_backup
from matinee.storage.token_file import TOKENS_FILE, TokenFile


def nobody_listens(_what: str, _done: int, _total: int) -> None:
    """No bar."""


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A whole one."""
    furnish_data_dir(tmp_path / "data")
    folder = tmp_path / "backup"
    make_backup(tmp_path / "data", folder, small_files=(TOKENS_FILE,), progress=nobody_listens)
    return folder


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "empty"])
def test_what_was_backed_up_is_there_again(tmp_path: Path, backup: Path, is_there: bool) -> None:
    """Runs and tokens are those of before, for this user alone; nothing else is in the folder."""
    target = tmp_path / "deep" / "restored"
    if is_there:
        target.mkdir(parents=True, mode=0o700)
    told: list[tuple[str, int, int]] = []

    manifest = restore_backup(backup, target, lambda *figures: told.append(figures))

    run_id = manifest.runs[0].id
    assert RunFolders(target).assemble(run_id) == RunFolders(tmp_path / "data").assemble(run_id)
    assert check_record(target / "runs" / run_id) == []
    assert TokenFile(target).tokens() == TokenFile(tmp_path / "data").tokens()
    assert sorted(p.name for p in target.iterdir()) == ["catalogue.db", "runs", "tokens.json"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert told[-1] == ("restoring", manifest.size_bytes, manifest.size_bytes)


def test_a_plain_copy_does_as_well(backup: Path) -> None:
    """`data/` of a backup is a data directory, as the documents say."""
    run_id = verify_backup(backup, nobody_listens).runs[0].id
    assert RunFolders(backup / DATA).assemble(run_id).name == "first"


def test_nothing_is_overwritten(tmp_path: Path, backup: Path) -> None:
    """A directory that holds anything is left as it is."""
    with pytest.raises(ConflictError, match="is not empty; it is left as it is"):
        restore_backup(backup, tmp_path / "data", nobody_listens)


def test_a_damaged_backup_is_not_restored(tmp_path: Path, backup: Path) -> None:
    """Nothing is made of it; the first complaints are told, and how many more there are."""
    for path in backup.rglob("*"):
        if path.is_file() and path.name != "backup.json":
            path.write_bytes(b"other")
    with pytest.raises(BackupError, match=r"is not whole:\n  .*(\n  .*){4}\n  and 3 more$"):
        restore_backup(backup, tmp_path / "restored", nobody_listens)
    assert not (tmp_path / "restored").exists()


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written makes room again, and the next try is not in its way."""

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "copy_stream", full)
        with pytest.raises(BackupError, match="No space left on device; nothing is left there"):
            restore_backup(backup, tmp_path / "restored", nobody_listens)
    assert not (tmp_path / "restored").exists()

    (tmp_path / "restored" / ".restoring" / "half").mkdir(parents=True)
    restore_backup(backup, tmp_path / "restored", nobody_listens)
    assert not (tmp_path / "restored" / ".restoring").exists()
