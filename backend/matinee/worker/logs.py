"""The run process's log: plain lines for people, in the run's folder."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from typing import TextIO

import structlog


class TolerantStream(io.TextIOWrapper):
    """A text stream that never fails: on a full disk what is said is lost, and nothing else."""

    def write(self, text: str) -> int:
        """Write as much as can be written."""
        with suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what can be handed on."""
        with suppress(OSError):
            super().flush()


def configure_worker_log(stream: TextIO) -> None:
    """Write what structlog and the libraries log to `stream`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
