"""The inside of a worker process: actor-learners on memory shared with the trainer's process."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any, assert_never

from matinee.spare_memory import SpareMemory, make_room_for_arrays
from matinee.training.actor_learner import ActorLearner, run_actor_learner
from matinee.training.budget import Budget
from matinee.training.collector import ActingPlan
from matinee.training.phase_clock import PhaseClock
from matinee.training.process_messages import (
    Ended,
    Failed,
    Hire,
    Leave,
    Ready,
    Setup,
    Stacks,
    TellStacks,
)
from matinee.training.run_memory import RunMemory
from matinee.training.shared_parts import SharedParts
from matinee.training.slots import worker_name
from matinee.training.stand_ins import (
    BoardStandIn,
    ControlStandIn,
    TelemetryStandIn,
    TrainerGoneError,
    TrainerLink,
)
from matinee.training.turns import Turns

CPU_INTERVAL_S = 0.2
"""How often a process says how much processor time it has used."""


def serve(connection: Connection[Any, Any]) -> None:
    """Do what the trainer's process says, until it says `Leave`.

    Args:
        connection: To the `WorkerProcessHandle`.

    Raises:
        EOFError: if the trainer's process is gone.
    """
    setup: Setup = connection.recv()
    host = WorkerHost(setup, memory_descriptor=reduction.recv_handle(connection))
    make_room_for_arrays()
    spare_memory = SpareMemory()
    connection.send(Ready())
    while True:
        while not connection.poll(CPU_INTERVAL_S):
            host.tell_cpu()
            spare_memory.return_if_due()
        message: Hire | Leave | TellStacks = connection.recv()
        match message:
            case Hire(plan=plan):
                host.hire(plan, Connection(reduction.recv_handle(connection)))
            case TellStacks():
                connection.send(Stacks(_stacks()))
            case Leave():
                return
            case _:
                assert_never(message)


class WorkerHost:
    """Runs workers, each in a thread of its own.

    Args:
        setup: From the trainer's process.
        memory_descriptor: Of the shared memory, owned from now on.
    """

    def __init__(self, setup: Setup, *, memory_descriptor: int) -> None:
        self._setup = setup
        self._memory = RunMemory(
            setup.shape.layout().size,
            observation_size=setup.shape.interface.observation_size,
            pushes=setup.pushes,
            env_steps=setup.env_steps,
            descriptor=memory_descriptor,
        )
        # A process of this number may have been here before, and left with its last worker.
        self._cpu_before_s = self._memory.cpu_s[setup.number]
        self._turns = Turns()
        self._pacer = self._memory.pacer(self._memory.signals.hurry)
        by_statistics = (
            setup.spec.environment.normalize_observations and not setup.shape.standardizes_images
        )
        self._normalizer = self._memory.normalizer() if by_statistics else None

    def tell_cpu(self) -> None:
        """Say how much processor time this process has used."""
        self._memory.cpu_s[self._setup.number] = self._cpu_before_s + time.process_time()

    def hire(self, plan: ActingPlan, connection: Connection[Any, Any]) -> None:
        """Start a worker.

        Args:
            plan: Who it is.
            connection: Its own, to the `RemoteWorker` that stands for it.
        """
        threading.Thread(
            target=self._live,
            args=(plan, connection),
            name=worker_name(plan.slot),
            daemon=True,
        ).start()

    def _live(self, plan: ActingPlan, connection: Connection[Any, Any]) -> None:
        """A worker's whole life; its last words say how it ended."""
        link = TrainerLink(connection)
        # Without the trainer's process there is nobody to tell, and the main thread ends this one.
        with connection, suppress(TrainerGoneError):
            try:
                shared = self._shared_parts(link)
                clock = PhaseClock()
                link.phases = clock.read
                worker = ActorLearner(plan, self._setup.shape, shared, clock=clock)
                link.generator_state = lambda: worker.collector.generator_state
                run_actor_learner(worker, shared)
            except TrainerGoneError:
                raise
            except BaseException as error:  # noqa: BLE001 -- raised again in the trainer's process
                link.tell(Failed.of(error))
            else:
                link.tell(Ended())

    def _shared_parts(self, link: TrainerLink) -> SharedParts:
        memory = self._memory
        control = ControlStandIn(link, memory.signals)
        return SharedParts(
            store=memory.store,
            board=BoardStandIn(link, memory.signals, memory.env_steps),
            control=control,
            pacer=self._pacer,
            telemetry=TelemetryStandIn(link),
            clock=memory.signals,
            env_steps=memory.env_steps,
            budget=Budget(
                self._setup.spec.budget,
                env_steps=memory.env_steps,
                clock=memory.signals,
                control=control,
            ),
            turns=self._turns,
            normalizer=self._normalizer,
        )


def _stacks() -> str:
    """Where each worker of this process stands."""
    frames = sys._current_frames()  # noqa: SLF001 -- the documented way
    return "\n".join(
        f"{thread.name}:\n{''.join(traceback.format_stack(frames[thread.ident]))}"
        for thread in threading.enumerate()
        if thread.ident in frames and thread is not threading.main_thread()
    )
