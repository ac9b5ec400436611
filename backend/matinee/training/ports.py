"""What the threads of a run need of the trainer, wherever it is.

In the trainer's process these are its own objects; a worker in another process has stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from matinee.contracts.progress import SolvedAt
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.outcome import StopCause
from matinee.training.pacing import Signal
from matinee.training.return_window import FinishedEpisodes
from matinee.training.sampled_rollouts import RolloutSample
from matinee.training.start_value import StartSample
from matinee.training.update_records import UpdateRecord


class Gate(Protocol):
    """What threads obey: `TrainingControl`, or what stands in for it."""

    @property
    def stopping(self) -> Signal:
        """Training has been told to stop."""

    @property
    def abandons_rollouts(self) -> bool:
        """Rollouts are not worth finishing."""

    def may_begin(
        self, worker: int, *, reserves: Reservation, on_standing: Callable[[], None]
    ) -> bool:
        """Pass the gate, waiting as long as training is held; False if the thread is to end."""

    def env_steps_reserved(self) -> int:
        """The most that the rollouts that are being played may still add."""

    def near_end(self) -> None:
        """From now on every rollout may be one too many for the budget."""

    def end(self, worker: int) -> None:
        """The worker's thread passes no further gate."""

    def stop(self, cause: StopCause, reason: str) -> None:
        """End training."""


class Board(Protocol):
    """Where threads read hyperparameters: `HyperparameterBoard`, or what stands in for it."""

    def read(self, worker: int) -> tuple[int, HyperparameterValues]:
        """The newest revision and its present values, for a rollout that begins now."""

    def stand_down(self, worker: int) -> None:
        """The worker uses nothing until its next `read`."""


class Listener(Protocol):
    """To whom threads tell what they do: `Telemetry`, or what stands in for it."""

    def record_update(self, worker: int, record: UpdateRecord) -> None:
        """Keep one push."""

    def record_rollout(self, sample: RolloutSample) -> None:
        """Keep what a rollout shows; only now and then."""

    def record_start(self, sample: StartSample) -> None:
        """Keep what came of an episode that was followed; only now and then."""

    def record_episodes(self, episodes: FinishedEpisodes) -> SolvedAt | None:
        """Keep finished episodes, at least one; tells when the run was solved, if it is."""


class Stopwatch(Protocol):
    """How long training has taken: `TrainingClock`, or what stands in for it."""

    def seconds(self) -> float:
        """Seconds counted so far."""
