"""The run process's log."""

from __future__ import annotations

import errno
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from matinee.worker.logs import TolerantStream, configure_worker_log


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; afterwards everything is as before."""
    handlers, config = logging.getLogger().handlers[:], structlog.get_config()
    stream = io.StringIO()
    configure_worker_log(stream)
    yield stream
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers = handlers
    structlog.configure(**config)


def test_people_can_read_it(stream: io.StringIO) -> None:
    """Each entry is a line with its time, level, name and values, without colour codes."""
    structlog.get_logger("x").info("run_state_changed", state="running")
    line = stream.getvalue()

    assert "run_state_changed" in line
    assert "state=running" in line
    assert "info" in line
    assert "\x1b" not in line


def test_exceptions_bring_their_traceback(stream: io.StringIO) -> None:
    """A logged exception shows where it came from, as Python prints it."""
    try:
        int("the simulator broke")
    except ValueError:
        structlog.get_logger("x").exception("host_failed")
    assert "Traceback (most recent call last)" in stream.getvalue()
    assert (
        "ValueError: invalid literal for int() with base 10: 'the simulator broke'"
        in stream.getvalue()
    )


def test_libraries_and_warnings_go_there_too(stream: io.StringIO) -> None:
    """What libraries log and warn of is not lost."""
    logging.getLogger("some.package").warning("a library speaks")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("deprecated thing", UserWarning, stacklevel=1)
    assert "a library speaks" in stream.getvalue()
    assert "deprecated thing" in stream.getvalue()


def test_a_full_disk_takes_the_words_and_nothing_else() -> None:
    """Logging on a disk without space raises nothing: it must not end a run."""
    disk = FullDisk()
    tolerant = TolerantStream(disk, line_buffering=True)
    for number in range(5000):
        print(f"line {number}", file=tolerant, flush=True)
    tolerant.flush()
    disk.is_full = False
    print("there is space again", file=tolerant)
    assert disk.written.endswith(b"there is space again\n")


class FullDisk(io.BufferedIOBase):
    """A file on a disk that has no space at first."""

    def __init__(self) -> None:
        self.name = "worker.log"
        self.is_full = True
        self.written = b""

    def writable(self) -> bool:
        """Yes, in principle."""
        return True

    def write(self, text: Any, /) -> int:
        """As long as there is space."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.written += bytes(text)
        return len(text)
