"""The report: Markdown tables with medians, ranges and ratios, from the records alone."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from benchmarks.ladder import ENVIRONMENTS, GRID, SIZES, WORKERS, cell
from benchmarks.records import (
    Absence,
    LadderSpeed,
    Latency,
    PhaseShares,
    Record,
    Throughput,
    TrainingRun,
    WatchingCost,
)
from benchmarks.tasks import TASKS, Task

OURS = "Matinee "


def report(records: Sequence[Record], *, machine: str, date: str, notes: Sequence[str]) -> str:
    """Everything that was measured, as one document.

    Args:
        records: In the order in which they were made.
        machine: In words.
        date: Of the measurement.
        notes: What the reader should know beforehand, a sentence each.
    """
    sections = [f"# Benchmark of {date}", f"{machine}.", *notes]
    for task in TASKS:
        runs = [r for r in records if isinstance(r, TrainingRun) and r.task == task.key]
        if runs:
            sections += comparison(task, runs)
        sections += absences(records, task.key)
    for section, tables in (
        ("throughput", throughput([r for r in records if isinstance(r, Throughput)])),
        ("ladder", ladder([r for r in records if isinstance(r, LadderSpeed)])),
        ("phases", phases([r for r in records if isinstance(r, PhaseShares)])),
        ("watching", watching([r for r in records if isinstance(r, WatchingCost)])),
        ("latency", latency([r for r in records if isinstance(r, Latency)])),
    ):
        sections += [*tables, *absences(records, section)]
    return "\n\n".join(sections) + "\n"


# ---- learning ------------------------------------------------------------------------------------


def comparison(task: Task, runs: Sequence[TrainingRun]) -> list[str]:
    """Who learned the task in what time, and how much longer the others took than ours."""
    names = list(dict.fromkeys(run.contender for run in sorted(runs, key=_ours_first)))
    by_name = {name: [run for run in runs if run.contender == name] for name in names}
    rows = [_contender_row(name, by_name[name]) for name in names]
    sections = [
        f"## {task.environment}",
        (
            f"To a mean return of {task.threshold:g} over 100 training episodes "
            f"({task.threshold_source}). Median and range over the seeds, each in a fresh process, "
            "in turn. A run that never got there counts with its whole budget (>)."
        ),
        table(
            "| | solved | s from the first step | s from process start | env steps "
            "| env steps/s | greedy return, 100 episodes | memory MB |",
            rows,
        ),
    ]
    ours = [name for name in names if name.startswith(OURS)]
    peers = [name for name in names if not name.startswith(OURS)]
    if ours and peers:
        first = ours[0]
        sections += [
            (
                f"How many times as long as {first}, of the same minutes (median and range of the "
                "pairs):"
            ),
            table(
                "| | from the first step | from process start |",
                [_ratio_row(name, by_name[first], by_name[name]) for name in peers],
            ),
        ]
    return sections


def _ours_first(run: TrainingRun) -> bool:
    return not run.contender.startswith(OURS)


def _contender_row(name: str, runs: Sequence[TrainingRun]) -> str:
    solved = [run.solved for run in runs]
    greedy = [run.evaluation_mean for run in runs]
    return (
        f"| {name} | {sum(solved)} of {len(runs)} "
        f"| {spread([r.first_s for r in runs], solved, seconds)} "
        f"| {spread([r.wall_s for r in runs], solved, seconds)} "
        f"| {spread([r.env_steps for r in runs], solved, thousands)} "
        f"| {thousands(statistics.median(r.steps_per_second for r in runs))} "
        f"| {spread(greedy, [True] * len(greedy), tenths)} "
        f"| {statistics.median(r.peak_memory_mb for r in runs):.0f} |"
    )


def _ratio_row(name: str, ours: Sequence[TrainingRun], theirs: Sequence[TrainingRun]) -> str:
    by_seed = {run.seed: run for run in ours}
    pairs = [(by_seed[run.seed], run) for run in theirs if run.seed in by_seed]
    # Where ours did not get there, a ratio would flatter it: such pairs are told as missing.
    fair = [(our, their) for our, their in pairs if our.solved]
    left_out = f" ({len(pairs) - len(fair)} without ours solved)" if len(fair) < len(pairs) else ""
    if not fair:
        return f"| {name} | – | –{left_out} |"
    reached = [their.solved for _, their in fair]
    first = [their.first_s / our.first_s for our, their in fair]
    wall = [their.wall_s / our.wall_s for our, their in fair]
    return (
        f"| {name} | {spread(first, reached, tenths)} | {spread(wall, reached, tenths)}{left_out} |"
    )


# ---- speed ---------------------------------------------------------------------------------------


def throughput(records: Sequence[Throughput]) -> list[str]:
    """Stepping alone and learning, for one process and for two."""
    if not records:
        return []
    raw, gymnasiums = (
        {
            processes: statistics.median(of)
            for processes in (1, 2)
            if (of := _speeds(records, activity, processes, processes))
        }
        for activity in ("stepping", "stepping_gymnasiums")
    )
    layouts = dict.fromkeys(
        (r.processes, r.workers) for r in sorted(records, key=_layout) if r.activity == "learning"
    )
    rows = [
        f"| {whose} vector alone, {processes} process{'es' * (processes > 1)} "
        f"| {_all_reached(_speeds(records, activity, processes, processes), thousands)} "
        f"| {_share(limits[processes], raw.get(processes))} "
        f"| {_share(limits[processes], gymnasiums.get(processes))} |"
        for whose, activity, limits in (
            ("gymnasium's", "stepping_gymnasiums", gymnasiums),
            ("training's", "stepping", raw),
        )
        for processes in limits
    ]
    medians = {}
    for processes, workers in layouts:
        learning = _speeds(records, "learning", processes, workers)
        median = medians[processes, workers] = statistics.median(learning)
        # Threads of one process may use as many cores as they are, as far as Python lets them.
        rows.append(
            f"| learning, {workers} worker{'s' * (workers > 1)} in {processes} "
            f"process{'es' * (processes > 1)} | {_all_reached(learning, thousands)} "
            f"| {_share(median, raw.get(workers))} | {_share(median, gymnasiums.get(workers))} |"
        )
    gain = ""
    if {(1, 1), (2, 2)} <= medians.keys():
        gain = f" Two processes learn {medians[2, 2] / medians[1, 1]:.2f} times as fast as one."
    return [
        "## Throughput",
        (
            f"Env steps a second of CartPole-v1, {records[0].environments} environments a worker: "
            "a vector stepped with random actions and nothing else, the one that training steps "
            "and gymnasium's own, and while learning. Shares are of stepping alone on as many "
            f"cores as there are workers. Median and range of the rounds.{gain}"
        ),
        table("| | env steps/s | share of training's vector | of gymnasium's |", rows),
    ]


def _share(speed: float, limit: float | None) -> str:
    return f"{speed / limit:.2f}" if limit else "–"


def _layout(record: Throughput) -> tuple[int, int]:
    return record.processes, record.workers


def _speeds(
    records: Sequence[Throughput], activity: str, processes: int, workers: int
) -> list[float]:
    return [
        r.env_steps_per_second
        for r in records
        if (r.activity, r.processes, r.workers) == (activity, processes, workers)
    ]


def ladder(records: Sequence[LadderSpeed]) -> list[str]:
    """What each step that makes training fast is worth."""
    if not records:
        return []
    speeds: dict[tuple[str, str], dict[int, float]] = {}
    for record in records:
        speeds.setdefault((record.rung, record.variant), {})[record.round] = record.per_second
    rows, first = [], ("", "")
    for (rung, variant), of_variant in speeds.items():
        if rung == GRID:
            continue
        if rung != first[0]:
            first = rung, variant
        of_first = speeds[first]
        ratios = [
            of_variant[number] / of_first[number] for number in of_variant if number in of_first
        ]
        rows.append(
            f"| {rung} | {variant} | {_all_reached(list(of_variant.values()), thousands)} "
            f"| {_all_reached(ratios, hundredths)} |"
        )
    grid = [
        f"| {environments} | "
        + " | ".join(
            _all_reached(list(speeds.get((GRID, cell(environments, w)), {}).values()), thousands)
            for w in WORKERS
        )
        + " |"
        for environments in SIZES
    ]
    return [
        "## Speed ladder",
        (
            "What each step that makes training fast is worth: it is taken back, one at a time. "
            f"CartPole-v1 with {ENVIRONMENTS} environments a worker unless said; env steps a "
            "second while learning unless said. Median and range of the rounds; ratios are within "
            "a round, to the first line of the group."
        ),
        table("| group | variant | a second | ratio |", rows),
        "Env steps a second while learning, in one process:",
        table(
            "| environments of a worker | "
            + " | ".join(f"{w} worker{'s' * (w > 1)}" for w in WORKERS)
            + " |",
            grid,
        ),
    ]


def phases(records: Sequence[PhaseShares]) -> list[str]:
    """Where a training thread's time goes."""
    if not records:
        return []
    names = list(records[0].samples)
    shares = {
        name: [100 * r.samples[name] / max(1, sum(r.samples.values())) for r in records]
        for name in names
    }
    return [
        "## Time by phase",
        (
            f"Of one training thread with {records[0].environments} environments "
            f"(`{records[0].preset}`), from samples of its stack: stepping environments, choosing "
            "actions, learning (gradient and update), all else."
        ),
        table(
            "| " + " | ".join(names) + " |",
            ["| " + " | ".join(_all_reached(shares[name], percent) for name in names) + " |"],
        ),
    ]


def watching(records: Sequence[WatchingCost]) -> list[str]:
    """What recording and serving cost."""
    if not records:
        return []
    alone = {r.round: r.env_steps_per_second for r in records if r.mode == "alone"}
    words = {
        "alone": "training alone",
        "recorded": "recorded (`matinee train`)",
        "served": "recorded and served, a client takes everything",
    }
    rows = []
    for mode, text in words.items():
        of_mode = [r for r in records if r.mode == mode]
        cost = [
            100 * (1 - r.env_steps_per_second / alone[r.round])
            for r in of_mode
            if r.round in alone and mode != "alone"
        ]
        speeds = _all_reached([r.env_steps_per_second for r in of_mode], thousands)
        rows.append(f"| {text} | {speeds} | {_all_reached(cost, percent)} |")
    return [
        "## What watching costs",
        (
            "Env steps a second of the same run, in turn; the cost is by rounds, and below 0 where "
            "the machine was quicker by chance."
        ),
        table("| | env steps/s | cost |", rows),
    ]


def latency(records: Sequence[Latency]) -> list[str]:
    """How long the server lets people wait."""
    if not records:
        return []
    return [
        "## Waiting for the server",
        "While as many runs as there are cores train without a speed limit. Milliseconds.",
        table("| | asked | median | 95 % | 99 % |", [_latency_row(record) for record in records]),
    ]


def _latency_row(record: Latency) -> str:
    p50, p95, p99 = (_percentile(record.samples_ms, share) for share in (0.5, 0.95, 0.99))
    count = len(record.samples_ms)
    return f"| {record.question} | {count} | {p50:.1f} | {p95:.1f} | {p99:.1f} |"


def absences(records: Iterable[Record], section: str) -> list[str]:
    """Who or what is missing in a section, and why."""
    reasons: dict[tuple[str, str], list[int]] = {}
    for each in records:
        if isinstance(each, Absence) and each.section == section:
            line = " ".join(each.reason.split())
            reasons.setdefault((each.what, line), []).extend(
                [] if each.seed is None else [each.seed]
            )
    if not reasons:
        return []
    return [
        "Missing:",
        "\n".join(
            f"* {what}{' (seed ' + ', '.join(map(str, seeds)) + ')' if seeds else ''}: {reason}"
            for (what, reason), seeds in reasons.items()
        ),
    ]


# ---- figures -------------------------------------------------------------------------------------


def table(head: str, rows: Sequence[str]) -> str:
    """A Markdown table."""
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *rows])


def spread(
    values: Sequence[float], reached: Sequence[bool], written: Callable[[float], str]
) -> str:
    """Median and range; `>` where the value is only a lower bound.

    Args:
        values: At least one.
        reached: For each whether it is exact; else it is a lower bound and counts as infinite.
        written: Makes a value readable.
    """
    # A lower bound may lie anywhere above: order it after all exact values.
    ordered = sorted(zip(values, reached, strict=True), key=lambda each: (not each[1], each[0]))
    middle = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    median = sum(value for value, _ in middle) / 2
    sign = "" if all(exact for _, exact in middle) else ">"
    if len(ordered) == 1:
        return f"{sign}{written(median)}"
    (least, least_exact), (most, most_exact) = ordered[0], ordered[-1]
    return (
        f"{sign}{written(median)} ({'' if least_exact else '>'}{written(least)}–"
        f"{'' if most_exact else '>'}{written(most)})"
    )


def _all_reached(values: Sequence[float], written: Callable[[float], str]) -> str:
    return spread(values, [True] * len(values), written) if values else "–"


def _percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def seconds(value: float) -> str:
    """`1.23` below ten, `12.3` below a hundred, `123` above."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def tenths(value: float) -> str:
    """One digit after the point."""
    return f"{value:.1f}"


def hundredths(value: float) -> str:
    """Two digits after the point."""
    return f"{value:.2f}"


def thousands(value: float) -> str:
    """`1,234 k`, `12.3 k` below a hundred thousand."""
    return f"{value / 1000:,.0f} k" if value >= 100_000 else f"{value / 1000:.1f} k"


def percent(value: float) -> str:
    """`12.3 %`."""
    return f"{value:.1f} %"
