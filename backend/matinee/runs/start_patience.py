"""How long a run process is waited for that has not answered yet; pure, time is an argument.

On a machine with far more to do than cores, a process that gives way to all others may need
minutes for what it imports. It is well as long as it gets on: only the time counts in which it
uses no processor time at all.
"""

from __future__ import annotations


class StartPatience:
    """Watches one process from its start to its first answer."""

    def __init__(self, now_s: float, *, idle_s: float, most_s: float) -> None:
        """Begin.

        Args:
            now_s: The moment.
            idle_s: It may do nothing for so long.
            most_s: It may take so long altogether, whatever it does.
        """
        self._idle_s = idle_s
        self._most_s = most_s
        self._began_s = now_s
        self._moved_s = now_s
        self._busy_s: float | None = None

    def ran_out_after_s(self, now_s: float, busy_s: float | None) -> float | None:
        """The bound that the process has missed, if it has missed one.

        Args:
            now_s: The moment.
            busy_s: Processor time that the process has used so far; None: nobody knows.
        """
        if busy_s is not None and busy_s != self._busy_s:
            if self._busy_s is not None:
                self._moved_s = now_s
            self._busy_s = busy_s
        if now_s - self._began_s > self._most_s:
            return self._most_s
        if now_s - self._moved_s > self._idle_s:
            return self._idle_s
        return None
