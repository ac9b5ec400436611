"""Trainers for tests: small specs, and waiting without sleeping for luck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from fakes.probe_environments import register_probes
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.run_spec import RunSpec, parse_run_spec
from matinee.training.checkpoints import CheckpointState
from matinee.training.hyperparameter_board import AppliedChange
from matinee.training.outcome import Outcome
from matinee.training.run_observer import Drained
from matinee.training.trainer import Trainer

PATIENCE_S = 60.0
"""Never reached by a working trainer, however busy the machine."""


def small_spec(environment_id: str, /, **overrides: Any) -> RunSpec:
    """A run that one worker with four environments trains for 2,000 steps."""
    register_probes()
    document: dict[str, Any] = {
        "environment": {"id": environment_id},
        "network": {"hidden": [8]},
        "workers": 1,
        "envs_per_worker": 4,
        "seed": 7,
        "budget": {"env_steps": 2000},
        "evaluation": {"episodes": 0},
    }
    return parse_run_spec(document | overrides)


class Rig:
    """A trainer with everything it tells, collected."""

    def __init__(
        self,
        spec: RunSpec,
        *,
        restore: CheckpointState | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._patience_s = patience_s
        self._woken = threading.Event()
        self.trainer = Trainer(spec, on_wake=self._woken.set, restore=restore)
        self.drained: list[Drained] = []

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Drain until the condition holds.

        Raises:
            TimeoutError: if it never does.
        """
        deadline = time.monotonic() + self._patience_s
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"waited {self._patience_s} s in vain; outcome {self.trainer.outcome}"
                )
            self._woken.wait(0.02)
            self._woken.clear()
            self.drained.append(self.trainer.drain())

    def wait_for_changes(self) -> list[AppliedChange]:
        """Drain until hyperparameter changes have become applied."""
        changes: list[AppliedChange] = []

        def some() -> bool:
            changes.extend(self.trainer.board.take_applied())
            return bool(changes)

        self.wait_until(some)
        return changes

    def last(self, metric: str) -> MetricSummary:
        """The newest summary of a metric that has been told."""
        return next(d.metrics[metric] for d in reversed(self.drained) if metric in d.metrics)

    def run(self) -> Outcome:
        """From start to end."""
        self.trainer.start()
        return self.finish()

    def finish(self) -> Outcome:
        """To the end of a trainer that ends by itself or has been told to."""
        self.wait_until(lambda: self.trainer.outcome is not None)
        self.drained.append(self.trainer.drain())
        outcome = self.trainer.join(self._patience_s)
        assert outcome is not None
        return outcome
