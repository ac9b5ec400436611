"""Who may write a record."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from matinee.errors import JournalOwnedError
from matinee.journal.ownership import Ownership, is_owned


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    """While somebody owns a folder, nobody else gets it, and everybody can see that."""
    owner = Ownership(tmp_path)
    with pytest.raises(JournalOwnedError, match="another process is writing"):
        Ownership(tmp_path)
    assert is_owned(tmp_path)

    owner.release()
    owner.release()
    assert not is_owned(tmp_path)
    Ownership(tmp_path).release()


def test_a_dead_process_owns_nothing(tmp_path: Path) -> None:
    """The kernel takes the right back from a process that is killed without warning."""
    code = (
        "import sys, pathlib\n"
        "from matinee.journal.ownership import Ownership\n"
        "owner = Ownership(pathlib.Path(sys.argv[1]))\n"
        "print('mine', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"mine\n"
        assert is_owned(tmp_path)
        child.kill()
        child.wait()

        assert not is_owned(tmp_path)


def test_patience_outlasts_a_short_ownership(tmp_path: Path) -> None:
    """Who is ready to wait gets the right as soon as it is free."""
    owner = Ownership(tmp_path)
    waiting = threading.Event()

    def let_go() -> None:
        waiting.wait(10)
        owner.release()

    thread = threading.Thread(target=let_go)
    thread.start()
    waiting.set()
    Ownership(tmp_path, wait_s=10).release()
    thread.join()


def test_looking_leaves_no_descriptor_open(tmp_path: Path) -> None:
    """Asking who owns a folder, or being refused, costs no file descriptor."""
    owner = Ownership(tmp_path)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(20):
        is_owned(tmp_path)
    assert len(list(Path("/dev/fd").iterdir())) == before
    owner.release()
