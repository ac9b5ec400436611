"""Records on disk for tests: real run.db files, filled through the real writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matinee.contracts.commands import Action, Command, CommandState
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.contracts.run_spec import RunSpec, parse_run_spec
from matinee.journal.writer import JournalWriter

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SPEC: RunSpec = parse_run_spec({"environment": {"id": "CartPole-v1"}, "seed": 1})


@dataclass(frozen=True)
class Episodes:
    """Finished episodes in columns; implements `matinee.journal.writer.FinishedEpisodes`."""

    worker: npt.NDArray[np.int64]
    env_step: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    returns: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]


def episodes(returns: Sequence[float], *, worker: int = 0, first_step: int = 1) -> Episodes:
    """Episodes with these returns, ten env steps and half a second each."""
    count = len(returns)
    order = np.arange(count)
    return Episodes(
        worker=np.full(count, worker, np.int64),
        env_step=(first_step + 10 * order).astype(np.int64),
        seconds=(first_step / 100 + order / 2).astype(np.float64),
        returns=np.asarray(returns, np.float64),
        lengths=np.full(count, 10, np.int64),
    )


def summary(mean: float, *, low: float | None = None, high: float | None = None) -> MetricSummary:
    """A metric between two flushes."""
    return MetricSummary(
        mean=mean,
        min=mean if low is None else low,
        max=mean if high is None else high,
        last=mean,
        count=3,
    )


def progress(env_steps: int) -> Progress:
    """That far, at 100 env steps a second and 10 an update."""
    return Progress(env_steps=env_steps, seconds=env_steps / 100, updates=env_steps // 10)


def command(
    action: Action, *, state: CommandState = CommandState.ACCEPTED, run_id: str = "run"
) -> Command:
    """A command, as the token's bearer gave it."""
    return Command(
        id=new_ulid(), run_id=run_id, actor="token", action=action, state=state, created_at=NOW
    )


def new_record(run_dir: Path, *, run_id: str | None = None, spec: RunSpec = SPEC) -> JournalWriter:
    """The writer of a new record, which is not committed yet."""
    return JournalWriter.create(run_dir, run_id=run_id or new_ulid(), spec=spec, created_at=NOW)
