"""How a training ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopCause(StrEnum):
    """Why training stops."""

    FINISHED_BUDGET = "finished_budget"
    FINISHED_TARGET = "finished_target"
    STOPPED = "stopped"
    ABORTED = "aborted"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """The end of a training.

    Attributes:
        cause: The first cause that stopped it.
        reason: In words, for people.
        error: What failed; None unless the cause is `failed`.
        traceback_text: Where it failed.
    """

    cause: StopCause
    reason: str
    error: BaseException | None = None
    traceback_text: str | None = None
