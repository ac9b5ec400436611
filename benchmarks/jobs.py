"""Runs measurements one after the other, tells how far it has come, and keeps what they give."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.fresh_process import ProgramFailedError
from benchmarks.records import (
    Absence,
    LadderSpeed,
    Latency,
    PhaseShares,
    PresetRun,
    Record,
    RecordFile,
    Throughput,
    TrainingRun,
    WatchingCost,
)

GIVE_UP_AFTER = 2
"""A contender that fails so often in a row is not tried again: its failures may take minutes."""


@dataclass(frozen=True)
class Job:
    """One measurement.

    Attributes:
        section: Of the report.
        what: Who or what is measured; jobs with the same name take about as long.
        label: For the progress line.
        expected_s: How long it takes, as long as nothing better is known.
        measure: Does it.
        seed: If it has one.
    """

    section: str
    what: str
    label: str
    expected_s: float
    measure: Callable[[], Sequence[Record]]
    seed: int | None = None


@dataclass
class _Experience:
    """How long jobs took and how often they failed, by section and name."""

    took_s: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def left_s(self, jobs: Sequence[Job]) -> float:
        return sum(self._one_s(job) for job in jobs)

    def _one_s(self, job: Job) -> float:
        key = (job.section, job.what)
        if self.failed[key] >= GIVE_UP_AFTER:
            return 0.0
        took = self.took_s[key]
        return sum(took) / len(took) if took else job.expected_s


def run_jobs(jobs: Sequence[Job], file: RecordFile) -> None:
    """Measure all, in this order. What fails is kept with its reason, and the next is begun."""
    experience = _Experience()
    _say(f"{len(jobs)} measurements, about {_duration(experience.left_s(jobs))} if nothing fails")
    for number, job in enumerate(jobs):
        key = (job.section, job.what)
        if experience.failed[key] >= GIVE_UP_AFTER:
            continue
        left = _duration(experience.left_s(jobs[number:]))
        _say(f"[{number + 1}/{len(jobs)}, about {left} left] {job.label} …")
        began_s = time.monotonic()
        try:
            records = job.measure()
        except ProgramFailedError as error:
            experience.failed[key] += 1
            records = [Absence(job.section, job.what, f"failed: {error}", seed=job.seed)]
        else:
            experience.failed[key] = 0
        experience.took_s[key].append(time.monotonic() - began_s)
        for record in records:
            file.add(record)
            _say(f"    {sentence(record)}")


def sentence(record: Record) -> str:
    """A record in words."""
    match record:
        case TrainingRun():
            return (
                f"{'solved in' if record.solved else 'not solved in'} {record.first_s:.2f} s "
                f"({record.wall_s:.1f} s from process start), {record.env_steps:,} env steps, "
                f"greedy {record.evaluation_mean:.1f} ± {record.evaluation_std:.1f}"
            )
        case PresetRun():
            return (
                f"{'solved in' if record.solved else 'not solved in'} {record.seconds:.2f} s, "
                f"{record.env_steps:,} env steps, greedy {record.evaluation_mean:.1f}"
            )
        case Absence():
            return f"{record.what}: {record.reason}"
        case Throughput() | WatchingCost() | LadderSpeed():
            return _speed(record)
        case PhaseShares():
            total = sum(record.samples.values())
            return ", ".join(
                f"{phase} {count / total:.0%}" for phase, count in record.samples.items()
            )
        case Latency():
            ordered = sorted(record.samples_ms)
            return f"{record.question}: median {ordered[len(ordered) // 2]:.1f} ms"


def _speed(record: Throughput | WatchingCost | LadderSpeed) -> str:
    if isinstance(record, LadderSpeed):
        return f"{record.per_second:,.0f} a second"
    return f"{record.env_steps_per_second:,.0f} env steps/s"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
