"""What a worker in a process of its own talks to instead of the trainer's objects.

They behave alike. While nobody wants anything they only read and write shared memory; otherwise
they ask the thread in the trainer's process that stands for the worker, over its connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from matinee.contracts.progress import SolvedAt
from matinee.errors import MatineeError
from matinee.training.control import Reservation
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameters import HyperparameterSet, HyperparameterValues
from matinee.training.outcome import StopCause
from matinee.training.phase_clock import PhaseTimes
from matinee.training.process_messages import (
    AskGate,
    AskHyperparameters,
    Hyperparameters,
    NearEnd,
    Report,
    StandDown,
    StopTraining,
    WorkerMessage,
)
from matinee.training.return_window import FinishedEpisodes
from matinee.training.sampled_rollouts import RolloutSample
from matinee.training.shared_signals import SharedSignals
from matinee.training.start_value import StartSample
from matinee.training.update_records import UpdateRecord, packed

REPORT_INTERVAL_S = 0.025
"""Reports are sent this often: some hundred pushes at a time, for some 0.1 ms of work."""

_WAIT_SLICE_S = 0.5


_GONE = "the trainer's process has ended"


class TrainerGoneError(MatineeError):
    """The trainer's process has ended: nobody is left to ask or tell."""

    code = "trainer_gone"


class TrainerLink:
    """One worker's line to the trainer's process, used by the worker's thread alone.

    Args:
        connection: Its other end is held by a `RemoteWorker`.
    """

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._report = Report()
        self._sent_at = 0.0
        self.generator_state: Callable[[], Mapping[str, Any]] = dict
        """Asked for with every report."""
        self.phases: Callable[[], PhaseTimes] = PhaseTimes
        """Likewise."""

    def add_update(self, record: UpdateRecord) -> None:
        """Keep a push for the next report."""
        self._report.updates += packed(record)
        self._send_if_due()

    def add_sample(self, sample: RolloutSample) -> None:
        """Keep what a rollout shows for the next report."""
        self._report.samples.append(sample)

    def add_start(self, sample: StartSample) -> None:
        """Keep what came of an episode for the next report."""
        self._report.starts.append(sample)

    def add_episodes(self, episodes: FinishedEpisodes) -> None:
        """Keep episodes for the next report."""
        self._report.episodes.append(episodes)
        self._send_if_due()

    def tell(self, message: WorkerMessage) -> None:
        """Say something, after everything that came before it.

        Raises:
            TrainerGoneError: if nobody is there to hear it, like all other methods.
        """
        self._send_report()
        self._send(message)

    def ask(self, message: WorkerMessage) -> Any:
        """Say something and wait for the answer, as long as the trainer's process lives."""
        self.tell(message)
        try:
            while not self._connection.poll(_WAIT_SLICE_S):
                pass
            return self._connection.recv()
        except (EOFError, OSError) as error:
            raise TrainerGoneError(_GONE) from error

    def _send_if_due(self) -> None:
        if time.monotonic() - self._sent_at >= REPORT_INTERVAL_S:
            self._send_report()

    def _send_report(self) -> None:
        report, self._report = self._report, Report()
        report.generator_state = self.generator_state()
        report.phases = self.phases()
        self._sent_at = time.monotonic()
        self._send(report)

    def _send(self, message: WorkerMessage) -> None:
        try:
            self._connection.send(message)
        except OSError as error:
            raise TrainerGoneError(_GONE) from error


class ControlStandIn:
    """Stands in for `TrainingControl`."""

    def __init__(self, link: TrainerLink, signals: SharedSignals) -> None:
        self._link = link
        self._signals = signals
        self._reservations = signals.reservations
        self.hurry = signals.hurry
        self.stopping = signals.stopping

    @property
    def abandons_rollouts(self) -> bool:
        """Rollouts are not worth finishing."""
        return self._signals.abandons_rollouts

    def may_begin(
        self, worker: int, *, reserves: Reservation, on_standing: Callable[[], None]
    ) -> bool:
        """Pass the gate, waiting as long as training is held."""
        if not self._signals.attention:
            self._reservations[worker] = reserves
            return True
        on_standing()
        return bool(self._link.ask(AskGate(reserves)))

    def env_steps_reserved(self) -> int:
        """The most that the rollouts that are being played may still add."""
        return self._reservations.env_steps()

    def near_end(self) -> None:
        """From now on every rollout may be one too many for the budget."""
        self._link.ask(NearEnd())

    def end(self, worker: int) -> None:
        """The thread that stands for the worker does it when the worker has ended."""

    def stop(self, cause: StopCause, reason: str) -> None:
        """Tell the training to stop."""
        self._link.ask(StopTraining(cause, reason))


class BoardStandIn:
    """Stands in for `HyperparameterBoard`."""

    def __init__(self, link: TrainerLink, signals: SharedSignals, env_steps: SlotCounter) -> None:
        self._link = link
        self._signals = signals
        self._env_steps = env_steps
        self._edition = -1
        self._newest: HyperparameterSet | None = None

    def read(self, worker: int) -> tuple[int, HyperparameterValues]:
        """The newest revision and its present values, for a rollout that begins now."""
        del worker
        newest = self._newest
        if newest is None or self._signals.edition != self._edition:
            answer: Hyperparameters = self._link.ask(AskHyperparameters())
            self._edition = answer.edition
            newest = self._newest = answer.as_set()
        return newest.revision, newest.values_at(self._env_steps.total())

    def stand_down(self, worker: int) -> None:
        """The worker uses nothing until its next `read`."""
        del worker
        if self._newest is not None:
            self._newest = None
            self._link.tell(StandDown())


class TelemetryStandIn:
    """Stands in for `Telemetry`."""

    def __init__(self, link: TrainerLink) -> None:
        self._link = link

    def record_update(self, worker: int, record: UpdateRecord) -> None:
        """Keep one push."""
        del worker
        self._link.add_update(record)

    def record_rollout(self, sample: RolloutSample) -> None:
        """Keep what a rollout shows."""
        self._link.add_sample(sample)

    def record_start(self, sample: StartSample) -> None:
        """Keep what came of an episode that was followed."""
        self._link.add_start(sample)

    def record_episodes(self, episodes: FinishedEpisodes) -> SolvedAt | None:
        """Keep finished episodes. Whether they solve the run is found in the trainer's process."""
        self._link.add_episodes(episodes)
        return None
