"""The speed ladder: what each step that makes training fast is worth, taken back one at a time."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.fresh_process import run_fresh
from benchmarks.jobs import Job
from benchmarks.ours import EXTRA_TIMEOUT_S, train_document
from benchmarks.records import LadderSpeed, Record, RecordFile
from matinee.contracts.presets import Preset
from matinee.cores import usable_cores

SECTION = "ladder"
ROUNDS = 3
SECONDS = 1.0
"""Of each measurement, besides its start: the whole ladder should take four minutes."""

ENVIRONMENTS = 64
SIZES = (1, 8, 64, 256)
WORKERS = (1, 2, 4)

_WARM_UP_S = 0.3
_PROCESSES_WARM_UP_S = 2.5
"""Until a second process is there."""

_START_UP_S = 1.5
_SYNC_ENVIRONMENT = "Acrobot-v1"


@dataclass(frozen=True)
class Variant:
    """One way to do a rung's work.

    Attributes:
        rung: What is compared; the first variant of a rung is what Matinee does.
        words: For people.
        document: For `benchmarks.ladder_program`.
    """

    rung: str
    words: str
    document: Mapping[str, Any]


def variants(preset: Preset) -> list[Variant]:
    """All of them, rung by rung."""

    def training(rung: str, words: str, *ways: str, **fields: Any) -> Variant:
        threads = fields.pop("library_threads", 1)
        spec = train_document(
            preset,
            {
                "seed": 1,
                "workers": 1,
                "processes": 1,
                "envs_per_worker": ENVIRONMENTS,
                "evaluation": {"episodes": 0},
                **fields,
            },
        )
        return Variant(
            rung,
            words,
            {
                "activity": "training",
                "spec": spec,
                "ways": ways,
                "library_threads": threads,
                "warm_up_s": _WARM_UP_S if spec["processes"] == 1 else _PROCESSES_WARM_UP_S,
            },
        )

    def stepping(words: str, way: str) -> Variant:
        return Variant(
            f"environments ({_SYNC_ENVIRONMENT}, stepping only)",
            words,
            {
                "activity": "stepping",
                "environment": _SYNC_ENVIRONMENT,
                "way": way,
                "count": ENVIRONMENTS,
            },
        )

    def updating(words: str, *, by_tensor: bool) -> Variant:
        return Variant(
            "weights (updates only)", words, {"activity": "updating", "by_tensor": by_tensor}
        )

    several = max(2, usable_cores())
    return [
        training("one worker", "as it is"),
        training("one worker", f"{several} threads a matrix product", library_threads=several),
        training("one worker", "acting in torch", "torch_acting"),
        training("one worker", "gradient by autograd", "autograd"),
        training("one worker", "acting in torch, gradient by autograd", "torch_acting", "autograd"),
        training("one worker", "without telemetry", "no_telemetry"),
        training("two workers", "threads that take turns", workers=2),
        training("two workers", "threads that run freely", "no_turns", workers=2),
        training("two workers", "two processes", workers=2, processes=2),
        updating("one vector", by_tensor=False),
        updating("tensor by tensor", by_tensor=True),
        stepping("our vector in arrays", "arrays"),
        stepping("our loop of single ones", "loop"),
        stepping("SyncVectorEnv", "gymnasium"),
        *(
            training(GRID, cell(size, workers), workers=workers, envs_per_worker=size)
            for workers in WORKERS
            for size in SIZES
        ),
    ]


GRID = "environments of a worker × workers"


def cell(environments: int, workers: int) -> str:
    """What a layout of the grid is called."""
    return f"{environments} × {workers}"


def ladder_jobs(preset: Preset, *, rounds: int, seconds: float, file: RecordFile) -> list[Job]:
    """All variants in turn, in every round.

    Args:
        preset: What is trained.
        rounds: At most `ROUNDS` are made.
        seconds: Of each measurement; at most `SECONDS`.
        file: Holds what was measured already.
    """
    done = {
        (each.rung, each.variant, each.round)
        for each in file.records
        if isinstance(each, LadderSpeed)
    }
    span_s = min(seconds, SECONDS)
    return [
        Job(
            section=SECTION,
            what=f"{variant.rung}: {variant.words}",
            label=f"ladder, round {number}: {variant.rung}, {variant.words}",
            expected_s=span_s + _START_UP_S + variant.document.get("warm_up_s", 0.0),
            measure=partial(_measure, variant, number, span_s),
        )
        for number in range(1, min(rounds, ROUNDS) + 1)
        for variant in variants(preset)
        if (variant.rung, variant.words, number) not in done
    ]


def _measure(variant: Variant, number: int, seconds: float) -> Sequence[Record]:
    finished = run_fresh(
        [sys.executable, "-m", "benchmarks.ladder_program"],
        stdin_text=json.dumps({**variant.document, "seconds": seconds}),
        timeout_s=seconds + EXTRA_TIMEOUT_S,
    )
    return [LadderSpeed(variant.rung, variant.words, number, float(finished.stdout.split()[-1]))]
