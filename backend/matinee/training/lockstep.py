"""A3C that can be repeated: one thread drives all workers in rounds.

In each round every worker pulls, acts and computes its gradient; then all push, one after another.
Worker i's gradient is therefore i pushes old, as it might be with free threads, but always so: the
same seed gives the same weights, whatever the machine is doing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from matinee.training.actor_learner import ActorLearner
from matinee.training.control import Reservation
from matinee.training.shared_parts import SharedParts

DRIVER_SLOT = 0
"""Of the one thread, at the gate and on the hyperparameter board."""


def run_lockstep(workers: Sequence[ActorLearner], shared: SharedParts) -> None:
    """Train until the control says stop. A thread's whole life."""
    control, board = shared.control, shared.board

    def stand() -> None:
        for worker in workers:
            worker.collector.stand()
        board.stand_down(DRIVER_SLOT)

    try:
        with ExitStack() as stack:
            for worker in workers:
                stack.enter_context(worker.collector)
            while control.may_begin(
                DRIVER_SLOT,
                reserves=Reservation(
                    env_steps=sum(worker.env_steps_reserved for worker in workers),
                    updates=len(workers),
                ),
                on_standing=stand,
            ):
                revision, values = board.read(DRIVER_SLOT)
                if not all(worker.pull_and_act(values) for worker in workers):
                    return
                learned = [worker for worker in workers if worker.compute_gradient(values)]
                for worker in learned:
                    worker.push(values, revision=revision)
                shared.budget.check()
    finally:
        board.stand_down(DRIVER_SLOT)
        control.end(DRIVER_SLOT)
