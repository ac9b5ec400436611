"""Writes the run's present policy to a file while somebody watches it play, and seldom enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from matinee.contracts.control import policy_file_of
from matinee.training.present_policy import PresentPolicy

INTERVAL_S = 1.5
"""Whoever watches hardly sees learning faster than this."""
MAX_COST = 0.002
"""Share of a core, however large the network is."""

log = structlog.get_logger(__name__)


class PolicySharing:
    """Lives as long as the host.

    Args:
        socket_path: The run's control socket: the file is `policy_file_of` it. It is renamed into
            place, so that nobody reads half of one, and not flushed to disk: it is worth nothing
            after a crash.
    """

    def __init__(self, socket_path: Path) -> None:
        self._file = policy_file_of(socket_path)
        self._asked = threading.Event()
        self._next_s = 0.0
        self._complained = False
        self.close()

    def ask(self) -> None:
        """Somebody wants it; any thread may say so."""
        self._asked.set()

    def share_if_asked(self, capture: Callable[[], PresentPolicy]) -> None:
        """Write it, if somebody has asked since the last time and that was long enough ago."""
        if not self._asked.is_set() or time.monotonic() < self._next_s:
            return
        self._asked.clear()
        began_s = time.thread_time()
        try:
            policy = capture()
            if policy.is_finite:
                self._write(policy.encode())
        except Exception:
            # That somebody watches must not end the training, whatever goes wrong with it.
            if not self._complained:
                log.exception("policy_not_shared", file=str(self._file))
            self._complained = True
        cost_s = time.thread_time() - began_s
        self._next_s = time.monotonic() + max(INTERVAL_S, cost_s / MAX_COST)

    def close(self) -> None:
        """Take the file away: what it holds is not the present any more."""
        with suppress(FileNotFoundError):
            self._file.unlink()

    def _write(self, data: bytes) -> None:
        aside = self._file.with_suffix(".policy-new")
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside.write_bytes(data)
        aside.replace(self._file)
