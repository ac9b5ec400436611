"""Stands, in the trainer's process, for a worker that runs in another one.

Its thread obeys the gate, reads the board and tells the telemetry on the worker's behalf, so that
nothing else in the trainer needs to know where a worker runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, assert_never

from matinee.training.collector import ActingPlan
from matinee.training.phase_clock import PhaseClock
from matinee.training.process_messages import (
    AskGate,
    AskHyperparameters,
    Ended,
    Failed,
    Hyperparameters,
    NearEnd,
    Report,
    StandDown,
    StopTraining,
    WorkerMessage,
)
from matinee.training.shared_parts import TrainerParts
from matinee.training.shared_signals import SharedSignals
from matinee.training.slots import worker_name
from matinee.training.worker_process_handle import WorkerProcessHandle

_WAIT_SLICE_S = 0.5
_START_SLICE_S = 0.05
"""While its process comes up: a stop is then nobody's but this thread's to notice."""


class RemoteWorker:
    """One worker, seen from the trainer's process.

    Args:
        plan: Who it is.
        process: Where it runs; expects it already.
        shared: What all threads of the run share.
        signals: What its process sees of the gate and the board.
        clock: Shows what the worker's own clock counts.
    """

    def __init__(
        self,
        plan: ActingPlan,
        *,
        process: WorkerProcessHandle,
        shared: TrainerParts,
        signals: SharedSignals,
        clock: PhaseClock,
    ) -> None:
        self._plan = plan
        self._slot = plan.slot
        self._process = process
        self._shared = shared
        self._signals = signals
        self._clock = clock
        self.generator_state: Mapping[str, Any] = plan.generator().bit_generator.state
        """As of the last rollout boundary that it has told."""

    def run(self) -> None:
        """Stand for it until it has ended. The thread's whole life.

        Raises:
            WorkerFailedError: if its process ends before it.
            BaseException: what it raised.
        """
        try:
            failure = self._serve_to_the_end()
            if failure is not None:
                raise failure
        finally:
            self._shared.board.stand_down(self._slot)
            self._shared.control.end(self._slot)
            self._process.release()

    def _serve_to_the_end(self) -> BaseException | None:
        try:
            with self._process.hire(self._plan) as connection:
                return self._serve(connection)
        except (EOFError, OSError) as error:
            raise self._process.death() from error

    def _serve(self, connection: Connection[Any, Any]) -> BaseException | None:
        """Answer until it has ended; returns what it raised."""
        shared, slot = self._shared, self._slot
        has_begun = False
        while True:
            while not connection.poll(_WAIT_SLICE_S if has_begun else _START_SLICE_S):
                if shared.control.stopping.is_set() and not has_begun:
                    return None  # Its process is not up yet, and need not come.
            has_begun = True
            message: WorkerMessage = connection.recv()
            match message:
                case Report():
                    self._pass_on(message)
                case AskHyperparameters():
                    # The edition first: a change in between makes the worker ask again.
                    edition = self._signals.edition
                    newest = shared.board.read_set(slot)
                    connection.send(Hyperparameters.of(newest, edition=edition))
                case StandDown():
                    shared.board.stand_down(slot)
                case AskGate():
                    may_begin = shared.control.may_begin(
                        slot, reserves=message.reserves, on_standing=self._clock.stand
                    )
                    self._clock.go_on()
                    connection.send(may_begin)
                case NearEnd():
                    shared.control.near_end()
                    connection.send(None)
                case StopTraining():
                    shared.control.stop(message.cause, message.reason)
                    connection.send(None)
                case Failed():
                    return message.error(worker_name(slot))
                case Ended():
                    return None
                case _:
                    assert_never(message)

    def _pass_on(self, report: Report) -> None:
        shared = self._shared
        self.generator_state = report.generator_state
        self._clock.show(report.phases)
        if report.updates:
            shared.telemetry.record_packed_updates(self._slot, report.updates)
        for sample in report.samples:
            shared.telemetry.record_rollout(sample)
        for start in report.starts:
            shared.telemetry.record_start(start)
        for episodes in report.episodes:
            shared.budget.check_target(shared.telemetry.record_episodes(episodes))
