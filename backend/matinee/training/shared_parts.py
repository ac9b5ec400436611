"""What all threads of a run share, as they see it."""

from __future__ import annotations

from dataclasses import dataclass

from matinee.environments.normalization import ObservationNormalizer
from matinee.training.budget import Budget
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameter_board import HyperparameterBoard
from matinee.training.pacing import Pacer
from matinee.training.parameter_store import ParameterStore
from matinee.training.ports import Board, Gate, Listener, Stopwatch
from matinee.training.telemetry import Telemetry
from matinee.training.turns import Turns


@dataclass(frozen=True)
class SharedParts:
    """One set for each run, made by the trainer; one for each worker in other processes."""

    store: ParameterStore
    board: Board
    control: Gate
    pacer: Pacer
    telemetry: Listener
    clock: Stopwatch
    env_steps: SlotCounter
    budget: Budget
    turns: Turns
    """Of the threads of one process."""

    normalizer: ObservationNormalizer | None
    """Of observations; None: they are learned from as they are."""


@dataclass(frozen=True)
class TrainerParts(SharedParts):
    """The objects themselves, for whoever does more with them than a worker."""

    board: HyperparameterBoard
    control: TrainingControl
    telemetry: Telemetry
