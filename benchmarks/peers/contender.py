"""A peer as a contender: its program in a process of its own, with the settings of the task."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from benchmarks.fresh_process import ProgramFailedError, run_fresh
from benchmarks.peers.exchange import Answer, Order
from benchmarks.peers.install import MODULES, PYTHON, found
from benchmarks.records import TrainingRun
from benchmarks.tasks import PeerProgram, PeerSettings, Task

_MODULES: dict[PeerProgram, str] = {"sb3": "stable_baselines3", "sbx": "sbx", "rejax": "rejax"}
"""What each program imports."""

TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Peer:
    """One peer on one task."""

    settings: PeerSettings
    evaluation_episodes: int

    @property
    def name(self) -> str:
        """As the table shows it."""
        return self.settings.name

    def expected_s(self, task: Task) -> float:
        """About how long a run takes, before any was made."""
        del task
        return self.settings.expected_s

    def absent(self) -> str | None:
        """Why it can't run here, in words; None if it can."""
        module = _MODULES[self.settings.program]
        return None if found(module) else f"{MODULES[module]} is not installed"

    def train(self, task: Task, seed: int) -> TrainingRun:
        """Learn, in a fresh process.

        Raises:
            ProgramFailedError: it ended badly.
        """
        order = Order(
            environment=task.environment,
            threshold=task.threshold,
            seed=seed,
            algorithm=self.settings.algorithm,
            environments=self.settings.environments,
            budget_env_steps=self.settings.budget_env_steps,
            settings=dict(self.settings.settings),
            linear=list(self.settings.linear),
            normalize=self.settings.normalize,
            evaluation_episodes=self.evaluation_episodes,
        )
        finished = run_fresh(
            [str(PYTHON), "-m", f"benchmarks.peers.{self.settings.program}"],
            stdin_text=json.dumps(asdict(order)),
            timeout_s=TIMEOUT_S,
            # Only torch's peers look at it: one thread is faster than their default here.
            variables={"OMP_NUM_THREADS": "1"},
        )
        lines = finished.stdout.strip().splitlines()
        if not lines:
            raise ProgramFailedError("it ended well but gave no answer")
        answer = Answer(**json.loads(lines[-1]))
        first_s = answer.ended_at - answer.first_step_at
        return TrainingRun(
            task=task.key,
            contender=self.name,
            seed=seed,
            solved=answer.solved,
            first_s=first_s,
            wall_s=answer.ended_at - finished.began_at,
            env_steps=answer.env_steps,
            steps_per_second=answer.env_steps / first_s,
            evaluation_mean=answer.evaluation_mean,
            evaluation_std=answer.evaluation_std,
            evaluation_episodes=self.evaluation_episodes,
            peak_memory_mb=finished.peak_memory_mb,
        )
