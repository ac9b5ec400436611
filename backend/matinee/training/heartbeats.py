"""How long each thread has been silent, seen from outside: by what its clock counts anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matinee.training.phase_clock import PhaseTimes

_SMOOTHING = 0.9


@dataclass(frozen=True)
class Heartbeat:
    """One thread's signs of life.

    Attributes:
        thread: Its name.
        age_s: Since it last did anything, or since it was first looked at; 0 if it waits on
            purpose.
        interval_s: How long it usually takes from one sign of life to the next; None before the
            second.
        beats: Signs of life so far.
    """

    thread: str
    age_s: float
    interval_s: float | None
    beats: int


@dataclass(frozen=True)
class _Last:
    beats: int
    at_s: float
    interval_s: float | None


class Heartbeats:
    """Looks at clocks again and again; used by one thread.

    Times are seconds of training, so that a pause is not taken for silence.
    """

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}

    def look(self, clocks: Mapping[str, PhaseTimes], now_s: float) -> list[Heartbeat]:
        """Compare with the last look; threads that are not there any more are forgotten.

        Args:
            clocks: Of the living threads, by name.
            now_s: Seconds of training.
        """
        self._last = {name: self._look_at(name, clock, now_s) for name, clock in clocks.items()}
        return [
            Heartbeat(
                thread=name, age_s=now_s - last.at_s, interval_s=last.interval_s, beats=last.beats
            )
            for name, last in self._last.items()
        ]

    def _look_at(self, name: str, clock: PhaseTimes, now_s: float) -> _Last:
        before = self._last.get(name)
        if before is None:
            return _Last(clock.beats, now_s, None)
        beats = clock.beats - before.beats
        if beats <= 0:
            return _Last(clock.beats, now_s, before.interval_s) if clock.is_excused else before
        interval_s = (now_s - before.at_s) / beats
        if before.interval_s is not None:
            interval_s = _SMOOTHING * before.interval_s + (1.0 - _SMOOTHING) * interval_s
        return _Last(clock.beats, now_s, interval_s)
