"""Measures the presets and writes what they reached beside the catalogue, as package data.

    python benchmarks/measure_presets.py [--seeds 1-10] [PRESET …]

Every seed trains in this one process, one after the other; seconds are training seconds. Run it on
a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from matinee.training.torch_threads import limit_library_threads, limit_torch_threads

limit_library_threads(os.environ)

import numpy as np  # noqa: E402 -- only after the number of threads is settled
import torch  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from matinee.contracts.presets import Preset, PresetMeasurement  # noqa: E402
from matinee.contracts.run_spec import RunSpec  # noqa: E402
from matinee.environments import catalogue  # noqa: E402
from matinee.environments.factory import reward_threshold  # noqa: E402
from matinee.training.return_window import WINDOW_EPISODES  # noqa: E402
from matinee.training.trainer import Trainer  # noqa: E402

CURVE_POINTS = 25
DESTINATION = Path(catalogue.__file__).with_name(catalogue.MEASUREMENTS_FILE)


@dataclass(frozen=True)
class Reached:
    """What one seed reached."""

    solved: bool
    env_steps: int
    seconds: float
    episode_env_steps: NDArray[np.int64]
    mean_returns: NDArray[np.float64]


def train(spec: RunSpec) -> Reached:
    """Train one seed to its end."""
    woken = threading.Event()
    trainer = Trainer(spec, on_wake=woken.set)
    trainer.start()
    parts = []
    while trainer.outcome is None:
        woken.wait(0.1)
        woken.clear()
        parts.append(trainer.drain().episodes)
    parts.append(trainer.drain().episodes)
    returns = np.concatenate([part.returns for part in parts])
    sums = np.cumsum(returns)
    sums[WINDOW_EPISODES:] -= sums[:-WINDOW_EPISODES].copy()
    counts = np.minimum(np.arange(1, len(returns) + 1), WINDOW_EPISODES)
    progress = trainer.progress()
    solved_at = progress.solved_at
    return Reached(
        solved=solved_at is not None,
        env_steps=solved_at.env_steps if solved_at else progress.env_steps,
        seconds=solved_at.seconds if solved_at else progress.seconds,
        episode_env_steps=np.concatenate([part.env_step for part in parts]),
        mean_returns=sums / counts,
    )


def measure(preset: Preset, seeds: list[int]) -> PresetMeasurement:
    """Train all seeds and sum them up."""
    target = preset.spec.budget.target_return
    threshold = target if target is not None else reward_threshold(preset.spec.environment.id)
    assert threshold is not None, "a preset without a threshold can't be called solved"
    reached = []
    for seed in seeds:
        reached.append(train(preset.spec.model_copy(update={"seed": seed})))
        last = reached[-1]
        print(
            f"{preset.name} seed {seed}: {'solved' if last.solved else 'not solved'} "
            f"{last.env_steps:,} env steps {last.seconds:.2f} s, "
            f"last mean {last.mean_returns[-1]:.1f}",
            flush=True,
        )
    env_steps = [each.env_steps for each in reached]
    seconds = [round(each.seconds, 2) for each in reached]
    return PresetMeasurement(
        threshold=threshold,
        seeds=seeds,
        solved=sum(each.solved for each in reached),
        env_steps_median=int(statistics.median(env_steps)),
        env_steps_min=min(env_steps),
        env_steps_max=max(env_steps),
        seconds_median=round(statistics.median(seconds), 2),
        seconds_min=min(seconds),
        seconds_max=max(seconds),
        machine=machine(),
        measured_on=datetime.now(UTC).date().isoformat(),
        curve=curve(reached),
    )


def curve(reached: list[Reached]) -> list[tuple[int, float]]:
    """Median over the seeds of the mean of 100 episodes, up to where the slowest seed ended.

    A seed that has ended counts with its last mean.
    """
    end = max(int(each.episode_env_steps[-1]) for each in reached)
    points = []
    for env_step in np.linspace(end / CURVE_POINTS, end, CURVE_POINTS).astype(int).tolist():
        at = [int(np.searchsorted(each.episode_env_steps, env_step, "right")) for each in reached]
        means = [
            float(each.mean_returns[index - 1])
            for each, index in zip(reached, at, strict=True)
            if index > 0
        ]
        if means:
            points.append((env_step, round(statistics.median(means), 1)))
    return points


def machine() -> str:
    """The conditions, in words."""
    cores = os.cpu_count()
    return (
        f"{platform.machine()}, {cores} cores, {platform.system()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}, NumPy {np.__version__}"
    )


def seed_range(text: str) -> list[int]:
    """`1-10` or `7`."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=["cartpole-a3c", "notebook"])
    parser.add_argument("--seeds", type=seed_range, default=seed_range("1-10"))
    arguments = parser.parse_args()
    limit_torch_threads()
    measured = json.loads(DESTINATION.read_text())
    for name in arguments.presets:
        preset = catalogue.preset(name)
        if preset is None:
            parser.error(f"there is no preset {name!r}")
        measured[name] = measure(preset, arguments.seeds).model_dump(mode="json")
        DESTINATION.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
