"""How much of the raw stepping limit is left while learning, by workers and by processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import assert_never

from benchmarks.fresh_process import ROOT, ProgramFailedError
from benchmarks.jobs import Job
from benchmarks.ours import EXTRA_TIMEOUT_S, run_recorded, train_document
from benchmarks.records import Activity, Record, RecordFile, Throughput
from matinee.contracts.presets import Preset

SECTION = "throughput"
ENVIRONMENTS = 64
"""A worker."""

_START_UP_S = 8.0


@dataclass(frozen=True)
class Layout:
    """What runs at the same time."""

    activity: Activity
    processes: int
    workers: int

    @property
    def words(self) -> str:
        """For people."""
        processes = f"{self.processes} process{'es' * (self.processes > 1)}"
        activity = self.activity.replace("_gymnasiums", " gymnasium's vector")
        return f"{activity}, {self.workers} worker{'s' * (self.workers > 1)} in {processes}"


LAYOUTS = (
    Layout("stepping_gymnasiums", processes=1, workers=1),
    Layout("stepping", processes=1, workers=1),
    Layout("learning", processes=1, workers=1),
    Layout("learning", processes=1, workers=2),
    Layout("stepping_gymnasiums", processes=2, workers=2),
    Layout("stepping", processes=2, workers=2),
    Layout("learning", processes=2, workers=2),
)


def throughput_jobs(
    preset: Preset, *, rounds: int, seconds: float, data_dir: Path, file: RecordFile
) -> list[Job]:
    """All layouts in turn, in every round."""
    done = {
        (Layout(each.activity, each.processes, each.workers), each.round)
        for each in file.records
        if isinstance(each, Throughput)
    }
    return [
        Job(
            section=SECTION,
            what=layout.words,
            label=f"throughput, round {number}: {layout.words}",
            expected_s=seconds + _START_UP_S,
            measure=partial(_measure, layout, preset, number, seconds, data_dir),
        )
        for number in range(1, rounds + 1)
        for layout in LAYOUTS
        if (layout, number) not in done
    ]


def _measure(
    layout: Layout, preset: Preset, number: int, seconds: float, data_dir: Path
) -> Sequence[Record]:
    match layout.activity:
        case "stepping":
            speed = _stepping(preset, layout.processes, seconds)
        case "stepping_gymnasiums":
            speed = _stepping(preset, layout.processes, seconds, "--gymnasiums")
        case "learning":
            speed = _learning(preset, layout, number, seconds, data_dir)
        case _:
            assert_never(layout.activity)
    return [
        Throughput(layout.activity, layout.processes, layout.workers, ENVIRONMENTS, number, speed)
    ]


def _stepping(preset: Preset, processes: int, seconds: float, *words: str) -> float:
    command = [sys.executable, "-m", "benchmarks.raw_stepping", preset.spec.environment.id]
    command += ["--environments", str(ENVIRONMENTS), "--seconds", str(seconds), *words]
    children = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(processes)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            if child.stdout.readline().strip() != "ready":
                raise ProgramFailedError("stepping alone failed to start; its message is above")
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        answers = [child.communicate(timeout=seconds + EXTRA_TIMEOUT_S)[0] for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return sum(float(answer) for answer in answers)


def _learning(preset: Preset, layout: Layout, number: int, seconds: float, data_dir: Path) -> float:
    run = run_recorded(
        train_document(
            preset,
            {
                "seed": number,
                "processes": layout.processes,
                "workers": layout.workers,
                "envs_per_worker": ENVIRONMENTS,
                "budget": {"env_steps": None, "target_return": None, "seconds": seconds},
                "evaluation": {"episodes": 0},
            },
        ),
        data_dir=data_dir,
        timeout_s=seconds + EXTRA_TIMEOUT_S,
    )
    return run.progress.env_steps / run.progress.seconds
