"""The threads of each mode."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import assert_never

from matinee.training.actor_learner import ActorLearner, run_actor_learner
from matinee.training.collector import RolloutCollector
from matinee.training.crew import Crew, CrewParts, Life, Post
from matinee.training.environment_thread import EnvironmentThread
from matinee.training.hyperparameters import HyperparameterValues
from matinee.training.lockstep import DRIVER_SLOT, run_lockstep
from matinee.training.optimizer_thread import OptimizerThread
from matinee.training.prediction import PredictionDesk, Predictor
from matinee.training.remote_worker import RemoteWorker
from matinee.training.sample_queue import QueueReading, SampleQueue
from matinee.training.slots import MAX_ACTORS, Seat, optimizer_slot, worker_name
from matinee.training.synchronous import SynchronousLearner
from matinee.training.turns import MAX_WEIGHTS_OF_QUEUE, turns_pay

_LOCKSTEP = "lockstep-driver"
_SYNCHRONOUS = "synchronous-learner"


def new_crew(parts: CrewParts, values: HyperparameterValues) -> Crew:
    """The crew for the algorithm that the settings name."""
    match values.algorithm:
        case "a3c":
            return (LockstepCrew if parts.spec.lockstep else ActorLearnerCrew)(parts, values)
        case "a2c" | "ppo":
            return SynchronousCrew(parts, values)
        case "ga3c":
            return QueueCrew(parts, values)
        case _:
            assert_never(values.algorithm)


class ActorLearnerCrew(Crew):
    """a3c: every worker acts, learns and pushes in its own thread, here or in another process."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        self._parts = parts
        self._environments = values.envs_per_worker
        self._workers: dict[int, ActorLearner] = {}
        self._remote_workers: dict[int, RemoteWorker] = {}

    def serves(self, values: HyperparameterValues) -> bool:
        """For as long as the algorithm and each worker's environments stay the same."""
        return values.algorithm == "a3c" and values.envs_per_worker == self._environments

    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """One for each worker."""
        return frozenset(range(values.workers))

    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """A new worker, with environments of its own."""
        parts = self._parts
        plan = parts.plan(slot, values, environments=self._environments)
        name = worker_name(slot)
        process = 0 if parts.processes is None else parts.processes.number(slot)
        seat = Seat("actor-learner", (slot,), process)
        clock = parts.shared.telemetry.phase_clock(name, seat)
        if parts.processes is not None and parts.processes.hosts(slot):
            remote = self._remote_workers[slot] = parts.processes.worker(plan, clock=clock)
            return Post(name, life=parts.reported(slot, remote.run))
        worker = self._workers[slot] = ActorLearner(plan, parts.shape, parts.shared, clock=clock)
        return Post(
            name, life=parts.reported(slot, lambda: run_actor_learner(worker, parts.shared))
        )

    def assistants(self, values: HyperparameterValues) -> dict[str, Life]:
        """Threads that start processes for new workers and stay with them."""
        del values
        processes = self._parts.processes
        return {} if processes is None else processes.take_new()

    def generator_states(self) -> dict[int, dict[str, object]]:
        """One for each worker."""
        # Copies: the foreman may be adding workers meanwhile.
        here, elsewhere = dict(self._workers), dict(self._remote_workers)
        return _states_of({slot: worker.collector for slot, worker in here.items()}) | {
            slot: dict(worker.generator_state) for slot, worker in elsewhere.items()
        }


class _OneThreadCrew(Crew):
    """One thread does everything, so that a seed can be repeated."""

    def __init__(self, parts: CrewParts, *, name: str) -> None:
        self._parts = parts
        self._name = name

    @abstractmethod
    def live(self) -> None:
        """The thread's whole life."""

    def slots(self, values: HyperparameterValues) -> frozenset[int]:
        """The one thread's, whatever the number of workers."""
        del values
        return frozenset({DRIVER_SLOT})

    def fill(self, slot: int, values: HyperparameterValues) -> Post:
        """The one thread, made with the crew."""
        del values
        return Post(name=self._name, life=self._parts.reported(slot, self.live))


class LockstepCrew(_OneThreadCrew):
    """a3c in rounds: one thread drives all workers."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        super().__init__(parts, name=_LOCKSTEP)
        self._size = (values.workers, values.envs_per_worker)
        clock = parts.shared.telemetry.phase_clock(
            _LOCKSTEP, Seat("actor-learner", tuple(range(values.workers)))
        )
        self._workers = [
            ActorLearner(
                replace(
                    parts.plan(slot, values, environments=values.envs_per_worker),
                    waits=slot == DRIVER_SLOT,
                ),
                parts.shape,
                parts.shared,
                clock=clock,
            )
            for slot in range(values.workers)
        ]

    def serves(self, values: HyperparameterValues) -> bool:
        """With as many workers and environments as at the beginning."""
        size = (values.workers, values.envs_per_worker)
        return values.algorithm == "a3c" and size == self._size

    def live(self) -> None:
        """Round after round."""
        run_lockstep(self._workers, self._parts.shared)

    def generator_states(self) -> dict[int, dict[str, object]]:
        """One for each worker."""
        return _states_of({worker.slot: worker.collector for worker in self._workers})


class SynchronousCrew(_OneThreadCrew):
    """a2c and ppo: one thread with the environments of all workers."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        super().__init__(parts, name=_SYNCHRONOUS)
        self._environments = values.workers * values.envs_per_worker
        self._learner = SynchronousLearner(
            parts.plan(DRIVER_SLOT, values, environments=self._environments),
            parts.shape,
            parts.shared,
            clock=parts.shared.telemetry.phase_clock(_SYNCHRONOUS, Seat("learner", (DRIVER_SLOT,))),
        )

    def serves(self, values: HyperparameterValues) -> bool:
        """Both algorithms, with as many environments as at the beginning."""
        environments = values.workers * values.envs_per_worker
        return values.algorithm in ("a2c", "ppo") and environments == self._environments

    def live(self) -> None:
        """Rollout after rollout."""
        self._learner.run()

    def generator_states(self) -> dict[int, dict[str, object]]:
        """The learner's."""
        return _states_of({DRIVER_SLOT: self._learner.collector})


class QueueCrew(Crew):
    """ga3c: environment threads fill a queue of segments, optimizer threads empty it."""

    def __init__(self, parts: CrewParts, values: HyperparameterValues) -> None:
        self._parts = parts
        self._environments = values.envs_per_worker
        self._queue = SampleQueue(values.queue_capacity)
        self._desk = PredictionDesk()
        self._collectors: dict[int, RolloutCollector] = {}
        self._turns_pay = turns_pay(
            parts.shape,
            parts.spec.environment,
            self._environments,
            max_weights=MAX_WEIGHTS_OF_QUEUE,
        )

    def serves(self, values: HyperparameterValues) -> bool:
        """For as long as the algorithm and each thread's environments stay the same."""
        return values.algorithm == "ga3c" and values.envs_per_worker == self._environments

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
                clock=parts.shared.telemetry.phase_clock(name, Seat("optimizer", (slot,))),
                turns_pay=self._turns_pay,
            )
            return Post(name=name, life=optimizer.run)
        name = f"environment-{slot}"
        environment = EnvironmentThread(
            parts.plan(slot, values, environments=self._environments),
            parts.shape,
            queue=self._queue,
            desk=self._desk,
            shared=parts.shared,
            clock=parts.shared.telemetry.phase_clock(name, Seat("environment", (slot,))),
            turns_pay=self._turns_pay,
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
                clock=parts.shared.telemetry.phase_clock(name, Seat("predictor")),
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
