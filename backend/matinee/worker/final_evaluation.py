"""The last test episodes of a run, in a thread of their own: an environment may hang.

The host goes on serving commands meanwhile, and waits no longer than it makes sense.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from matinee.contracts.run_spec import EvaluationSpec
from matinee.errors import EvaluationHangsError
from matinee.training.evaluator import EvaluationResult
from matinee.training.thread_group import ThreadGroup
from matinee.training.trainer import Trainer

THREAD = "final-evaluation"

STANDSTILL_S = 60.0
"""Without any env step for this long the test episodes have hung: building an environment takes
seconds, a step milliseconds."""

STOP_TIMEOUT_S = 0.5
"""Told to stop, they end at their next env step; one that takes longer is not waited for."""


class FinalEvaluation:
    """Plays from its construction on. Used by the host's thread alone.

    Args:
        spec: How many episodes, and by which policy.
        trainer: Whose training is over.
        on_end: Called on the thread when it ends. It must not block.
    """

    def __init__(
        self, spec: EvaluationSpec, trainer: Trainer, *, on_end: Callable[[], None]
    ) -> None:
        self._spec = spec
        self._trainer = trainer
        self._results: deque[EvaluationResult] = deque()
        self._told_to_stop = threading.Event()
        self._stopped_at_s = float("inf")
        self._stands_still = False
        self._steps = -1
        self._stepped_at_s = time.monotonic()
        self._threads = ThreadGroup(on_failure=lambda _: None, on_all_ended=on_end)
        self._threads.start({THREAD: self._play})

    def stop(self) -> None:
        """Let it end at its next env step; calling it again does nothing."""
        if not self._told_to_stop.is_set():
            self._told_to_stop.set()
            self._stopped_at_s = time.monotonic()

    def take(self) -> list[EvaluationResult]:
        """Of each kind that was played to its end since the last call."""
        return [self._results.popleft() for _ in range(len(self._results))]

    def is_over(self) -> bool:
        """Whether it has ended, or is not worth waiting for. Ask several times a second."""
        now_s = time.monotonic()
        steps = self._trainer.evaluation_steps
        if steps != self._steps:
            self._steps, self._stepped_at_s = steps, now_s
        if now_s - self._stepped_at_s > STANDSTILL_S:
            self._stands_still = True
            self.stop()
        return not self._threads.living() or now_s - self._stopped_at_s > STOP_TIMEOUT_S

    def complaint(self) -> str | None:
        """Why it was given up, for people; None if it was not.

        Raises:
            BaseException: whatever ended its thread, but for test episodes that hang.
        """
        failure = self._threads.failure
        if failure is not None:
            if not isinstance(failure.error, EvaluationHangsError):
                raise failure.error
            return f"the last test episodes were not played: {failure.error}"
        stack = self._threads.stack_of(THREAD) if self._threads.living() else None
        if stack is None and not self._stands_still:
            return None
        silence = f": no env step for {STANDSTILL_S:g} s" if self._stands_still else ""
        place = f"\n{stack}" if stack else ""
        return f"the last test episodes were given up{silence}{place}"

    def _play(self) -> None:
        for deterministic in self._spec.deterministic_kinds:
            result = self._trainer.evaluate(
                self._spec.episodes,
                deterministic=deterministic,
                should_stop=self._told_to_stop.is_set,
            )
            if result is not None:
                self._results.append(result)
