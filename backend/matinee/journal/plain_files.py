"""Reads files of a folder that somebody may have tampered with: no links, no devices, no surprises.

A link in a data folder would show its readers any file of whoever runs the server, and a file that
is larger than anything that belongs there would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

MAX_DOCUMENT_BYTES = 4 * 2**20
"""Of a JSON document beside a record; the largest that we write are far smaller."""


def open_within(folder: Path, *names: str) -> BufferedReader:
    """Open a regular file below a folder for reading, without following a link below the folder.

    Args:
        folder: May itself be reached over links: somebody chose it.
        names: Of the folders in between, and of the file.

    Raises:
        OSError: there is none, it is something else than a file, or a link or `..` leads to it.
    """
    if any(name in {"", ".", ".."} or "/" in name or "\0" in name for name in names):
        raise OSError(errno.EINVAL, "a file of this name would lie elsewhere", "/".join(names))
    *folders, file_name = names
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(name, flags, dir_fd=held)
            os.close(held)
            held = inner
        # Without O_NONBLOCK a pipe would wait for somebody who writes into it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(file_name, flags, dir_fd=held)
    finally:
        os.close(held)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "this is no regular file", "/".join(names))


def read_within(folder: Path, *names: str, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The contents of a file that `open_within` opens.

    Raises:
        OSError: as `open_within`, or it has more bytes than this; nothing of it is read then.
    """
    with open_within(folder, *names) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes > max_bytes:
            raise OSError(
                errno.EFBIG,
                f"{size_bytes:,} bytes are too many; allowed: up to {max_bytes:,}",
                "/".join(names),
            )
        # It may grow meanwhile, by as much as anybody likes.
        return file.read(max_bytes)


def is_plain_folder(path: Path) -> bool:
    """Whether this is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def is_plain_file(path: Path) -> bool:
    """Whether this is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
