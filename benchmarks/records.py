"""What is measured, as typed records, and the file that keeps them: one JSON object a line.

A file that exists is continued: what it holds already is not measured again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter


@dataclass(frozen=True)
class TrainingRun:
    """One training in a process of its own.

    Attributes:
        task: What was learned.
        contender: Who learned it.
        seed: Of the run.
        solved: Whether the mean return of 100 training episodes reached the threshold.
        first_s: Seconds from the first env step to the threshold, else to the end of the budget.
        wall_s: The same from the start of the process.
        env_steps: Until the same moment.
        steps_per_second: Env steps by seconds while it learned.
        evaluation_mean: Mean return of the greedy test episodes at the end.
        evaluation_std: Their standard deviation.
        evaluation_episodes: How many.
        peak_memory_mb: Largest resident memory of the process.
    """

    task: str
    contender: str
    seed: int
    solved: bool
    first_s: float
    wall_s: float
    env_steps: int
    steps_per_second: float
    evaluation_mean: float
    evaluation_std: float
    evaluation_episodes: int
    peak_memory_mb: float
    kind: Literal["training_run"] = "training_run"


@dataclass(frozen=True)
class PresetRun:
    """One seed of a preset, by `matinee train`.

    Attributes:
        preset: Its name.
        spec_digest: Of its settings.
        seed: Of the run.
        solved: Whether the mean return of 100 training episodes reached the threshold; None without
            one.
        env_steps: Until then, else to the end of the budget.
        seconds: Training seconds until the same moment.
        evaluation_mean: Mean return of the greedy test episodes at the end.
        evaluation_episodes: How many.
        curve: Env step, and the mean return of up to 100 episodes then.
        busy: Whether the machine did other work as well before the run began.
    """

    preset: str
    spec_digest: str
    seed: int
    solved: bool | None
    env_steps: int
    seconds: float
    evaluation_mean: float
    evaluation_episodes: int
    curve: list[tuple[int, float]]
    busy: bool
    kind: Literal["preset_run"] = "preset_run"


@dataclass(frozen=True)
class Absence:
    """A contender that could not run, or a measurement that could not be made, and why."""

    section: str
    what: str
    reason: str
    seed: int | None = None
    kind: Literal["absence"] = "absence"


Activity = Literal["stepping", "stepping_gymnasiums", "learning"]


@dataclass(frozen=True)
class Throughput:
    """Env steps a second of all processes together: stepping alone, or while learning.

    Attributes:
        activity: Which of the two; the vector that is stepped is the one that training steps, or
            gymnasium's own.
        processes: How many.
        workers: All of them together; each steps its environments in a thread of its own.
        environments: Of each worker.
        round: Counted from 1.
        env_steps_per_second: Of all workers together.
    """

    activity: Activity
    processes: int
    workers: int
    environments: int
    round: int
    env_steps_per_second: float
    kind: Literal["throughput"] = "throughput"


@dataclass(frozen=True)
class LadderSpeed:
    """How often a second one variant of a rung of the speed ladder did its work.

    Attributes:
        rung: What is compared.
        variant: In which way.
        round: Counted from 1.
        per_second: Env steps or updates, the same for all variants of a rung.
    """

    rung: str
    variant: str
    round: int
    per_second: float
    kind: Literal["ladder_speed"] = "ladder_speed"


@dataclass(frozen=True)
class PhaseShares:
    """How the training threads of one run spent their time, by samples of their stacks."""

    preset: str
    environments: int
    round: int
    samples: dict[str, int]
    kind: Literal["phase_shares"] = "phase_shares"


@dataclass(frozen=True)
class WatchingCost:
    """Throughput of one training alone, recorded, or recorded and served to a watching client."""

    mode: Literal["alone", "recorded", "served"]
    round: int
    env_steps_per_second: float
    kind: Literal["watching_cost"] = "watching_cost"


@dataclass(frozen=True)
class Latency:
    """Waiting times of one question to the server, in milliseconds."""

    question: str
    samples_ms: list[float]
    kind: Literal["latency"] = "latency"


Record = Annotated[
    TrainingRun
    | PresetRun
    | Absence
    | Throughput
    | LadderSpeed
    | PhaseShares
    | WatchingCost
    | Latency,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[Record] = TypeAdapter(Record)


class RecordFile:
    """The records of one benchmark, in the order in which they were made.

    Args:
        path: Is read if it exists; made with the first record otherwise.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records = list(_read(path)) if path.exists() else []

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them."""
        return tuple(self._records)

    def add(self, record: Record) -> None:
        """Keep one more, on disk before this returns."""
        self._records.append(record)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(_ADAPTER.dump_json(record) + b"\n")

    def forget_absences(self) -> None:
        """What could not be measured last time is tried again."""
        self._records = [each for each in self._records if not isinstance(each, Absence)]


def _read(path: Path) -> Iterator[Record]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            yield _ADAPTER.validate_json(line)
        except ValueError as error:
            raise ValueError(
                f"{path}, line {number}, is not a benchmark record: {error}"
            ) from error
