"""One server at a time looks after a data directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matinee.errors import ConflictError, InvalidInputError
from matinee.settings import prepare_data_dir

SERVER_LOCK = "server.lock"


@contextmanager
def lock_data_dir(data_dir: Path) -> Iterator[None]:
    """Hold the directory; the kernel lets go of it with this process, however it ends.

    Raises:
        ConflictError: another server holds it.
        InvalidInputError: nothing can be written there.
    """
    prepare_data_dir(data_dir)
    try:
        descriptor = os.open(data_dir / SERVER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InvalidInputError(
            f"{data_dir} can't be the data directory: {SERVER_LOCK} can't be written there "
            f"({error.strerror}); give another --data-dir"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"another Matinee server looks after {data_dir}; stop it, or give this one a "
                "--data-dir of its own"
            ) from error
        yield
    finally:
        os.close(descriptor)


def is_looked_after(data_dir: Path) -> bool:
    """Whether a server holds the directory now. Makes nothing there."""
    try:
        descriptor = os.open(data_dir / SERVER_LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
