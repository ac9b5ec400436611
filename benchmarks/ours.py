"""Runs `matinee train` in a process of its own and reads the record that it leaves."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fresh_process import Finished, ProgramFailedError, run_fresh
from benchmarks.records import TrainingRun
from benchmarks.tasks import Task
from matinee.contracts.events import (
    EVENT_ADAPTER,
    EvaluationFinished,
    EventType,
    MetricsSummarised,
)
from matinee.contracts.presets import Preset
from matinee.contracts.progress import Progress
from matinee.contracts.run_state import RunState
from matinee.journal.reader import JournalReader

EXTRA_TIMEOUT_S = 300.0
"""For start-up, the last checkpoint and the test episodes."""

_PAGE_EVENTS = 500


@dataclass(frozen=True)
class RecordedRun:
    """A run that has ended, and its record.

    Attributes:
        run_dir: Its folder.
        progress: As of its end.
        began_at: When the clock of training began, seconds of `time.time`.
        evaluation: The test episodes at the end, if any were played.
        process: Of `matinee train`.
    """

    run_dir: Path
    progress: Progress
    began_at: float
    evaluation: EvaluationFinished | None
    process: Finished


def train_document(preset: Preset, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's spec with some fields replaced; groups of fields merge member by member."""
    document = preset.as_base()
    for name, value in overrides.items():
        group = document.get(name)
        if isinstance(group, dict) and isinstance(value, Mapping):
            document[name] = {**group, **value}
        else:
            document[name] = value
    return document


def run_recorded(document: Mapping[str, Any], *, data_dir: Path, timeout_s: float) -> RecordedRun:
    """Train what the document describes, as a person would in a terminal.

    Args:
        document: The body of `POST /api/v1/runs`.
        data_dir: Holds the record; no other run may begin in it at the same time.
        timeout_s: For the whole process.

    Raises:
        ProgramFailedError: it did not end in good order.
    """
    before = _run_dirs(data_dir)
    process = run_fresh(
        [
            sys.executable,
            "-m",
            "matinee.cli.main",
            "train",
            "-",
            "--quiet",
            "--data-dir",
            str(data_dir),
        ],
        stdin_text=json.dumps(document),
        timeout_s=timeout_s,
    )
    (run_dir,) = _run_dirs(data_dir) - before
    reader = JournalReader(run_dir)
    snapshot, _ = reader.snapshot()
    if snapshot.state is not RunState.FINISHED:
        raise ProgramFailedError(f"the run ended as {snapshot.state}: {snapshot.reason}")
    return RecordedRun(
        run_dir=run_dir,
        progress=snapshot.progress,
        began_at=_began_at(reader),
        evaluation=_final_evaluation(reader),
        process=process,
    )


def _run_dirs(data_dir: Path) -> set[Path]:
    return set((data_dir / "runs").glob("*")) if (data_dir / "runs").exists() else set()


def _began_at(reader: JournalReader) -> float:
    """When the clock began: a summary tells both the time of day and the seconds trained so far."""
    page = reader.events(after=0, limit=_PAGE_EVENTS, types=("metrics_summarised",))
    summaries = [EVENT_ADAPTER.validate_json(event) for event in page.events]
    starts = [
        each.at.timestamp() - each.progress.seconds
        for each in summaries
        if isinstance(each, MetricsSummarised) and each.progress.seconds > 0.0
    ]
    if not starts:
        raise ProgramFailedError(f"{reader.run_dir} has no summary: it never trained")
    return statistics.median_low(starts[:5])


def _final_evaluation(reader: JournalReader) -> EvaluationFinished | None:
    wanted: tuple[EventType, ...] = ("evaluation_finished",)
    after = 0
    while (page := reader.events(after=after, limit=_PAGE_EVENTS, types=wanted)).events:
        for event in map(EVENT_ADAPTER.validate_json, page.events):
            if isinstance(event, EvaluationFinished) and event.final:
                return event
        after = page.next
    return None


@dataclass(frozen=True)
class Ours:
    """One of our presets as a contender."""

    preset: Preset
    data_dir: Path
    evaluation_episodes: int

    @property
    def name(self) -> str:
        """As the table shows it."""
        return f"Matinee `{self.preset.name}`"

    def expected_s(self, task: Task) -> float:
        """About how long a run takes, before any was made."""
        return task.expected_s

    def absent(self) -> str | None:
        """It is always here."""
        return None

    def train(self, task: Task, seed: int) -> TrainingRun:
        """Learn with `matinee train`.

        Raises:
            ProgramFailedError: it ended badly.
        """
        run = run_recorded(
            train_document(
                self.preset,
                {
                    "seed": seed,
                    "budget": {"target_return": task.threshold, "seconds": task.limit_s},
                    "evaluation": {"episodes": self.evaluation_episodes, "policy": "greedy"},
                },
            ),
            data_dir=self.data_dir,
            timeout_s=task.limit_s + EXTRA_TIMEOUT_S,
        )
        solved_at = run.progress.solved_at
        first_s = solved_at.seconds if solved_at else run.progress.seconds
        evaluation = run.evaluation
        return TrainingRun(
            task=task.key,
            contender=self.name,
            seed=seed,
            solved=solved_at is not None,
            first_s=first_s,
            wall_s=run.began_at + first_s - run.process.began_at,
            env_steps=solved_at.env_steps if solved_at else run.progress.env_steps,
            steps_per_second=run.progress.env_steps / run.progress.seconds,
            evaluation_mean=evaluation.mean_return if evaluation else float("nan"),
            evaluation_std=evaluation.std_return if evaluation else float("nan"),
            evaluation_episodes=len(evaluation.returns) if evaluation else 0,
            peak_memory_mb=run.process.peak_memory_mb,
        )
