"""Files within a folder, and none elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from matinee.journal.plain_files import (
    is_plain_file,
    is_plain_folder,
    open_within,
    read_within,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, and a secret beside it."""
    inner = tmp_path / "data" / "a"
    inner.mkdir(parents=True)
    (inner / "f").write_bytes(b"mine")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "data2").mkdir()
    (tmp_path / "data2" / "f").write_bytes(b"secret")
    return tmp_path / "data"


def test_what_lies_within_is_read(folder: Path) -> None:
    """A regular file is read, also where the folder itself is reached over a link."""
    over_link = folder.parent / "link"
    over_link.symlink_to(folder)

    assert read_within(folder, "a", "f") == read_within(over_link, "a", "f") == b"mine"
    with open_within(folder, "a", "f") as file:
        assert file.read() == b"mine"


@pytest.mark.parametrize(
    "names",
    [
        ("..", "secret"), ("a", "..", "..", "secret"), ("../secret",), ("a/../../secret",),
        ("../data2/f",), ("/etc/passwd",), ("",), (".",), ("a", ""), ("a\0", "f"), ("f\0",),
    ],
)  # fmt: skip
def test_no_name_leads_elsewhere(folder: Path, names: tuple[str, ...]) -> None:
    """Names that climb, are absolute, empty, or hold a slash or a NUL are refused."""
    with pytest.raises(OSError, match="would lie elsewhere"):
        open_within(folder, *names)


def test_no_link_leads_elsewhere(folder: Path) -> None:
    """Below the folder neither a link to a file nor one to a folder is followed."""
    (folder / "a" / "file").symlink_to(folder.parent / "secret")
    (folder / "b").symlink_to(folder.parent / "data2")
    (folder / "c").symlink_to("a")

    for names in (("a", "file"), ("b", "f"), ("c", "f")):
        with pytest.raises(OSError, match=r"\w"):
            open_within(folder, *names)
    assert is_plain_file(folder / "a" / "f")
    assert not is_plain_file(folder / "a" / "file")
    assert not is_plain_file(folder / "none")
    assert is_plain_folder(folder / "a")
    assert not is_plain_folder(folder / "b")
    assert not is_plain_folder(folder / "none")


def test_only_regular_files_are_read(folder: Path) -> None:
    """A pipe is not waited for, a folder and a device are no file."""
    os.mkfifo(folder / "pipe")

    for names in (("pipe",), ("a",)):
        with pytest.raises(OSError, match="no regular file"):
            open_within(folder, *names)


def test_a_file_that_is_too_large_is_not_read(folder: Path) -> None:
    """Its size is looked at first: five gigabytes of nothing take no memory."""
    with (folder / "a" / "f").open("wb") as file:
        file.truncate(5 * 2**30)

    with pytest.raises(OSError, match="5,368,709,120 bytes are too many; allowed: up to 100"):
        read_within(folder, "a", "f", max_bytes=100)


def test_no_descriptor_is_left_open(folder: Path) -> None:
    """However it ends."""
    os.mkfifo(folder / "pipe")
    before = sum(1 for _ in Path("/dev/fd").iterdir())

    for names in (("pipe",), ("a", "none"), ("none", "f"), ("a", "f", "x")):
        with pytest.raises(OSError, match=r"\w"):
            open_within(folder, *names)

    assert sum(1 for _ in Path("/dev/fd").iterdir()) == before
