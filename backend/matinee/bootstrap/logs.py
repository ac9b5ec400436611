"""Where the server's log goes: JSON lines in a file that rotates, problems also on the terminal.

Both pass `log_redaction` as the last step, when exceptions have become text.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import structlog

from matinee.bootstrap.log_redaction import Redaction

LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 3

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class _LogFile(logging.handlers.RotatingFileHandler):
    """Says once on the terminal that it can't be written, and again when it could be meanwhile.

    The library's own handler prints a traceback for every line, which on a full disk never ends.
    """

    _complaint: str | None = None
    _has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        self._has_failed = False
        super().emit(record)
        if not self._has_failed:
            self._complaint = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        _ = record
        error = sys.exception()
        if not isinstance(error, OSError):
            _complain_of_line()
            return
        self._has_failed = True
        complaint = f"the log file {self.baseFilename} can't be written: {error}"
        if complaint != self._complaint:
            sys.stderr.write(f"{complaint}\n")
        self._complaint = complaint


class _Terminal(logging.StreamHandler[TextIO]):
    """Says only that a line can't be written, where the library would spell it out, secrets too."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        _ = record
        _complain_of_line()


def _complain_of_line() -> None:
    with suppress(OSError, ValueError):
        # There may be no terminal any more; nothing else is left to tell it to.
        sys.stderr.write(f"a log line can't be written: {type(sys.exception()).__name__}\n")


def configure_server_log(path: Path, *, secrets: Collection[str] = ()) -> None:
    """Send everything that structlog and the libraries log to `path`.

    Args:
        path: The file.
        secrets: What must never be in it, besides what looks like a secret.
    """
    redaction = Redaction(secrets)
    file = _LogFile(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    file.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redaction,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    terminal = _Terminal()
    terminal.setLevel(logging.ERROR)
    terminal.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redaction,
                # The default would print local variables, and with them tokens.
                structlog.dev.ConsoleRenderer(
                    colors=False, exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [file, terminal]
    root.setLevel(logging.INFO)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
