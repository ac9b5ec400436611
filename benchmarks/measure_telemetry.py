"""What telemetry costs: processor time per env step with it and without it, interleaved.

    python -m benchmarks.measure_telemetry [--rounds 5] [--env-steps 300000]

"Without" leaves out what only serves watching: finding episodes, the return window, the records
of updates and their diagnostics. Counting env steps stays, because schedules and budgets need it.
Processor time of the worker's thread is compared, not wall time, and the least of all rounds.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from unittest import mock

from matinee.training.torch_threads import limit_library_threads

limit_library_threads(os.environ)

from benchmarks.slower_ways import going  # noqa: E402 -- only after the threads are settled
from matinee.contracts.run_spec import RunSpec, parse_run_spec  # noqa: E402
from matinee.environments.catalogue import preset  # noqa: E402
from matinee.training import crews  # noqa: E402
from matinee.training.actor_learner import ActorLearner, run_actor_learner  # noqa: E402
from matinee.training.shared_parts import SharedParts  # noqa: E402
from matinee.training.torch_threads import limit_torch_threads  # noqa: E402
from matinee.training.trainer import Trainer  # noqa: E402


def cost_us(spec: RunSpec) -> float:
    """Processor time of the one worker for each env step, in microseconds."""
    spent: list[float] = []

    def timed(worker: ActorLearner, shared: SharedParts) -> None:
        run_actor_learner(worker, shared)
        spent.append(time.thread_time())

    woken = threading.Event()
    with mock.patch.object(crews, "run_actor_learner", timed):
        trainer = Trainer(spec, on_wake=woken.set)
        trainer.start()
        while trainer.outcome is None:
            woken.wait(0.1)
            woken.clear()
            trainer.drain()
    return spent[0] / trainer.progress().env_steps * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--env-steps", type=int, default=300_000)
    arguments = parser.parse_args()
    limit_torch_threads()
    chosen = preset("cartpole-a3c")
    assert chosen is not None
    spec = parse_run_spec(
        chosen.spec.model_dump(mode="json", by_alias=True)
        | {"workers": 1, "seed": 1, "budget": {"env_steps": arguments.env_steps}}
    )
    with_it, without = [], []
    for _ in range(arguments.rounds):
        with_it.append(cost_us(spec))
        with going(["no_telemetry"]):
            without.append(cost_us(spec))
    share = min(with_it) / min(without) - 1.0
    print(f"with {min(with_it):.3f} µs, without {min(without):.3f} µs a step: {share:+.1%}")


if __name__ == "__main__":
    main()
