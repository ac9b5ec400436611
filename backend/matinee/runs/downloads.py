"""A checkpoint as one zip file, verified first and then made while it is sent."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path

from matinee.contracts.checkpoints import MANIFEST_FILE, CheckpointManifest, ManifestFile
from matinee.contracts.policy_file import POLICY_FILE
from matinee.errors import CheckpointError
from matinee.journal.checkpoint_folders import manifest_bytes, open_file, read_manifest
from matinee.journal.plain_files import MAX_DOCUMENT_BYTES
from matinee.runs.standalone_files import edition, files_beside

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Download:
    """A file on its way to somebody.

    Attributes:
        name: What to call it.
        digest: The same for the same contents.
        pieces: Of the file; None: whoever asks has it already.
    """

    name: str
    digest: str
    pieces: AsyncIterator[bytes] | None


def archive_digest(folder: Path) -> str:
    """What changes if anything in the archive would.

    Raises:
        CheckpointError: there is no manifest.
    """
    return digest_of(folder, edition())


def digest_of(folder: Path, made_by: bytes) -> str:
    """What changes with a checkpoint, whose manifest has the sum of every file, or with the maker.

    Args:
        folder: Of the checkpoint.
        made_by: What stands for the way in which a file is made of it.

    Raises:
        CheckpointError: there is no manifest.
    """
    digest = hashlib.sha256(made_by)
    try:
        digest.update(manifest_bytes(folder))
    except OSError as error:
        raise CheckpointError(f"{folder.name} can't be read: {error}") from error
    return digest.hexdigest()


def archive(folder: Path) -> Iterator[bytes]:
    """The pieces of a zip file of a checkpoint; nothing of it is held in memory.

    Every byte is verified before this returns. The files stay open until the last piece was taken
    or the iterator is closed: a checkpoint that is deleted meanwhile is sent all the same.

    Raises:
        CheckpointError: it is incomplete, changed, or of a newer format.
    """
    pieces = _pieces(folder)
    next(pieces)
    return pieces


def _pieces(folder: Path) -> Iterator[bytes]:
    manifest = read_manifest(folder)
    with ExitStack() as open_files:
        files: dict[str, BufferedReader | BytesIO] = {}
        for name, expected in manifest.files.items():
            file = files[name] = open_files.enter_context(open_file(folder, name))
            _verify(file, expected, f"{folder.name}/{name}")
        files[MANIFEST_FILE] = open_files.enter_context(open_file(folder, MANIFEST_FILE))
        policy = files.get(POLICY_FILE)
        beside = files_beside(manifest, None if policy is None else policy.read(MAX_DOCUMENT_BYTES))
        if policy is not None:
            policy.seek(0)
        files |= {name: BytesIO(text) for name, text in beside.items()}
        yield b""
        yield from _zipped(files, manifest, f"checkpoint-{folder.name}")


def _zipped(
    files: dict[str, BufferedReader | BytesIO], manifest: CheckpointManifest, inside: str
) -> Iterator[bytes]:
    outlet = _Outlet()
    # Weights can't be compressed. The same checkpoint makes the same bytes, whenever it is asked.
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as zipped:
        for name, file in files.items():
            info = zipfile.ZipInfo(f"{inside}/{name}", manifest.created_at.timetuple()[:6])
            info.external_attr = 0o644 << 16
            if name in manifest.files:
                # Where it is large, the archive needs other headers, which come first.
                info.file_size = manifest.files[name].size_bytes
            with zipped.open(info, "w") as entry:
                while piece := file.read(PIECE_BYTES):
                    entry.write(piece)
                    yield outlet.take()
    yield outlet.take()


class _Outlet:
    """What a `ZipFile` writes to, and can't go back in."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._written.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def _verify(file: BufferedReader, expected: ManifestFile, name: str) -> None:
    is_whole = file.seek(0, os.SEEK_END) == expected.size_bytes
    file.seek(0)
    if not is_whole or hashlib.file_digest(file, "sha256").hexdigest() != expected.sha256:
        raise CheckpointError(f"{name} is not what was written: it has changed")
    file.seek(0)
