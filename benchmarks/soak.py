"""Whether a long run grows: memory, open files, threads, sample queue of one `matinee train`.

    python -m benchmarks.soak [--minutes 30] [--preset cartpole-ga3c]
    python -m benchmarks.soak --preset cartpole-a3c --processes 2

Trains at full speed without a target and looks about once a second at the process, and at its
worker processes if it has any: figures are of all together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.fresh_process import ROOT, ProgramFailedError
from benchmarks.growth import GROWTH_HEAD, growth_row
from benchmarks.machine import describe_machine, describe_versions
from benchmarks.ours import EXTRA_TIMEOUT_S, train_document
from benchmarks.report import table
from matinee.contracts.presets import Preset
from matinee.environments.catalogue import preset, presets
from matinee.journal.reader import JournalReader

BETWEEN_LOOKS_S = (0.5, 1.5)
"""Irregular: a run writes once a second what has gathered meanwhile, a megabyte and more. Looks at
regular times would come at one moment of that for minutes, then at another: a step that is none."""
BYTES_PER_MB = 1e6
QUEUE_PREFIX = "queue_"


@dataclass(frozen=True)
class Sample:
    """All processes of the run at one moment.

    Attributes:
        seconds: Since its start.
        memory_mb: Resident memory; what they share counts in each.
        open_files: File descriptors.
        threads: Of all.
        processes: How many there are.
        record_mb: Size of its run folder.
    """

    seconds: float
    memory_mb: float
    open_files: int
    threads: int
    processes: int
    record_mb: float


UNITS: Mapping[str, str] = {
    "memory_mb": "resident memory, MB",
    "open_files": "open files",
    "threads": "threads",
    "processes": "processes",
    "record_mb": "record on disk, MB",
}


def sampled(document: Mapping[str, object], *, minutes: float, data_dir: Path) -> list[Sample]:
    """Train, and look at it until it ends.

    Raises:
        ProgramFailedError: it ended badly, or not at all.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "matinee.cli.main", "train", "-", "--quiet"),
            *("--data-dir", str(data_dir)),
        ],
        stdin=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    watched = psutil.Process(process.pid)
    began_s = time.monotonic()
    chance = np.random.default_rng()
    samples: list[Sample] = []
    try:
        while process.poll() is None:
            elapsed_s = time.monotonic() - began_s
            if elapsed_s > minutes * 60 + EXTRA_TIMEOUT_S:
                raise ProgramFailedError("it did not end in time")
            try:
                samples.append(look(watched, elapsed_s, data_dir))
            except psutil.NoSuchProcess:
                break
            time.sleep(chance.uniform(*BETWEEN_LOOKS_S))
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise ProgramFailedError(f"matinee train ended with {process.returncode}")
    return samples


def look(watched: psutil.Process, elapsed_s: float, data_dir: Path) -> Sample:
    """The process and all that it has started.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    memory, open_files, threads, processes = 0, 0, 0, 0
    for each in [watched, *watched.children(recursive=True)]:
        try:
            with each.oneshot():
                found = each.memory_info().rss, each.num_fds(), each.num_threads()
        except psutil.Error:
            if each == watched:
                raise
            continue
        memory, open_files, threads = memory + found[0], open_files + found[1], threads + found[2]
        processes += 1
    return Sample(
        seconds=elapsed_s,
        memory_mb=memory / BYTES_PER_MB,
        open_files=open_files,
        threads=threads,
        processes=processes,
        record_mb=_folder_bytes(data_dir) / BYTES_PER_MB,
    )


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            # Checkpoints are replaced while we look.
            total += path.stat().st_size if path.exists() else 0
    return total


def queue_means(reader: JournalReader) -> dict[str, list[tuple[float, float]]]:
    """Every metric of the queue: seconds of training, and its mean then."""
    found: dict[str, list[tuple[float, float]]] = {}
    for rows in reader.metric_rows():
        for _, name, _, seconds, _, _, mean, *_ in rows:
            if str(name).startswith(QUEUE_PREFIX):
                found.setdefault(str(name), []).append((float(str(seconds)), float(str(mean))))
    return found


def report(samples: Sequence[Sample], queue: Mapping[str, list[tuple[float, float]]]) -> str:
    """A row for everything that might grow."""
    seconds = [sample.seconds for sample in samples]
    rows = [
        growth_row(words, seconds, [float(asdict(each)[name]) for each in samples])
        for name, words in UNITS.items()
    ]
    rows += [
        growth_row(f"`{name}`", [at for at, _ in points], [mean for _, mean in points])
        for name, points in sorted(queue.items())
        if len(points) > 1
    ]
    return table(GROWTH_HEAD, rows)


def chosen_preset(name: str) -> Preset:
    """By its name, which argparse has checked."""
    found = preset(name)
    assert found is not None
    return found


def soaked(preset: Preset, *, minutes: float, processes: int | None = None) -> dict[str, object]:
    """The preset without a target, for so many minutes; each process has a worker at least."""
    overrides: dict[str, object] = {
        "seed": 1,
        "budget": {"env_steps": None, "target_return": None, "seconds": minutes * 60},
    }
    if processes is not None:
        overrides["processes"] = processes
        overrides["workers"] = max(preset.spec.workers, processes)
    return train_document(preset, overrides)


def main(words: Sequence[str] | None = None) -> int:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument(
        "--preset", choices=[each.name for each in presets()], default="cartpole-ga3c"
    )
    parser.add_argument("--processes", type=int, help="of an a3c preset; as many as pay by default")
    arguments = parser.parse_args(words)
    document = soaked(
        chosen_preset(arguments.preset), minutes=arguments.minutes, processes=arguments.processes
    )
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        samples = sampled(document, minutes=arguments.minutes, data_dir=data_dir)
        (run_dir,) = (data_dir / "runs").iterdir()
        reader = JournalReader(run_dir)
        progress = reader.snapshot()[0].progress
        queue = queue_means(reader)
    print(f"{describe_machine()}; {describe_versions()}\n")
    print(
        f"`{arguments.preset}`, {arguments.minutes:g} minutes, {progress.env_steps:,} env steps, "
        f"{progress.episodes:,} episodes, {progress.updates:,} updates:\n"
    )
    print(report(samples, queue))
    return 0


if __name__ == "__main__":
    sys.exit(main())
