"""The lock that keeps two servers off one data folder."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from integration.live_server import PATIENCE_S, child_environment
from matinee.bootstrap.data_dir_lock import SERVER_LOCK, is_looked_after, lock_data_dir
from matinee.errors import ConflictError, InvalidInputError

HOLDER = """
import pathlib, sys, time
from matinee.bootstrap.data_dir_lock import is_looked_after, lock_data_dir
with lock_data_dir(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_refused_with_advice(tmp_path: Path) -> None:
    """While one holds the folder another is told which folder and what to do."""
    with (
        lock_data_dir(tmp_path),
        pytest.raises(ConflictError, match="--data-dir") as refused,
        lock_data_dir(tmp_path),
    ):
        raise AssertionError

    assert str(tmp_path) in str(refused.value)


def test_a_refused_holder_does_not_let_the_first_go(tmp_path: Path) -> None:
    """Closing the refused attempt's file leaves the lock where it was."""
    with lock_data_dir(tmp_path):
        for _ in range(2):
            with pytest.raises(ConflictError), lock_data_dir(tmp_path):
                raise AssertionError


def test_the_folder_is_free_after_an_error(tmp_path: Path) -> None:
    """However the holder leaves the block, the next one gets the folder."""
    with pytest.raises(ZeroDivisionError), lock_data_dir(tmp_path):
        raise ZeroDivisionError

    with lock_data_dir(tmp_path):
        pass


def test_other_folders_are_free(tmp_path: Path) -> None:
    """One server a folder, not one a machine; folder and lock are made for their owner alone."""
    with lock_data_dir(tmp_path / "a"), lock_data_dir(tmp_path / "b"):
        mode = (tmp_path / "a" / SERVER_LOCK).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path, runtime_dir: Path) -> None:
    """The kernel frees the folder of a server that was killed: nobody must delete a lock file."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=child_environment(runtime_dir=runtime_dir),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConflictError), lock_data_dir(tmp_path):
            raise AssertionError
        holder.kill()
        holder.wait(timeout=PATIENCE_S)

        with lock_data_dir(tmp_path):
            pass


def test_a_folder_that_takes_no_files_is_refused_with_advice(tmp_path: Path) -> None:
    """Where the lock can't be written, one line says where, why and what to do."""
    (tmp_path / SERVER_LOCK).mkdir()

    with pytest.raises(InvalidInputError, match="--data-dir") as refused, lock_data_dir(tmp_path):
        raise AssertionError

    assert str(tmp_path) in str(refused.value)
    assert "Is a directory" in str(refused.value)


def test_who_looks_after_it_is_told(tmp_path: Path) -> None:
    """A directory is looked after while the lock is held, and looking makes nothing there."""
    assert not is_looked_after(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with lock_data_dir(tmp_path):
        assert is_looked_after(tmp_path)
    assert not is_looked_after(tmp_path)
