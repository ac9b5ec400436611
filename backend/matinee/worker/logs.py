"""The run process's log: plain lines for people, in the run's folder."""

from __future__ import annotations

import logging
from typing import TextIO

import structlog


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
