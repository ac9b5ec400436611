"""Spreads the workers of a run over processes: who runs where, and the processes that are there."""

from __future__ import annotations

from collections.abc import Callable

from matinee.algorithm.networks import NetworkShape
from matinee.contracts.run_spec import RunSpec
from matinee.training.collector import ActingPlan
from matinee.training.phase_clock import PhaseClock
from matinee.training.process_messages import Setup
from matinee.training.remote_worker import RemoteWorker
from matinee.training.run_memory import RunMemory
from matinee.training.shared_parts import TrainerParts
from matinee.training.slots import worker_name
from matinee.training.worker_process_handle import WorkerProcessHandle

_STACKS_TIMEOUT_S = 1.0


class WorkerProcesses:
    """All processes of a run but the trainer's own. Used by the thread that fills slots.

    Worker w runs in process w mod n; process 0 is the trainer's own. A process is made when a
    worker needs it, and leaves with its last worker.

    Args:
        spec: Of the run.
        shape: Of the network.
        shared: What all threads of the run share.
        memory: What its processes share.
    """

    def __init__(
        self, spec: RunSpec, shape: NetworkShape, *, shared: TrainerParts, memory: RunMemory
    ) -> None:
        self._count = spec.processes
        self._shared = shared
        self._memory = memory
        self._spec = spec
        self._shape = shape
        self._processes: dict[int, WorkerProcessHandle] = {}
        self._homes: dict[str, WorkerProcessHandle] = {}
        self._new: list[WorkerProcessHandle] = []

    def hosts(self, slot: int) -> bool:
        """Whether a worker runs in a process other than the trainer's."""
        return self.number(slot) != 0

    def number(self, slot: int) -> int:
        """Of the process in which a worker runs; 0 is the trainer's."""
        return slot % self._count

    def worker(self, plan: ActingPlan, *, clock: PhaseClock) -> RemoteWorker:
        """What stands for a worker of another process; it is hired when its thread starts.

        Args:
            plan: Who it is.
            clock: Shows what the worker's own clock counts.
        """
        number = self.number(plan.slot)
        process = self._processes.get(number)
        if process is None or not process.expect():
            process = self._new_process(number)
            process.expect()
            self._processes[number] = process
            self._new.append(process)
        self._homes[worker_name(plan.slot)] = process
        return RemoteWorker(
            plan, process=process, shared=self._shared, signals=self._memory.signals, clock=clock
        )

    def take_new(self) -> dict[str, Callable[[], None]]:
        """The lives, by name, of processes that workers need and nobody has started."""
        new, self._new = self._new, []
        return {process.name: process.watch for process in new}

    def stacks(self) -> dict[str, str]:
        """By name of its thread, where each process that hangs stands."""
        return {
            process.name: process.stacks(_STACKS_TIMEOUT_S) for process in self._processes.values()
        }

    def stack_of(self, worker: str) -> str | None:
        """Where all threads of a worker's process stand; None if it is in none of them."""
        process = self._homes.get(worker)
        return None if process is None else process.stacks(_STACKS_TIMEOUT_S)

    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that are up."""
        ids = [process.process_id for process in tuple(self._processes.values())]
        return tuple(pid for pid in ids if pid is not None)

    def kill(self) -> None:
        """End all processes at once, whatever they do."""
        for process in self._processes.values():
            process.kill()

    def _new_process(self, number: int) -> WorkerProcessHandle:
        memory = self._memory
        return WorkerProcessHandle(
            Setup(
                number=number,
                spec=self._spec,
                shape=self._shape,
                pushes=memory.store.updates.base,
                env_steps=memory.env_steps.base,
            ),
            memory_descriptor=memory.descriptor,
            on_status=self._shared.telemetry.record_process_status,
        )
