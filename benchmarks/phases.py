"""Where the time of a training thread goes, from samples of its stack by py-spy.

A sample belongs to the outermost function on its stack that has a phase, so whatever a phase calls
is part of it. Sampling knows modules only, and needs no change to the code that it looks at.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.fresh_process import run_fresh
from benchmarks.jobs import Job
from benchmarks.ours import EXTRA_TIMEOUT_S, train_document
from benchmarks.peers.install import profiler
from benchmarks.records import Absence, PhaseShares, Record, RecordFile
from matinee.contracts.presets import Preset

SECTION = "phases"
SAMPLES_PER_SECOND = 200
ENVIRONMENTS = 64

PHASES: tuple[tuple[str, str], ...] = (
    ("env", "matinee/environments/"),
    ("act", "matinee/algorithm/acting"),
    ("act", "matinee/algorithm/behaviour"),
    ("act", "matinee/algorithm/distributions"),
    ("learn", "matinee/algorithm/"),
    ("learn", "matinee/training/parameter_store"),
)
"""Phase and beginning of the module's path; the first that fits counts. The rest is `other`."""

_TRAINING_THREAD = "matinee/training/thread_group"
"""Where every thread of a training begins, and nothing else."""

_COUNTED = re.compile(r"^(?P<stack>.*) (?P<count>\d+)$")


def phase_of(frames: Iterable[str]) -> str:
    """The phase of a stack, outermost frame first, such as `step (matinee/environments/x.py:7)`."""
    for frame in frames:
        for phase, beginning in PHASES:
            if beginning in frame:
                return phase
    return "other"


def count_phases(collapsed: str) -> dict[str, int]:
    """Samples by phase, from py-spy's `raw` format: `thread;frame;frame count`, a stack a line."""
    counts: Counter[str] = Counter({"env": 0, "act": 0, "learn": 0, "other": 0})
    for line in collapsed.splitlines():
        match = _COUNTED.match(line)
        if match is None:
            continue
        frames = match["stack"].split(";")
        if any(_TRAINING_THREAD in frame for frame in frames):
            counts[phase_of(frames)] += int(match["count"])
    return dict(counts)


def phase_jobs(
    preset: Preset, *, rounds: int, seconds: float, data_dir: Path, file: RecordFile
) -> list[Job]:
    """One worker of the preset, watched by py-spy."""
    program = profiler()
    if program is None:
        file.add(Absence(SECTION, "profile by phase", "py-spy is not installed"))
        return []
    done = {each.round for each in file.records if isinstance(each, PhaseShares)}
    return [
        Job(
            section=SECTION,
            what="profile by phase",
            label=f"profile by phase, round {number}",
            expected_s=seconds + 10.0,
            measure=partial(_profile, program, preset, number, seconds, data_dir),
        )
        for number in range(1, rounds + 1)
        if number not in done
    ]


def _profile(
    program: Path, preset: Preset, number: int, seconds: float, data_dir: Path
) -> Sequence[Record]:
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        document = Path(folder) / "spec.json"
        document.write_text(_document(preset, number, seconds))
        run_fresh(
            [
                str(program),
                "record",
                "--format",
                "raw",
                "--rate",
                str(SAMPLES_PER_SECOND),
                "--threads",
                "--full-filenames",
                "--output",
                str(samples),
                "--",
                sys.executable,
                "-m",
                "matinee.cli.main",
                "train",
                str(document),
                "--quiet",
                "--data-dir",
                str(data_dir),
            ],
            timeout_s=seconds + EXTRA_TIMEOUT_S,
        )
        counts = count_phases(samples.read_text())
    return [PhaseShares(preset.name, ENVIRONMENTS, number, counts)]


def _document(preset: Preset, seed: int, seconds: float) -> str:
    return json.dumps(
        train_document(
            preset,
            {
                "seed": seed,
                "workers": 1,
                "envs_per_worker": ENVIRONMENTS,
                "budget": {"env_steps": None, "target_return": None, "seconds": seconds},
                "evaluation": {"episodes": 0},
            },
        )
    )
