"""What the trainer's process and its worker processes say to each other.

Each worker process has one connection of its own, and each of its workers another. A worker asks
or tells; the trainer's process answers what was asked. Messages are pickled: both ends are
Matinee's own, on a socket that has no name.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.hyperparameters import HyperparameterSetting
from matinee.contracts.run_spec import RunSpec
from matinee.errors import WorkerFailedError
from matinee.training.collector import ActingPlan
from matinee.training.control import Reservation
from matinee.training.hyperparameters import HyperparameterSet
from matinee.training.outcome import StopCause
from matinee.training.phase_clock import PhaseTimes
from matinee.training.return_window import FinishedEpisodes
from matinee.training.sampled_rollouts import RolloutSample
from matinee.training.start_value import StartSample

# ---- to a worker process -------------------------------------------------------------------------


@dataclass(frozen=True)
class Setup:
    """The first message; the descriptor of the shared memory follows it.

    Attributes:
        number: Of the process, from 1; 0 is the trainer's own.
        spec: Of the run.
        shape: Of the network.
        pushes: Counted before a resume.
        env_steps: Likewise.
    """

    number: int
    spec: RunSpec
    shape: NetworkShape
    pushes: int
    env_steps: int


@dataclass(frozen=True)
class Hire:
    """Start a worker; its end of a connection follows."""

    plan: ActingPlan


@dataclass(frozen=True)
class Leave:
    """No worker is left: end the process."""


@dataclass(frozen=True)
class TellStacks:
    """Say where each thread stands. The answer: `Stacks`."""


# ---- from a worker process -----------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The process has imported what it needs and can be given workers."""


@dataclass(frozen=True)
class Stacks:
    """Where each thread stands."""

    text: str


@dataclass(frozen=True)
class Crashed:
    """The process itself, not one of its workers, ends with an exception."""

    traceback_text: str


HostMessage = Ready | Stacks | Crashed


# ---- from a worker -------------------------------------------------------------------------------


@dataclass
class Report:
    """What has happened since the last report. No answer.

    Attributes:
        updates: Pushes, oldest first, as `update_records.packed` makes them.
        episodes: Finished episodes, oldest first.
        samples: Of rollouts, now and then.
        starts: Of episodes, now and then.
        generator_state: Of the choice of actions, as of the last rollout boundary.
        phases: What the worker's clock shows.
    """

    updates: bytearray = field(default_factory=bytearray)
    episodes: list[FinishedEpisodes] = field(default_factory=list)
    samples: list[RolloutSample] = field(default_factory=list)
    starts: list[StartSample] = field(default_factory=list)
    generator_state: Mapping[str, Any] = field(default_factory=dict)
    phases: PhaseTimes = field(default_factory=PhaseTimes)


@dataclass(frozen=True)
class AskGate:
    """May the next rollout begin? The answer, perhaps after a pause: `bool`."""

    reserves: Reservation


@dataclass(frozen=True)
class AskHyperparameters:
    """The worker begins a rollout; with what? The answer: `Hyperparameters`."""


@dataclass(frozen=True)
class StandDown:
    """The worker uses no hyperparameters until it asks again. No answer."""


@dataclass(frozen=True)
class NearEnd:
    """The budget is almost used up. The answer, once the gate knows it: None."""


@dataclass(frozen=True)
class StopTraining:
    """The budget is used up. The answer, once training has been told to stop: None."""

    cause: StopCause
    reason: str


@dataclass(frozen=True)
class Ended:
    """The worker's thread is at its end, as it was told to be. No answer."""


@dataclass(frozen=True)
class Failed:
    """The worker's thread ended with an exception. No answer.

    Attributes:
        pickled: The exception itself; empty if it can't be pickled.
        words: Its type and message.
        traceback_text: Where it was raised.
    """

    pickled: bytes
    words: str
    traceback_text: str

    @classmethod
    def of(cls, error: BaseException) -> Failed:
        """To be called where it is being handled."""
        try:
            pickled = pickle.dumps(error)
        except Exception:  # noqa: BLE001 -- whatever an exception carries, its words will do
            pickled = b""
        return cls(pickled, f"{type(error).__name__}: {error}", traceback.format_exc())

    def error(self, name: str) -> BaseException:
        """The exception as it was raised, with the place where that was as its cause.

        Args:
            name: Of the worker, for an exception that can't be sent as it is.
        """
        error: BaseException | None = None
        try:
            error = pickle.loads(self.pickled) if self.pickled else None  # noqa: S301 -- our own
        except Exception:  # noqa: BLE001 -- exceptions with unusual constructors can't be remade
            error = None
        if not isinstance(error, BaseException):
            error = WorkerFailedError(
                f"{name} failed: {self.words}", traceback_text=self.traceback_text
            )
        error.__cause__ = RemoteTraceback(self.traceback_text)
        return error


class RemoteTraceback(Exception):  # noqa: N818 -- not an error itself but the place of one
    """Where an exception was raised in another process, so that tracebacks show it."""

    def __str__(self) -> str:
        """The traceback of the other process."""
        return f"\n{self.args[0]}"


WorkerMessage = (
    Report | AskGate | AskHyperparameters | StandDown | NearEnd | StopTraining | Ended | Failed
)


@dataclass(frozen=True)
class Hyperparameters:
    """A set of hyperparameters, and which edition of the board it is from."""

    edition: int
    revision: int
    settings: dict[str, HyperparameterSetting]
    since_env_step: dict[str, int]

    @classmethod
    def of(cls, newest: HyperparameterSet, *, edition: int) -> Hyperparameters:
        """What can be sent of a set."""
        return cls(edition, newest.revision, dict(newest.settings), dict(newest.since_env_step))

    def as_set(self) -> HyperparameterSet:
        """The set again."""
        return HyperparameterSet(
            revision=self.revision, settings=self.settings, since_env_step=self.since_env_step
        )
