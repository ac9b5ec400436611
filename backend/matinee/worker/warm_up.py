"""Everything slow that a run process can do before it knows its run.

Importing torch takes a second or two, for networks that need it; gymnasium's first environment and
pydantic's first validation add some tenths. A tiny training does the rest.
"""

from __future__ import annotations

from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_spec import EnvironmentSpec, RunSpec

_WARM_UP_TIMEOUT_S = 30.0


def warm_up() -> None:
    """Train CartPole for a moment and forget it."""
    from matinee.training.torch_threads import limit_torch_threads
    from matinee.training.trainer import Trainer

    limit_torch_threads()
    trainer = Trainer(
        RunSpec(
            environment=EnvironmentSpec(id="CartPole-v1"),
            workers=1,
            envs_per_worker=2,
            seed=0,
            hyperparameters={"rollout_length": 4, "optimizer": "adam"},
            budget=BudgetSpec(env_steps=32),
        ),
        on_wake=_ignore,
    )
    trainer.start()
    trainer.join(_WARM_UP_TIMEOUT_S)


def _ignore() -> None:
    """Nobody waits for this training."""
