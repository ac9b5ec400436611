"""Keeps the crew as the hyperparameters want it: starts, retires and replaces threads.

Weights, statistics, counters and records are not the crew's, so they outlive every change.
"""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet

from matinee.training.crew import Crew, CrewParts, Life
from matinee.training.crews import new_crew
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.sample_queue import QueueReading
from matinee.training.thread_group import ThreadGroup

_WAIT_SLICE_S = 0.5
_RETIRING_SLICE_S = 0.005


class Foreman:
    """One for each run, in a thread of its own, which is the last to start others.

    Args:
        parts: What crews are made from.
        threads: Where they run.
    """

    def __init__(self, parts: CrewParts, threads: ThreadGroup) -> None:
        self._parts = parts
        self._threads = threads
        self._called = threading.Event()
        self._names: dict[int, str] = {}
        """Of the thread that was last started for each slot."""
        self._occupied: set[int] = set()
        """Slots whose threads have not yet ended. Single items are added and removed, without a
        lock: added by the foreman, removed by the thread itself, as the last thing it does."""
        revision, values = parts.shared.board.newest()
        self._revision = revision
        self._structure = values.structure
        self._crew: Crew = new_crew(parts, values)
        self._first = self._hire(values)

    def start(self) -> None:
        """Start the first crew and the foreman's own thread."""
        self._threads.start({"foreman": self._run} | self._first)
        self._first = {}

    def generator_states(self) -> dict[int, dict[str, object]]:
        """Of the choice of actions, by slot, each as of its thread's last boundary."""
        return self._crew.generator_states()

    def queue_reading(self) -> QueueReading | None:
        """The sample queue, if the mode has one."""
        return self._crew.queue_reading()

    def starting(self) -> frozenset[str]:
        """Names of the threads that have not come to their first gate: they have done nothing."""
        names = self._names.copy()
        return frozenset(names[slot] for slot in self._parts.shared.control.starting())

    def call(self) -> None:
        """Other threads are wanted, or training stops. Any thread may call."""
        self._called.set()

    def _run(self) -> None:
        """Follow the settings and their schedules until training stops. The thread's whole life."""
        shared = self._parts.shared
        while not shared.control.stopping.is_set():
            self._called.wait(_WAIT_SLICE_S)
            self._called.clear()
            revision, values = shared.board.newest()
            # The structure may also follow a schedule, without a new revision.
            if values.structure != self._structure:
                if not self._reconcile(values, revision):
                    return
                self._structure = values.structure
            if revision != self._revision:
                self._revision = revision
                shared.board.structure_is(revision)

    def _reconcile(self, values: HyperparameterValues, revision: int) -> bool:
        """Make the crew fit; False if training stopped meanwhile."""
        if not self._crew.serves(values):
            if not self._retire(frozenset(self._occupied)):
                return False
            self._crew.dismiss()
            self._parts.generator_states.update(self._crew.generator_states())
            self._crew = new_crew(self._parts, values)
            hired = self._hire(values)
            # Nobody is there yet to pass the gate: the env step at which the change counts as
            # applied is the very one at which the new threads begin.
            self._parts.shared.board.structure_is(revision)
        elif not self._retire(self._occupied - self._crew.slots(values)):
            return False
        else:
            hired = self._hire(values)
        self._threads.start(hired)
        return True

    def _hire(self, values: HyperparameterValues) -> dict[str, Life]:
        """Threads for the empty slots, admitted at the gate but not yet started."""
        empty = sorted(self._crew.slots(values) - self._occupied)
        lives: dict[str, Life] = {}
        for slot in empty:
            post = self._crew.fill(slot, values)
            self._names[slot] = post.name
            lives[post.name] = self._occupying(slot, post.life)
        self._occupied.update(empty)
        self._parts.shared.control.admit(empty)
        return lives | self._crew.assistants(values)

    def _occupying(self, slot: int, life: Life) -> Life:
        """The same life, whose slot is free when all of it is over, and not before."""

        def live() -> None:
            try:
                life()
            finally:
                self._occupied.discard(slot)

        return live

    def _retire(self, slots: AbstractSet[int]) -> bool:
        """Wait until the threads of these slots have ended; False if training stopped first."""
        control = self._parts.shared.control
        control.retire(slots)
        while slots & self._occupied:
            if control.stopping.wait(_RETIRING_SLICE_S):
                return False
        return True
