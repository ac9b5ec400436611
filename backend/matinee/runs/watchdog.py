"""Judges from outside whether a run process has hung; pure, time is an argument.

A thread that beats inside the process would beat on while training hangs. So the heartbeat carries
what was done, and the judge is another process.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Literal

from matinee.contracts.control import HeartbeatFrame

USUAL_GAPS = 10.0
"""So many times its usual gap between two signs of work is long for a run."""
START_PATIENCES = 2.0
"""Building environments and the first steps in them, which may compile, get so many times the
patience of later ones."""
_REMEMBERED_GAPS = 32


@dataclass(frozen=True)
class Hang:
    """What speaks for it that a process has hung.

    Attributes:
        kind: `silent`: it says nothing at all, as when stopped or while native code holds the
            interpreter; `stalled`: it lives, but does nothing.
        for_s: For how long.
        usual_s: How long it usually takes from one sign of work to the next; None if unknown.
    """

    kind: Literal["silent", "stalled"]
    for_s: float
    usual_s: float | None = None

    def __str__(self) -> str:
        if self.kind == "silent":
            return f"it hung: no sign of life for {self.for_s:.0f} s"
        usual = "" if self.usual_s is None else f" (usually something every {self.usual_s:.1f} s)"
        return f"it hung: alive, but nothing was done for {self.for_s:.0f} s{usual}"


class Watchdog:
    """Watches one run process for as long as one connection to it lasts."""

    def __init__(self, now_s: float, *, hang_after_s: float) -> None:
        self._hang_after_s = hang_after_s
        self._last: HeartbeatFrame | None = None
        self._heard_at_s = now_s
        self._worked_at_s = now_s
        self._has_worked = False
        self._gaps_s: deque[float] = deque(maxlen=_REMEMBERED_GAPS)

    def beat(self, frame: HeartbeatFrame, now_s: float) -> None:
        """The process has said how far it is."""
        last, self._last = self._last, frame
        self._heard_at_s = now_s
        is_news = last is not None and frame.work != last.work
        self._has_worked |= is_news
        if is_news and frame.phase == "working":
            self._gaps_s.append(now_s - self._worked_at_s)
        if last is None or is_news or frame.phase != "working":
            self._worked_at_s = now_s

    def hang(self, now_s: float) -> Hang | None:
        """Whether it has hung by now."""
        frame = self._last
        is_starting = frame is None or frame.phase == "starting"
        silent_s = now_s - self._heard_at_s
        if silent_s > self._hang_after_s * (START_PATIENCES if is_starting else 1.0):
            return Hang("silent", silent_s)
        if frame is None or frame.work is None or frame.phase != "working":
            return None
        idle_s = now_s - self._worked_at_s
        usual_s = median(self._gaps_s) if self._gaps_s else None
        patience_s = self._hang_after_s * (1.0 if self._has_worked else START_PATIENCES)
        if idle_s > max(patience_s, USUAL_GAPS * (usual_s or 0.0)):
            return Hang("stalled", idle_s, usual_s)
        return None

    def forgive(self, now_s: float) -> None:
        """Begin anew: the judge itself has slept, and what was said meanwhile is not read yet."""
        self._heard_at_s = now_s
        self._worked_at_s = now_s
