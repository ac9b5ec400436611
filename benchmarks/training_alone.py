"""A training that nothing records: what it tells is taken and dropped.

    python -m benchmarks.training_alone <spec.json

Prints env steps, seconds of training and samples of its pace on the way as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict

from benchmarks.steady_pace import Sample
from matinee.training.torch_threads import limit_library_threads, limit_torch_threads

limit_library_threads(os.environ)

from matinee.contracts.run_spec import parse_run_spec  # noqa: E402 -- once threads are settled
from matinee.training.outcome import StopCause  # noqa: E402
from matinee.training.trainer import Trainer  # noqa: E402

DRAIN_INTERVAL_S = 0.5


def main() -> int:
    """Train what stdin describes."""
    limit_torch_threads()
    woken = threading.Event()
    trainer = Trainer(parse_run_spec(json.load(sys.stdin)), on_wake=woken.set)
    trainer.start()
    samples: list[Sample] = []
    while trainer.outcome is None:
        woken.wait(DRAIN_INTERVAL_S)
        woken.clear()
        metrics = trainer.drain().metrics
        if "processor_cores" in metrics:
            progress = trainer.progress()
            samples.append(
                Sample(
                    seconds=progress.seconds,
                    env_steps=progress.env_steps,
                    episodes=progress.episodes,
                    cores=metrics["processor_cores"].mean,
                    record_cores=metrics["record_cores"].mean,
                )
            )
    if trainer.outcome.cause is StopCause.FAILED:
        print(trainer.outcome.reason, file=sys.stderr)
        return 1
    progress = trainer.progress()
    told = {
        "env_steps": progress.env_steps,
        "seconds": progress.seconds,
        "samples": [asdict(sample) for sample in samples],
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
