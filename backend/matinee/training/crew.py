"""What a mode's threads are made from, and what a crew is: who acts, who learns.

A mode is only who computes the loss and where the update goes. Networks, rollouts, returns, losses,
optimizers, schedules and telemetry are the same in all.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.environment_parameters import own_parameters
from matinee.contracts.run_spec import RunSpec
from matinee.training.collector import ActingPlan
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.sample_queue import QueueReading
from matinee.training.seeding import Purpose, integer_seed, seed_sequence
from matinee.training.shared_parts import TrainerParts
from matinee.training.telemetry import WorkerStatus
from matinee.training.worker_processes import WorkerProcesses

Life = Callable[[], None]


@dataclass(frozen=True)
class Post:
    """A thread that a crew wants."""

    name: str
    life: Life


class Crew(ABC):
    """The threads of one mode, each in a slot of its own. Made and asked by the foreman."""

    @abstractmethod
    def serves(self, values: HyperparameterValues) -> bool:
        """Whether these settings need at most other posts, and not another crew."""

    @abstractmethod
    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """Which slots are to be filled."""

    @abstractmethod
    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """A new thread for an empty slot."""

    @abstractmethod
    def generator_states(self) -> dict[int, dict[str, object]]:
        """Of the choice of actions, by slot, each as of its thread's last boundary."""

    def assistants(self, values: HyperparameterValues) -> dict[str, Life]:
        """Threads to start besides, that hold no slot and never pass the gate: here none."""
        del values
        return {}

    def dismiss(self) -> None:  # noqa: B027 -- most modes have no assistants
        """All slots are empty for good: assistants leave."""

    def queue_reading(self) -> QueueReading | None:
        """The sample queue, if the mode has one: here none."""
        return None


@dataclass(frozen=True)
class CrewParts:
    """What every crew is made from.

    Attributes:
        spec: Of the run, with its seed set.
        shape: Of the network.
        shared: What all threads share.
        processes: Where some of the workers run; None: all are threads of this one.
        generator_states: Of the acting threads, from a checkpoint, by slot. Each is used once.
    """

    spec: RunSpec
    shape: NetworkShape
    shared: TrainerParts
    processes: WorkerProcesses | None
    generator_states: dict[int, dict[str, object]]

    def plan(self, slot: int, values: HyperparameterValues, *, environments: int) -> ActingPlan:
        """Seeds and sizes for an acting thread that begins now."""
        seed = self.spec.seed
        assert seed is not None, "a run is trained with a definite seed"
        now = self.shared.env_steps.total()
        return ActingPlan(
            slot=slot,
            environment=self.spec.environment,
            environments=environments,
            rollout_length=values.rollout_length,
            environment_seed=integer_seed(
                seed_sequence(seed, Purpose.ENVIRONMENT, worker=slot, occasion=now)
            ),
            action_seed=seed_sequence(seed, Purpose.ACTIONS, worker=slot, occasion=now),
            generator_state=self.generator_states.pop(slot, None),
            parameters=values.parameters(own_parameters(self.spec.environment.choice)),
            freezes_normalization=values.freeze_normalization,
        )

    def reported(self, slot: int, life: Life) -> Life:
        """The same life, with its beginning and end told as those of a worker."""
        telemetry = self.shared.telemetry

        def live() -> None:
            telemetry.record_status(WorkerStatus(slot, "running"))
            try:
                life()
            except BaseException:
                telemetry.record_status(WorkerStatus(slot, "failed", traceback.format_exc()))
                raise
            telemetry.record_status(WorkerStatus(slot, "finished"))

        return live
