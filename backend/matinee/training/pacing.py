"""Holding training to a speed at which a person can watch.

Waits end early while somebody waits for the next rollout boundary (`hurry`), so that steering takes
effect within milliseconds. What was run too fast is then paid back by running at half the limit.
"""

from __future__ import annotations

import threading
import time

_SHORTEST_WAIT_S = 0.001
"""Shorter waits than this cost more than they slow down; they add up until they are worth it."""

_LARGEST_DEBT_S = 2.0
"""However much is steered, training never crawls for longer than this to keep the average."""


class Pacer:
    """A speed limit over all workers together, spread over the steps of their rollouts."""

    def __init__(self, hurry: threading.Event) -> None:
        self._hurry = hurry
        self._lock = threading.Lock()
        """Guards `_free_at` and `_debt_s`. Taken only while there is a limit."""
        self._free_at = 0.0
        self._debt_s = 0.0

    def limit(self, env_steps: int, *, per_second: float) -> None:
        """Wait until `env_steps` more fit under the limit. Called by workers after each step.

        Args:
            env_steps: Steps just done.
            per_second: The limit; 0 means none.
        """
        if per_second == 0.0:
            return
        share_s = env_steps / per_second
        with self._lock:
            now = time.perf_counter()
            if self._hurry.is_set():
                self._debt_s = min(_LARGEST_DEBT_S, self._debt_s + share_s)
                self._free_at = now
                return
            repayment_s = min(self._debt_s, share_s)
            self._debt_s -= repayment_s
            # A limit that was not reached leaves no credit beyond one step's share.
            self._free_at = max(self._free_at, now - share_s) + share_s + repayment_s
            wait_s = self._free_at - now
        if wait_s >= _SHORTEST_WAIT_S:
            self._hurry.wait(wait_s)

    def delay(self, seconds: float) -> None:
        """Wait this long; 0 means not at all. Called by workers after each step."""
        if seconds > 0.0:
            self._hurry.wait(seconds)
