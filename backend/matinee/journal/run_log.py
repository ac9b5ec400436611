"""Reads what a run's process has printed, a stretch of whole lines at a time, while it prints."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from matinee.contracts.log_page import LogPage
from matinee.errors import JournalError
from matinee.journal.plain_files import open_within
from matinee.journal.schema import WORKER_LOG

_PIECE_BYTES = 256 * 1024


class RunLog:
    """The log of one run. May be used from any thread, and holds nothing between calls.

    Args:
        run_dir: The run's folder.
        is_over: Nobody prints any more: a last line without an end counts as one.
    """

    def __init__(self, run_dir: Path, *, is_over: bool) -> None:
        self._run_dir = run_dir
        self._is_over = is_over

    def after(self, place: int, *, limit: int) -> LogPage:
        """The lines that begin at or after a place; if the log has become shorter, its first ones.

        Args:
            place: In bytes from the start.
            limit: At most so many bytes; a line that is longer comes in parts.

        Raises:
            JournalError: the log can't be read.
        """
        with self._opened() as (file, size):
            start = place if place <= size else 0
            file.seek(start)
            return self._page(file.read(limit), start=start, size=size, limit=limit)

    def before(self, place: int | None, *, limit: int) -> LogPage:
        """The lines that end at or before a place.

        Args:
            place: In bytes from the start; None: the end of the log.
            limit: At most so many bytes; of a line that is longer, the end.

        Raises:
            JournalError: the log can't be read.
        """
        with self._opened() as (file, size):
            end = size if place is None else min(place, size)
            start = max(0, end - limit)
            file.seek(start)
            data = file.read(end - start)
            if start > 0:
                # The byte before tells whether a line begins here.
                file.seek(start - 1)
                cut = 0 if file.read(1) == b"\n" else data.find(b"\n") + 1
                if cut < len(data):
                    start, data = start + cut, data[cut:]
            return self._page(data, start=start, size=size, limit=limit)

    def whole(self) -> Iterator[bytes]:
        """All of it up to now, in pieces; the file is open when this returns.

        Raises:
            JournalError: the log can't be read.
        """
        pieces = self._pieces()
        next(pieces)
        return pieces

    def _pieces(self) -> Iterator[bytes]:
        with self._opened() as (file, size):
            yield b""
            for start in range(0, size, _PIECE_BYTES):
                yield file.read(min(_PIECE_BYTES, size - start))

    def _page(self, data: bytes, *, start: int, size: int, limit: int) -> LogPage:
        """Up to the end of the last line that is whole."""
        end = data.rfind(b"\n") + 1
        if self._is_over and start + len(data) >= size:
            end = len(data)
        elif end == 0 and len(data) >= limit:
            end = _whole_characters(data)
        text = data[:end].decode(errors="replace")
        return LogPage(start=start, end=start + end, size=size, text=text)

    @contextmanager
    def _opened(self) -> Iterator[tuple[BinaryIO, int]]:
        """The file and how long it is; of a log that was never written, nothing."""
        try:
            with open_within(self._run_dir, WORKER_LOG) as file:
                yield file, file.seek(0, 2) - file.seek(0)
        except FileNotFoundError:
            yield BytesIO(), 0
        except OSError as error:
            raise JournalError(f"{self._run_dir / WORKER_LOG} can't be read: {error}") from error


def _whole_characters(data: bytes) -> int:
    """How many of the bytes do not end within a character of UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    decoder.decode(data)
    return len(data) - len(decoder.getstate()[0])
