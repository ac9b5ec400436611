"""What is made of samples, seeds and records."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from benchmarks.jobs import Job, run_jobs, sentence
from benchmarks.measure_presets import measurement, median_curve, seeds_of, threshold_of
from benchmarks.phases import count_phases
from benchmarks.records import PresetRun, Record, RecordFile, WatchingCost
from benchmarks.seeds import seed_list
from matinee.contracts.presets import Preset
from matinee.environments.catalogue import preset

PATIENCE_S = 30.0
"""Never reached, however busy the machine."""


def known(name: str) -> Preset:
    """A preset that there is."""
    found = preset(name)
    assert found is not None
    return found


def preset_run(of: Preset, seed: int, *, solved: bool | None) -> PresetRun:
    """One seed of it; everything else is the same for all."""
    return PresetRun(
        preset=of.name,
        spec_digest=of.spec_digest,
        seed=seed,
        solved=solved,
        env_steps=1000,
        seconds=300.0,
        evaluation_mean=500.0,
        evaluation_episodes=100,
        curve=[(500, 20.0), (1000, 487.25)],
        busy=False,
    )


def test_a_sample_belongs_to_the_outermost_phase_of_a_training_thread() -> None:
    """What a phase calls is part of it, and threads that don't train are not counted."""
    begin = "thread;run (matinee/training/thread_group.py:1)"
    collapsed = "\n".join(
        [
            f"{begin};step (matinee/environments/x.py:2);f (matinee/algorithm/acting.py:3) 5",
            f"{begin};act (matinee/algorithm/acting.py:4) 3",
            f"{begin};gradient (matinee/algorithm/gradients.py:5) 2",
            f"{begin};look (matinee/training/budget.py:6) 1",
            "thread;write (matinee/journal/writer.py:7) 9",
        ]
    )

    assert count_phases(collapsed) == {"env": 5, "act": 3, "learn": 2, "other": 1}


def test_a_seed_that_ended_keeps_its_last_mean() -> None:
    """The median curve goes on to where the slowest seed ended."""
    points = median_curve([[(10, 1.0), (20, 2.0)], [(10, 3.0), (40, 9.0)]])

    assert points[-1] == (40, 5.5)


def test_seeds_are_ranges_and_single_ones() -> None:
    """Both together, in the order given."""
    assert seed_list("101-103,7") == [101, 102, 103, 7]


def test_records_are_there_after_a_restart(tmp_path: Path) -> None:
    """What was measured before an interruption is not measured again."""
    record = WatchingCost("alone", 1, 100.0)
    RecordFile(tmp_path / "x.jsonl").add(record)

    assert RecordFile(tmp_path / "x.jsonl").records == (record,)


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    """With its file and number."""
    path = tmp_path / "x.jsonl"
    path.write_text("{}\n")

    with pytest.raises(ValueError, match="line 1"):
        RecordFile(path)


def test_a_preset_that_is_held_back_has_no_threshold() -> None:
    """The time to any return would be that of the pace; others have their target or the usual."""
    assert threshold_of(known("cartpole-lesson")) is None
    assert threshold_of(known("cartpole-a3c")) == 475.0
    assert threshold_of(known("notebook")) == 195.0


def test_a_preset_without_threshold_is_measured_to_its_end() -> None:
    """Nothing is solved; the curve says where it ended, and the test episodes how well it acts."""
    lesson = known("cartpole-lesson")

    figures = measurement(lesson, [preset_run(lesson, seed, solved=None) for seed in (101, 102)])

    assert (figures.threshold, figures.solved) == (None, 0)
    assert figures.seconds_median == 300.0
    assert figures.curve[-1] == (1000, 487.25)
    assert figures.evaluation_median == 500.0


def test_what_came_of_a_preset_is_told() -> None:
    """In the words of the progress line, with no verdict where there is no threshold."""
    lesson = known("cartpole-lesson")

    said = [sentence(preset_run(lesson, 101, solved=solved)) for solved in (True, False, None)]

    assert [text.partition(" 300")[0] for text in said] == [
        "solved in",
        "not solved in",
        "ended after",
    ]


def test_races_have_more_seeds() -> None:
    """Ten where CartPole-v1 is to be solved, else five; whoever names seeds gets those."""
    assert seeds_of(known("cartpole-ppo"), None) == list(range(101, 111))
    assert seeds_of(known("cartpole-lesson"), None) == list(range(101, 106))
    assert seeds_of(known("cartpole-ppo"), [7]) == [7]


def test_light_jobs_run_together(tmp_path: Path) -> None:
    """As many as told at a time, each waiting for the other here; their records keep the order."""
    meeting = threading.Barrier(2)
    file = RecordFile(tmp_path / "x.jsonl")

    def measured(number: int) -> Sequence[Record]:
        meeting.wait(PATIENCE_S)
        return [WatchingCost("alone", number, 1.0)]

    jobs = [
        Job("presets", "lesson", "", 1.0, partial(measured, number), is_light=True)
        for number in range(4)
    ]
    run_jobs(jobs, file, at_once=2)

    assert [each.round for each in file.records if isinstance(each, WatchingCost)] == [0, 1, 2, 3]


def test_others_run_alone(tmp_path: Path) -> None:
    """Whatever is told: in the thread that asked, where nothing slows it and Ctrl-C ends it."""
    threads: list[threading.Thread] = []

    def measured() -> Sequence[Record]:
        threads.append(threading.current_thread())
        return []

    jobs = [Job("presets", "race", "", 1.0, measured) for _ in range(3)]
    run_jobs(jobs, RecordFile(tmp_path / "x.jsonl"), at_once=4)

    assert threads == [threading.current_thread()] * 3
