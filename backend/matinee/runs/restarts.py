"""Whether a run that died is started again, and when; pure."""

from __future__ import annotations

from dataclasses import dataclass

from matinee.contracts.run_parts import RecoverySpec

BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses before the first restart, the second, and so on; the last for all further ones."""
STABLE_S = 10.0
"""Who lives this long, and has saved a checkpoint meanwhile, starts counting anew."""


@dataclass(frozen=True)
class Restart:
    """One more try.

    Attributes:
        number: Of those in a row.
        of: How many there may be in a row.
        delay_s: From the death to the start.
    """

    number: int
    of: int
    delay_s: float

    def __str__(self) -> str:
        return f"restart {self.number} of {self.of} in {self.delay_s:g} s"


def next_restart(
    plan: RecoverySpec, *, restarts: int, lived_s: float, has_saved: bool
) -> Restart | None:
    """The restart after a death; None: the run stays as it is.

    Args:
        plan: What the run's spec asks for.
        restarts: So many came in a row before this life.
        lived_s: How long this life was.
        has_saved: A checkpoint was saved in it. Without one the next life begins where this one
            did, and a crash that comes late comes again all the same.
    """
    if not plan.restart_after_death:
        return None
    number = 1 if has_saved and lived_s >= STABLE_S else restarts + 1
    if number > plan.max_restarts:
        return None
    return Restart(number, plan.max_restarts, BACKOFF_S[min(number, len(BACKOFF_S)) - 1])
