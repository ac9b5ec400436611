"""Whether a folder is on a disk of another machine, where SQLite's WAL and locks don't work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psutil

NETWORK_FILESYSTEMS = frozenset(
    {
        "afpfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "fuse.ceph",
        "fuse.davfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "smb2",
        "smb3",
        "smbfs",
        "webdav",
    }
)


class Mount(Protocol):
    """As psutil tells of it."""

    @property
    def mountpoint(self) -> str:
        """Where it is mounted."""

    @property
    def fstype(self) -> str:
        """What kind of file system it is."""


def network_filesystem(folder: Path, mounts: Iterable[Mount] | None = None) -> str | None:
    """The kind of network file system that a folder is on; None: it is on a local disk.

    A machine that can't say what is mounted is taken at its best.
    """
    place = folder.resolve()
    try:
        known = psutil.disk_partitions(all=True) if mounts is None else mounts
        # Of two mounts on the same place the later one is on top.
        over = [mount for mount in known if place.is_relative_to(mount.mountpoint)]
    except OSError:
        return None
    deepest = max(
        enumerate(over),
        key=lambda numbered: (len(Path(numbered[1].mountpoint).parts), numbered[0]),
        default=None,
    )
    if deepest is None or deepest[1].fstype.lower() not in NETWORK_FILESYSTEMS:
        return None
    return deepest[1].fstype
