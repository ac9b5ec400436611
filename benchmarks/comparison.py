"""Ours and the peers on one task, in turn: a slow minute of the machine hits all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.contenders import Contender
from benchmarks.jobs import Job
from benchmarks.records import Absence, Record, RecordFile, TrainingRun
from benchmarks.tasks import Task


def comparison_jobs(
    task: Task, contenders: Sequence[Contender], *, seeds: Sequence[int], file: RecordFile
) -> list[Job]:
    """Every contender once with every seed that the file does not have yet.

    Each seed begins with another contender, so that nobody always comes after the same neighbour.
    Contenders that can't run are kept in the file with their reason.
    """
    done = {
        (each.contender, each.seed)
        for each in file.records
        if isinstance(each, TrainingRun) and each.task == task.key
    }
    present: list[Contender] = []
    for contender in contenders:
        reason = contender.absent()
        if reason is None:
            present.append(contender)
        else:
            file.add(Absence(task.key, contender.name, reason))
    jobs = []
    for turn, seed in enumerate(seeds):
        first = turn % len(present) if present else 0
        jobs += [
            Job(
                section=task.key,
                what=contender.name,
                label=f"{task.environment}, seed {seed}: {contender.name}",
                expected_s=contender.expected_s(task),
                measure=partial(_train, contender, task, seed),
                seed=seed,
            )
            for contender in (*present[first:], *present[:first])
            if (contender.name, seed) not in done
        ]
    return jobs


def _train(contender: Contender, task: Task, seed: int) -> Sequence[Record]:
    return [contender.train(task, seed)]
