"""How a training ended."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from matinee.errors import WorkerFailedError


class StopCause(StrEnum):
    """Why training stops."""

    FINISHED_BUDGET = "finished_budget"
    FINISHED_TARGET = "finished_target"
    STOPPED = "stopped"
    ABORTED = "aborted"
    REWOUND = "rewound"
    """The run goes on, from another state of the learner."""
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


def outcome_despite(
    stacks: Mapping[str, str],
    *,
    starting: AbstractSet[str],
    evaluating: AbstractSet[str],
    cause: StopCause,
    reason: str,
) -> Outcome:
    """What the end was although some threads are still there.

    Args:
        stacks: Where each of them stands, by name.
        starting: Threads that have done nothing yet: training is over without them.
        evaluating: Threads that play test episodes: likewise.
        cause: Why training was told to stop.
        reason: Likewise, in words.
    """
    hung = [name for name in stacks if name not in starting | evaluating]
    if not hung:
        late = ", ".join(sorted(stacks.keys() & starting))
        playing = ", ".join(sorted(stacks.keys() & evaluating))
        parts = [
            reason,
            f"{late} had not started yet" if late else "",
            f"{playing} had not ended its test episodes" if playing else "",
        ]
        return Outcome(cause, "; ".join(filter(None, parts)))
    text = "\n".join(f"{name}:\n{stacks[name]}" for name in hung)
    failure = f"{', '.join(hung)} did not stop in time"
    return Outcome(
        cause=StopCause.FAILED,
        reason=failure,
        error=WorkerFailedError(failure, traceback_text=text),
        traceback_text=text,
    )
