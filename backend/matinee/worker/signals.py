"""SIGTERM and Ctrl-C: checkpoint and leave; a second one leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType

EXIT_AFTER_SECOND_SIGNAL = 130


def on_termination(first: Callable[[str], None]) -> None:
    """Call `first(signal name)` on SIGTERM or SIGINT; end the process on the next one.

    To be called in the main thread, as Python demands.
    """
    received: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        if received:
            os._exit(EXIT_AFTER_SECOND_SIGNAL)
        received.append(number)
        first(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
