"""Runs measurements in turn, tells how far it has come, and keeps what they give."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

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
        is_light: It leaves the processor idle most of the time, so others may run beside it.
    """

    section: str
    what: str
    label: str
    expected_s: float
    measure: Callable[[], Sequence[Record]]
    seed: int | None = None
    is_light: bool = False


@dataclass(frozen=True)
class _Attempt:
    """What came of a job."""

    records: Sequence[Record]
    took_s: float
    has_failed: bool


@dataclass
class _Experience:
    """How long jobs took and how often they failed, by section and name."""

    took_s: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def left_s(self, jobs: Sequence[Job], at_once: int) -> float:
        return sum(self._one_s(job) / (at_once if job.is_light else 1) for job in jobs)

    def is_hopeless(self, job: Job) -> bool:
        return self.failed[job.section, job.what] >= GIVE_UP_AFTER

    def take_in(self, job: Job, attempt: _Attempt) -> None:
        key = (job.section, job.what)
        self.failed[key] = self.failed[key] + 1 if attempt.has_failed else 0
        self.took_s[key].append(attempt.took_s)

    def _one_s(self, job: Job) -> float:
        if self.is_hopeless(job):
            return 0.0
        took = self.took_s[job.section, job.what]
        return sum(took) / len(took) if took else job.expected_s


def run_jobs(jobs: Sequence[Job], file: RecordFile, *, at_once: int = 1) -> None:
    """Measure all, in this order. What fails is kept with its reason, and the next is begun.

    Args:
        jobs: What to do.
        file: Gets the records.
        at_once: How many neighbours may run together, if they are light.
    """
    experience = _Experience()
    left = _duration(experience.left_s(jobs, at_once))
    _say(f"{len(jobs)} measurements, about {left} if nothing fails")
    begun = 0
    with ThreadPoolExecutor(at_once) as threads:
        for batch in _batches(jobs, at_once):
            left = _duration(experience.left_s(jobs[begun:], at_once))
            tried = [job for job in batch if not experience.is_hopeless(job)]
            for number, job in enumerate(batch, begun + 1):
                if job in tried:
                    _say(f"[{number}/{len(jobs)}, about {left} left] {job.label} …")
            begun += len(batch)
            # One alone stays in this thread, where Ctrl-C ends it.
            run = threads.map if len(tried) > 1 else map
            for job, attempt in zip(tried, run(_attempt, tried), strict=True):
                experience.take_in(job, attempt)
                for record in attempt.records:
                    file.add(record)
                    _say(f"    {sentence(record)}")


def _batches(jobs: Sequence[Job], at_once: int) -> Iterator[Sequence[Job]]:
    """Neighbours that may run together: light ones that take about as long, else one alone."""
    for (is_light, _, _), neighbours in groupby(
        jobs, key=lambda job: (job.is_light, job.section, job.what)
    ):
        waiting = list(neighbours)
        size = at_once if is_light else 1
        for start in range(0, len(waiting), size):
            yield waiting[start : start + size]


def _attempt(job: Job) -> _Attempt:
    began_s = time.monotonic()
    records: Sequence[Record]
    try:
        records, has_failed = job.measure(), False
    except ProgramFailedError as error:
        records = [Absence(job.section, job.what, f"failed: {error}", seed=job.seed)]
        has_failed = True
    return _Attempt(records, time.monotonic() - began_s, has_failed)


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
            verdict = {True: "solved in", False: "not solved in", None: "ended after"}
            return (
                f"{verdict[record.solved]} {record.seconds:.2f} s, "
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
