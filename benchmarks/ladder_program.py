"""Measures one variant of one rung of the speed ladder, in a process of its own.

    python -m benchmarks.ladder_program <variant.json

Prints how often a second it did what the variant is about: env steps, or updates.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from matinee.training.torch_threads import THREAD_VARIABLES

_document: dict[str, Any] = json.load(sys.stdin) if __name__ == "__main__" else {}
for _name in THREAD_VARIABLES:
    os.environ[_name] = str(_document.get("library_threads", 1))

import numpy as np  # noqa: E402 -- once threads are settled

from matinee.algorithm.networks import NetworkShape  # noqa: E402
from matinee.algorithm.shared_optimizers import (  # noqa: E402
    Scratch,
    StepSettings,
    clip_by_global_norm,
    new_optimizer,
)
from matinee.contracts.agent_interface import AgentInterface, CategoricalActions  # noqa: E402
from matinee.contracts.run_spec import EnvironmentSpec, parse_run_spec  # noqa: E402
from matinee.environments.factory import build_single, build_vector  # noqa: E402
from matinee.environments.loop_vector import LoopVector  # noqa: E402
from matinee.training.outcome import StopCause  # noqa: E402
from matinee.training.trainer import Trainer  # noqa: E402

DRAIN_INTERVAL_S = 0.05
_BLOCK = 20
"""Repetitions between two looks at the clock."""


def training_speed(document: dict[str, Any]) -> float:
    """Env steps a second of a training, once all its workers are there.

    Args:
        document: `spec`, `ways`, `warm_up_s` and `seconds`.

    Raises:
        RuntimeError: if training failed.
    """
    if document["ways"]:
        # Only then: it imports torch, which a training of a plain network does without.
        import torch

        from benchmarks.slower_ways import going

        torch.set_num_threads(document["library_threads"])
        with going(document["ways"]):
            return _speed_of(document)
    return _speed_of(document)


def _speed_of(document: dict[str, Any]) -> float:
    spec = document["spec"] | {"budget": {"env_steps": None}}
    woken = threading.Event()
    trainer = Trainer(parse_run_spec(spec), on_wake=woken.set)
    trainer.start()
    warm = end = (0.0, 0)
    while trainer.outcome is None:
        woken.wait(DRAIN_INTERVAL_S)
        woken.clear()
        trainer.drain()
        progress = trainer.progress()
        now = progress.seconds, progress.env_steps
        if warm == (0.0, 0):
            warm = now if progress.seconds >= document["warm_up_s"] else warm
        elif end == (0.0, 0) and now[0] >= warm[0] + document["seconds"] and now[1] > warm[1]:
            end = now
            trainer.control.stop(StopCause.ABORTED, "it is measured")
    if trainer.outcome.cause is StopCause.FAILED:
        raise RuntimeError(trainer.outcome.reason)
    return (end[1] - warm[1]) / (end[0] - warm[0])


def stepping_speed(environment_id: str, *, way: str, count: int, seconds: float) -> float:
    """Env steps a second of a vector of environments that does nothing else.

    Args:
        environment_id: Which.
        way: `arrays`, `loop` or `gymnasium`.
        count: N.
        seconds: How long to step.
    """
    spec = EnvironmentSpec(id=environment_id)
    generator = np.random.default_rng(0)
    actions = generator.integers(0, 2, (256, count, 1))
    step: Callable[[Any], Any]
    if way == "gymnasium":
        from benchmarks.slower_ways import gymnasiums_loop

        theirs = gymnasiums_loop(environment_id, count)
        theirs.reset(seed=0)

        def step(row: Any) -> int:
            _, _, terminated, truncated, _ = theirs.step(row[:, 0])
            # The step after an end only resets, and is none of the episode.
            return count - int(np.count_nonzero(terminated | truncated))
    else:
        ours = (
            build_vector(spec, count)
            if way == "arrays"
            else LoopVector([build_single(spec) for _ in range(count)])
        )
        ours.reset(0)

        def step(row: Any) -> int:
            return int(np.count_nonzero(ours.step(row).valid))

    rows = itertools.cycle(actions)
    done = 0

    def block() -> None:
        nonlocal done
        for _ in range(_BLOCK):
            done += step(next(rows))

    return _per_second(block, lambda: done, seconds)


def update_speed(*, by_tensor: bool, seconds: float) -> float:
    """Updates a second of a network's weights: pull a copy, clip a gradient, one step of RMSProp.

    Args:
        by_tensor: Each tensor by itself, as optimizers over lists of tensors do.
        seconds: How long to go on.
    """
    interface = AgentInterface((4,), "float32", CategoricalActions((2,)))
    layout = NetworkShape(interface, (64, 64), "tanh", shared_trunk=True).layout()
    spans = [(s.start, s.stop) for s in layout.slots] if by_tensor else [(0, layout.size)]
    generator = np.random.default_rng(0)
    weights, copies, gradients = (
        [generator.normal(size=stop - start).astype(np.float32) for start, stop in spans]
        for _ in range(3)
    )
    optimizers = [new_optimizer("rmsprop", stop - start) for start, stop in spans]
    scratches = [Scratch(stop - start) for start, stop in spans]
    settings = StepSettings(
        learning_rate=1e-4,
        epsilon=0.1,
        epsilon_mode="inside",
        rmsprop_decay=0.99,
        adam_beta1=0.9,
        adam_beta2=0.999,
    )
    done = 0

    def block() -> None:
        nonlocal done
        for _ in range(_BLOCK):
            for copy, tensor in zip(copies, weights, strict=True):
                np.copyto(copy, tensor)
            norm = float(np.sqrt(sum(float(np.dot(each, each)) for each in gradients)))
            for gradient in gradients:
                clip_by_global_norm(gradient, norm=norm, maximum=norm)
            for optimizer, tensor, gradient, scratch in zip(
                optimizers, weights, gradients, scratches, strict=True
            ):
                optimizer.apply(tensor, gradient, step=settings, scratch=scratch)
        done += _BLOCK

    return _per_second(block, lambda: done, seconds)


def _per_second(block: Callable[[], None], done: Callable[[], int], seconds: float) -> float:
    block()
    before = done()
    began_s = time.perf_counter()
    while (elapsed_s := time.perf_counter() - began_s) < seconds:
        block()
    return (done() - before) / elapsed_s


def main(document: dict[str, Any]) -> int:
    """Measure and print."""
    seconds = document["seconds"]
    match document["activity"]:
        case "training":
            speed = training_speed(document)
        case "stepping":
            speed = stepping_speed(
                document["environment"],
                way=document["way"],
                count=document["count"],
                seconds=seconds,
            )
        case "updating":
            speed = update_speed(by_tensor=document["by_tensor"], seconds=seconds)
        case activity:
            raise ValueError(f"there is no activity {activity!r}")
    print(speed)
    return 0


if __name__ == "__main__":
    sys.exit(main(_document))
