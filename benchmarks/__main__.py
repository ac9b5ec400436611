"""The benchmark: ours and the peers in turn, the raw limit, the phases, the cost of watching.

    python -m benchmarks [--only cartpole throughput …] [--quick] [--seeds 101-105] [--name NAME]

Writes benchmarks/results/NAME.jsonl (every record, on disk as soon as it is made) and NAME.md (the
tables). Called again with the same name, it goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.comparison import comparison_jobs
from benchmarks.contenders import Contender
from benchmarks.fresh_process import ROOT
from benchmarks.jobs import Job, run_jobs
from benchmarks.ladder import ladder_jobs
from benchmarks.latency import latency_jobs
from benchmarks.machine import describe_machine, describe_versions, is_busy, load_per_core
from benchmarks.ours import EXTRA_TIMEOUT_S, Ours, run_recorded, train_document
from benchmarks.peers.contender import Peer
from benchmarks.peers.install import MODULES, versions
from benchmarks.phases import phase_jobs
from benchmarks.records import RecordFile
from benchmarks.report import report
from benchmarks.seeds import FIRST_SEED, seed_list
from benchmarks.tasks import TASKS, Task
from benchmarks.throughput import throughput_jobs
from benchmarks.watching import watching_jobs
from matinee.contracts.presets import Preset
from matinee.environments.catalogue import preset, presets

RESULTS = ROOT / "benchmarks" / "results"
SECTIONS = (*(task.key for task in TASKS), "throughput", "ladder", "phases", "watching", "latency")
SPEED_PRESET = "cartpole-a3c"
_PEER_PACKAGES = (*MODULES.values(), "jax")


def our_presets(task: Task) -> list[Preset]:
    """Every preset of the task's environment that runs as fast as it can, the first one first."""
    return [
        each
        for each in presets()
        if each.spec.environment.id == task.environment
        and not {"target_steps_per_second", "worker_delay_s"} & each.spec.hyperparameters.keys()
    ]


def contenders(task: Task, arguments: argparse.Namespace, *, data_dir: Path) -> list[Contender]:
    """Ours, then the peers."""
    chosen = arguments.ours
    ours = [each for each in our_presets(task) if not chosen or each.name in chosen]
    return [
        *(Ours(each, data_dir, arguments.evaluation_episodes) for each in ours),
        *(Peer(each, arguments.evaluation_episodes) for each in task.peers if arguments.peers),
    ]


def plan(arguments: argparse.Namespace, *, data_dir: Path, file: RecordFile) -> list[Job]:
    """All measurements that are wanted and not in the file."""
    speed = preset(SPEED_PRESET)
    assert speed is not None
    rounds, span_s = arguments.rounds, arguments.seconds
    jobs: list[Job] = []
    for section in arguments.only:
        match section:
            case "throughput":
                jobs += throughput_jobs(
                    speed, rounds=rounds, seconds=span_s, data_dir=data_dir, file=file
                )
            case "ladder":
                jobs += ladder_jobs(speed, rounds=rounds, seconds=span_s, file=file)
            case "phases":
                jobs += phase_jobs(
                    speed, rounds=rounds, seconds=span_s, data_dir=data_dir, file=file
                )
            case "watching":
                jobs += watching_jobs(
                    speed, rounds=rounds, seconds=span_s, data_dir=data_dir, file=file
                )
            case "latency":
                jobs += latency_jobs(
                    speed, questions=arguments.questions, data_dir=data_dir, file=file
                )
            case _:
                task = next(each for each in TASKS if each.key == section)
                jobs += comparison_jobs(
                    task,
                    contenders(task, arguments, data_dir=data_dir),
                    seeds=arguments.seeds,
                    file=file,
                )
    return jobs


def warm_up(data_dir: Path) -> None:
    """Read the files once that every process of ours reads, as on any but the first day."""
    speed = preset(SPEED_PRESET)
    assert speed is not None
    short = {"env_steps": 1000, "target_return": None}
    run_recorded(
        train_document(speed, {"budget": short}), data_dir=data_dir, timeout_s=EXTRA_TIMEOUT_S
    )


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--seeds", type=seed_list, help="such as 101-105 (the default) or 101,107")
    parser.add_argument("--rounds", type=int, help="of throughput, phases and watching")
    parser.add_argument("--seconds", type=float, help="that each of those trains")
    parser.add_argument("--ours", nargs="+", help="presets; left out: all of the environment")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--evaluation-episodes", type=int, default=100)
    parser.add_argument("--questions", type=int, help="of latency")
    parser.add_argument("--quick", action="store_true", help="two seeds, two short rounds")
    parser.add_argument("--name", help="of the results; an existing one is continued")
    arguments = parser.parse_args(words)
    quick = arguments.quick
    arguments.seeds = arguments.seeds or seed_list(
        f"{FIRST_SEED}-{FIRST_SEED + (1 if quick else 4)}"
    )
    arguments.rounds = arguments.rounds or (2 if quick else 5)
    arguments.seconds = arguments.seconds or (3.0 if quick else 10.0)
    arguments.questions = arguments.questions or (20 if quick else 200)
    arguments.name = arguments.name or f"{datetime.now(UTC):%Y-%m-%d-%H%M}"
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Measure and write the report."""
    arguments = parse(words)
    file = RecordFile(RESULTS / f"{arguments.name}.jsonl")
    file.forget_absences()
    notes = []
    if is_busy():
        notes.append(
            f"The machine was not idle when this began (load of {load_per_core():.1f} a core): "
            "times are longer than they would be, ratios are what counts."
        )
        print(notes[0], file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        warm_up(data_dir)
        try:
            run_jobs(plan(arguments, data_dir=data_dir, file=file), file)
        except KeyboardInterrupt:
            notes.append("It was interrupted: not everything was measured.")
    text = report(
        file.records,
        machine=f"{describe_machine()}; {describe_versions(*versions(_PEER_PACKAGES))}",
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        notes=notes,
    )
    destination = RESULTS / f"{arguments.name}.md"
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(text)
    print(text)
    print(f"written to {destination.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
