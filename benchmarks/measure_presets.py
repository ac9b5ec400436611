"""Measures the presets by `matinee train`, and writes what they reached beside the catalogue.

    python -m benchmarks.measure_presets [--only PRESET …] [--seeds 101-105] [--at-once 5]

Figures of a preset are replaced when all its seeds have run. An interrupted measurement goes on
where it was, as long as the settings stay the same. Times count on a machine that does nothing
else; env steps anywhere. A preset that is held back takes minutes and little of a core: several of
its seeds may run together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.fresh_process import ROOT
from benchmarks.jobs import Job, run_jobs
from benchmarks.machine import describe_machine, describe_versions, is_busy
from benchmarks.ours import EXTRA_TIMEOUT_S, run_recorded, train_document
from benchmarks.records import PresetRun, Record, RecordFile
from benchmarks.seeds import FIRST_SEED, seed_list
from matinee.contracts.presets import Preset, PresetMeasurement
from matinee.environments import catalogue
from matinee.environments.factory import reward_threshold
from matinee.journal.reader import JournalReader

DESTINATION = Path(catalogue.__file__).with_name(catalogue.MEASUREMENTS_FILE)
RECORDS = ROOT / "benchmarks" / "results" / "presets.jsonl"
CURVE_POINTS = 60
WINDOW_EPISODES = 100
EVALUATION_EPISODES = 100
SLOW_EPISODES = {"pong": 10}
"""Test episodes of presets of which a hundred would take longer than the training."""

MORE_SEEDS = {"cartpole-a3c": 10, "cartpole-ga3c": 10, "cartpole-a2c": 10, "cartpole-ppo": 10}
SEEDS = 5
BUSY_WORDS = ", busy with other work"
EXPECTED_S = 15.0
START_UP_S = 10.0
LONGEST_S = 3600.0


def is_held_back(preset: Preset) -> bool:
    """Whether it goes at a pace that people can follow, and not as fast as it can."""
    return "target_steps_per_second" in preset.spec.hyperparameters


def threshold_of(preset: Preset) -> float | None:
    """The mean return at which it counts as solved: its own target, else the environment's.

    None if it is held back: then the time to any return is that of the pace.
    """
    if is_held_back(preset):
        return None
    target = preset.spec.budget.target_return
    threshold = reward_threshold(preset.spec.environment.id) if target is None else target
    if threshold is None:
        raise ValueError(f"{preset.name} has no threshold, so nothing can be said about it")
    return threshold


def preset_jobs(
    presets: Sequence[Preset], seeds: Sequence[int] | None, *, data_dir: Path, file: RecordFile
) -> list[Job]:
    """What the file does not have yet."""
    done = {(run.preset, run.spec_digest, run.seed) for run in runs(file)}
    return [
        Job(
            section="presets",
            what=preset.name,
            label=f"{preset.name}, seed {seed}",
            expected_s=START_UP_S + _expected_s(preset),
            measure=partial(_measure, preset, seed, data_dir),
            seed=seed,
            is_light=is_held_back(preset),
        )
        for preset in presets
        for seed in seeds_of(preset, seeds)
        if (preset.name, preset.spec_digest, seed) not in done
    ]


def seeds_of(preset: Preset, seeds: Sequence[int] | None) -> list[int]:
    """As told, else as many as the preset deserves."""
    if seeds is not None:
        return list(seeds)
    return list(range(FIRST_SEED, FIRST_SEED + MORE_SEEDS.get(preset.name, SEEDS)))


def runs(file: RecordFile) -> list[PresetRun]:
    """Of all presets."""
    return [each for each in file.records if isinstance(each, PresetRun)]


def _expected_s(preset: Preset) -> float:
    if preset.measurement is not None:
        return preset.measurement.seconds_median
    return preset.spec.budget.seconds or EXPECTED_S


def _measure(preset: Preset, seed: int, data_dir: Path) -> Sequence[Record]:
    busy = is_busy()
    episodes = SLOW_EPISODES.get(preset.name, EVALUATION_EPISODES)
    # Beside others at the same time, so its run has to be the only one in its folder.
    folder = data_dir / f"{preset.name}-{seed}" if is_held_back(preset) else data_dir
    run = run_recorded(
        train_document(
            preset, {"seed": seed, "evaluation": {"episodes": episodes, "policy": "greedy"}}
        ),
        data_dir=folder,
        timeout_s=(preset.spec.budget.seconds or LONGEST_S) + EXTRA_TIMEOUT_S,
    )
    has_threshold = threshold_of(preset) is not None
    solved_at = run.progress.solved_at if has_threshold else None
    reached = solved_at or run.progress
    return [
        PresetRun(
            preset=preset.name,
            spec_digest=preset.spec_digest,
            seed=seed,
            solved=solved_at is not None if has_threshold else None,
            env_steps=reached.env_steps,
            seconds=round(reached.seconds, 3),
            evaluation_mean=run.evaluation.mean_return if run.evaluation else float("nan"),
            evaluation_episodes=len(run.evaluation.returns) if run.evaluation else 0,
            curve=curve(JournalReader(run.run_dir)),
            busy=busy,
        )
    ]


def curve(reader: JournalReader) -> list[tuple[int, float]]:
    """The mean return of up to 100 episodes, as of evenly spaced env steps."""
    rows = [(row[2], row[5]) for chunk in reader.episodes() for row in chunk]
    if not rows:
        return []
    env_steps = np.array([step for step, _ in rows])
    sums = np.cumsum([value for _, value in rows])
    sums[WINDOW_EPISODES:] -= sums[:-WINDOW_EPISODES].copy()
    means = sums / np.minimum(np.arange(1, len(rows) + 1), WINDOW_EPISODES)
    last = int(env_steps[-1])
    points = []
    for env_step in np.linspace(last / CURVE_POINTS, last, CURVE_POINTS).astype(int).tolist():
        index = int(np.searchsorted(env_steps, env_step, "right"))
        if index:
            points.append((env_step, round(float(means[index - 1]), 2)))
    return points


def median_curve(curves: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Median over the seeds, up to where the longest ended; one that has ended keeps its last."""
    if not all(curves):
        return []
    end = max(each[-1][0] for each in curves)
    points = []
    for env_step in np.linspace(end / CURVE_POINTS, end, CURVE_POINTS).astype(int).tolist():
        before = [[mean for at, mean in each if at <= env_step] for each in curves]
        reached = [means[-1] for means in before if means]
        if reached:
            points.append((env_step, round(statistics.median(reached), 2)))
    return points


def measurement(preset: Preset, of: Sequence[PresetRun]) -> PresetMeasurement:
    """All seeds summed up."""
    env_steps = [run.env_steps for run in of]
    seconds = [round(run.seconds, 2) for run in of]
    returns = [round(run.evaluation_mean, 2) for run in of]
    return PresetMeasurement(
        threshold=threshold_of(preset),
        seeds=[run.seed for run in of],
        solved=sum(bool(run.solved) for run in of),
        env_steps_median=int(statistics.median(env_steps)),
        env_steps_min=min(env_steps),
        env_steps_max=max(env_steps),
        seconds_median=round(statistics.median(seconds), 2),
        seconds_min=min(seconds),
        seconds_max=max(seconds),
        evaluation_episodes=of[0].evaluation_episodes,
        evaluation_median=round(statistics.median(returns), 2),
        evaluation_min=min(returns),
        evaluation_max=max(returns),
        machine=describe_machine() + BUSY_WORDS * any(run.busy for run in of),
        versions=describe_versions(),
        measured_on=f"{datetime.now(UTC):%Y-%m-%d}",
        spec_digest=preset.spec_digest,
        curve=median_curve([run.curve for run in of]),
    )


def write(presets: Sequence[Preset], seeds: Sequence[int] | None, file: RecordFile) -> list[str]:
    """Replace the figures of all presets that have every seed; drop those of other settings.

    Returns:
        The names of the presets that were written.
    """
    present = {each.name: each.spec_digest for each in catalogue.presets()}
    stored = json.loads(DESTINATION.read_text())
    kept = {
        name: figures
        for name, figures in stored.items()
        if figures.get("spec_digest") == present.get(name)
    }
    written = []
    for preset in presets:
        wanted = seeds_of(preset, seeds)
        by_seed = {
            run.seed: run
            for run in runs(file)
            if (run.preset, run.spec_digest) == (preset.name, preset.spec_digest)
        }
        if wanted and set(wanted) <= by_seed.keys():
            of = [by_seed[seed] for seed in wanted]
            kept[preset.name] = measurement(preset, of).model_dump(mode="json")
            written.append(preset.name)
    DESTINATION.write_text(json.dumps(kept, indent=1) + "\n")
    return written


def main(words: Sequence[str] | None = None) -> int:
    """Measure and write."""
    presets = catalogue.presets()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[each.name for each in presets])
    parser.add_argument("--seeds", type=seed_list, help="such as 101-105; 10 or 5 by default")
    parser.add_argument(
        "--at-once", type=int, default=1, help="seeds together of a preset that is held back"
    )
    parser.add_argument("--afresh", action="store_true", help="forget what was measured before")
    arguments = parser.parse_args(words)
    chosen = [each for each in presets if not arguments.only or each.name in arguments.only]
    if arguments.afresh:
        RECORDS.unlink(missing_ok=True)
    file = RecordFile(RECORDS)
    file.forget_absences()
    with tempfile.TemporaryDirectory() as folder:
        try:
            jobs = preset_jobs(chosen, arguments.seeds, data_dir=Path(folder), file=file)
            run_jobs(jobs, file, at_once=arguments.at_once)
        except KeyboardInterrupt:
            print("interrupted: presets without all their seeds are left out", file=sys.stderr)
    written = write(chosen, arguments.seeds, file)
    print(f"written: {', '.join(written) or 'nothing'} → {DESTINATION.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
