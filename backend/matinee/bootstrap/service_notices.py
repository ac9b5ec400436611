"""Tells a service manager that started us when the server is ready, alive, and about to leave.

systemd's protocol: a datagram to the socket that `NOTIFY_SOCKET` names (sd_notify(3)). Without one
there is nobody to tell, and nothing happens.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from typing import Final

import structlog

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
ALIVE: Final = "WATCHDOG=1"
ALIVE_EVERY_S: Final = 5.0
"""A watchdog of a minute, as in our unit, has to miss a dozen before it acts."""
_SEND_TIMEOUT_S: Final = 0.5

_log = structlog.get_logger(__name__)


class ServiceNotices:
    """What the one is told that started this process, if any did. Lives as long as the server."""

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        """Take the address out of the environment: it is not for run processes.

        Args:
            environment: Where it is, and is removed.
        """
        self._address = environment.pop("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        self._told_alive_at_s = float("-inf")

    def tell(self, what: str) -> None:
        """Send a message; a manager that can't be reached is told of in the log."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_SEND_TIMEOUT_S)
                sender.sendto(what.encode(), self._address)
        except OSError as error:
            _log.warning("service_notice_not_sent", what=what, reason=str(error))

    def tell_alive(self) -> None:
        """Say that the event loop turns: to be called on it, as often as it likes."""
        now_s = time.monotonic()
        if now_s - self._told_alive_at_s >= ALIVE_EVERY_S:
            self._told_alive_at_s = now_s
            self.tell(ALIVE)
