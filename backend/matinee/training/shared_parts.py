"""What all threads of a run share."""

from __future__ import annotations

from dataclasses import dataclass

from matinee.training.budget import Budget
from matinee.training.clock import TrainingClock
from matinee.training.control import TrainingControl
from matinee.training.counters import SlotCounter
from matinee.training.hyperparameter_board import HyperparameterBoard
from matinee.training.pacing import Pacer
from matinee.training.parameter_store import ParameterStore
from matinee.training.telemetry import Telemetry


@dataclass(frozen=True)
class SharedParts:
    """One set for each run, made by the trainer."""

    store: ParameterStore
    board: HyperparameterBoard
    control: TrainingControl
    pacer: Pacer
    telemetry: Telemetry
    clock: TrainingClock
    env_steps: SlotCounter
    budget: Budget
