"""The threads of each mode: who acts, who learns.

A mode is only who computes the loss and where the update goes. Networks, rollouts, returns, losses,
optimizers, schedules and telemetry are the same in all.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.run_spec import RunSpec
from matinee.training.actor_learner import ActorLearner, run_actor_learner
from matinee.training.collector import ActingPlan, RolloutCollector
from matinee.training.environment_thread import EnvironmentThread
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.lockstep import DRIVER_SLOT, run_lockstep
from matinee.training.optimizer_thread import OptimizerThread
from matinee.training.prediction import PredictionDesk, Predictor
from matinee.training.remote_worker import RemoteWorker
from matinee.training.sample_queue import QueueReading, SampleQueue
from matinee.training.seeding import Purpose, integer_seed, seed_sequence
from matinee.training.shared_parts import TrainerParts
from matinee.training.slots import MAX_ACTORS, optimizer_slot, worker_name
from matinee.training.synchronous import SynchronousLearner
from matinee.training.telemetry import WorkerStatus
from matinee.training.worker_processes import WorkerProcesses

Life = Callable[[], None]

_LOCKSTEP = "lockstep-driver"
_SYNCHRONOUS = "synchronous-learner"


@dataclass(frozen=True)
class Post:
    """A thread that a crew wants."""

    name: str
    life: Life


class Crew(Protocol):
    """The threads of one mode, each in a slot of its own. Made and asked by the foreman."""

    def serves(self, values: HyperparameterValues) -> bool:
        """Whether these settings need at most other posts, and not another crew."""

    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """Which slots are to be filled."""

    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """A new thread for an empty slot."""

    def assistants(self, values: HyperparameterValues) -> dict[str, Life]:
        """Threads to start besides, that hold no slot and never pass the gate."""

    def generator_states(self) -> dict[int, dict[str, object]]:
        """Of the choice of actions, by slot, each as of its thread's last boundary."""

    def dismiss(self) -> None:
        """All slots are empty for good: assistants leave."""

    def queue_reading(self) -> QueueReading | None:
        """The sample queue, if the mode has one."""


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


def new_crew(parts: CrewParts, values: HyperparameterValues) -> Crew:
    """The crew for the algorithm that the settings name."""
    match values.algorithm:
        case "a3c":
            return LockstepCrew(parts, values) if parts.spec.lockstep else ActorLearnerCrew(parts)
        case "a2c" | "ppo":
            return SynchronousCrew(parts, values)
        case "ga3c":
            return QueueCrew(parts, values)
        case _:
            assert_never(values.algorithm)


class ActorLearnerCrew:
    """a3c: every worker acts, learns and pushes in its own thread, here or in another process."""

    def __init__(self, parts: CrewParts) -> None:
        self._parts = parts
        self._workers: dict[int, ActorLearner] = {}
        self._remote_workers: dict[int, RemoteWorker] = {}

    def serves(self, values: HyperparameterValues) -> bool:
        """For as long as the algorithm stays the same."""
        return values.algorithm == "a3c"

    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """One for each worker."""
        return frozenset(range(values.workers))

    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """A new worker, with environments of its own."""
        parts = self._parts
        plan = parts.plan(slot, values, environments=parts.spec.envs_per_worker)
        name = worker_name(slot)
        clock = parts.shared.telemetry.phase_clock(name)
        if parts.processes is not None and parts.processes.hosts(slot):
            remote = self._remote_workers[slot] = parts.processes.worker(plan, clock=clock)
            return Post(name, life=parts.reported(slot, remote.run))
        worker = self._workers[slot] = ActorLearner(plan, parts.shape, parts.shared, clock=clock)
        return Post(
            name, life=parts.reported(slot, lambda: run_actor_learner(worker, parts.shared))
        )

    def assistants(self, _values: HyperparameterValues) -> dict[str, Life]:
        """Threads that start processes for new workers and stay with them."""
        processes = self._parts.processes
        return {} if processes is None else processes.take_new()

    def generator_states(self) -> dict[int, dict[str, object]]:
        """One for each worker."""
        # Copies: the foreman may be adding workers meanwhile.
        here, elsewhere = dict(self._workers), dict(self._remote_workers)
        return _states_of({slot: worker.collector for slot, worker in here.items()}) | {
            slot: dict(worker.generator_state) for slot, worker in elsewhere.items()
        }

    def dismiss(self) -> None:
        """Processes leave with their last workers."""

    def queue_reading(self) -> None:
        """There is no queue."""


class LockstepCrew:
    """a3c in rounds: one thread drives all workers, so that a seed can be repeated."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        self._parts = parts
        self._size = values.workers
        clock = parts.shared.telemetry.phase_clock(_LOCKSTEP)
        self._workers = [
            ActorLearner(
                replace(
                    parts.plan(slot, values, environments=parts.spec.envs_per_worker),
                    waits=slot == DRIVER_SLOT,
                ),
                parts.shape,
                parts.shared,
                clock=clock,
            )
            for slot in range(values.workers)
        ]

    def serves(self, values: HyperparameterValues) -> bool:
        """With as many workers as at the beginning."""
        return values.algorithm == "a3c" and values.workers == self._size

    def slots(self, _values: HyperparameterValues) -> frozenset[int]:
        """The driver's."""
        return frozenset({DRIVER_SLOT})

    def fill(self, slot: int, _values: HyperparameterValues) -> Post:
        """The one thread."""
        parts = self._parts
        return Post(
            name=_LOCKSTEP,
            life=parts.reported(slot, lambda: run_lockstep(self._workers, parts.shared)),
        )

    def assistants(self, _values: HyperparameterValues) -> dict[str, Life]:
        """None."""
        return {}

    def generator_states(self) -> dict[int, dict[str, object]]:
        """One for each worker."""
        return _states_of({worker.slot: worker.collector for worker in self._workers})

    def dismiss(self) -> None:
        """There are no assistants."""

    def queue_reading(self) -> None:
        """There is no queue."""


class SynchronousCrew:
    """a2c and ppo: one thread with the environments of all workers."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        self._parts = parts
        self._workers = values.workers
        environments = values.workers * parts.spec.envs_per_worker
        self._learner = SynchronousLearner(
            parts.plan(DRIVER_SLOT, values, environments=environments),
            parts.shape,
            parts.shared,
            clock=parts.shared.telemetry.phase_clock(_SYNCHRONOUS),
        )

    def serves(self, values: HyperparameterValues) -> bool:
        """Both algorithms, with as many environments as at the beginning."""
        return values.algorithm in ("a2c", "ppo") and values.workers == self._workers

    def slots(self, _values: HyperparameterValues) -> frozenset[int]:
        """The learner's."""
        return frozenset({DRIVER_SLOT})

    def fill(self, slot: int, _values: HyperparameterValues) -> Post:
        """The one thread."""
        return Post(name=_SYNCHRONOUS, life=self._parts.reported(slot, self._learner.run))

    def assistants(self, _values: HyperparameterValues) -> dict[str, Life]:
        """None."""
        return {}

    def generator_states(self) -> dict[int, dict[str, object]]:
        """The learner's."""
        return _states_of({DRIVER_SLOT: self._learner.collector})

    def dismiss(self) -> None:
        """There are no assistants."""

    def queue_reading(self) -> None:
        """There is no queue."""


class QueueCrew:
    """ga3c: environment threads fill a queue of segments, optimizer threads empty it."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        self._parts = parts
        self._queue = SampleQueue(values.queue_capacity)
        self._desk = PredictionDesk()
        self._collectors: dict[int, RolloutCollector] = {}

    def serves(self, values: HyperparameterValues) -> bool:
        """For as long as the algorithm stays the same."""
        return values.algorithm == "ga3c"

    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """One for each worker and each optimizer."""
        optimizers = {optimizer_slot(number) for number in range(values.optimizer_threads)}
        return frozenset(range(values.workers)) | optimizers

    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """A new environment thread or optimizer."""
        parts = self._parts
        if slot >= MAX_ACTORS:
            name = f"optimizer-{slot - MAX_ACTORS}"
            optimizer = OptimizerThread(
                slot,
                parts.shape,
                queue=self._queue,
                shared=parts.shared,
                clock=parts.shared.telemetry.phase_clock(name),
            )
            return Post(name=name, life=optimizer.run)
        name = f"environment-{slot}"
        environment = EnvironmentThread(
            parts.plan(slot, values, environments=parts.spec.envs_per_worker),
            parts.shape,
            queue=self._queue,
            desk=self._desk,
            shared=parts.shared,
            clock=parts.shared.telemetry.phase_clock(name),
        )
        self._collectors[slot] = environment.collector
        return Post(name=name, life=parts.reported(slot, environment.run))

    def assistants(self, values: HyperparameterValues) -> dict[str, Life]:
        """Predictors that are wanted and not there."""
        parts = self._parts
        names = {
            f"predictor-{number}": number
            for number in self._desk.staff(
                values.predictor_threads, is_over=parts.shared.control.stopping.is_set
            )
        }
        return {
            name: Predictor(
                number,
                parts.shape,
                desk=self._desk,
                shared=parts.shared,
                clock=parts.shared.telemetry.phase_clock(name),
            ).run
            for name, number in names.items()
        }

    def generator_states(self) -> dict[int, dict[str, object]]:
        """One for each environment thread."""
        return _states_of(dict(self._collectors))  # A copy: the foreman may be adding one.

    def dismiss(self) -> None:
        """The predictors leave."""
        self._desk.staff(0, is_over=self._parts.shared.control.stopping.is_set)

    def queue_reading(self) -> QueueReading:
        """Depth, age and losses."""
        return replace(self._queue.reading(), predictions=self._desk.answered)


def _states_of(collectors: dict[int, RolloutCollector]) -> dict[int, dict[str, object]]:
    return {slot: dict(collector.generator_state) for slot, collector in collectors.items()}
