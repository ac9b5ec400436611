"""Disks of other machines are told from local ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from matinee.journal.filesystems import network_filesystem

MOUNTS = [
    SimpleNamespace(mountpoint="/", fstype="ext4"),
    SimpleNamespace(mountpoint="/home", fstype="nfs4"),
    SimpleNamespace(mountpoint="/home/me/scratch", fstype="xfs"),
    SimpleNamespace(mountpoint="/mnt/share", fstype="cifs"),
    SimpleNamespace(mountpoint="/mnt/twice", fstype="nfs"),
    SimpleNamespace(mountpoint="/mnt/twice", fstype="tmpfs"),
]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/matinee", None),
        ("/home/me/matinee", "nfs4"),
        ("/home/me/scratch/matinee", None),
        ("/homes/me", None),
        ("/mnt/share", "cifs"),
        ("/mnt/twice/x", None),
    ],
)
def test_the_deepest_mount_decides(folder: str, kind: str | None) -> None:
    """A folder is on the file system that is mounted nearest above it, and last."""
    assert network_filesystem(Path(folder), MOUNTS) == kind


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A local name for a folder on a network disk does not make it local."""
    there = tmp_path / "there"
    there.mkdir()
    (tmp_path / "here").symlink_to(there)
    mounts = [*MOUNTS, SimpleNamespace(mountpoint=str(there), fstype="nfs")]
    assert network_filesystem(tmp_path / "here" / "runs", mounts) == "nfs"


def test_a_machine_that_says_nothing_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where mounts can't be listed, nothing is refused."""

    def denied(*, all: bool) -> list[object]:  # noqa: A002 # psutil calls it so
        raise PermissionError(all)

    monkeypatch.setattr(psutil, "disk_partitions", denied)
    assert network_filesystem(tmp_path) is None
