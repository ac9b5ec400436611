"""What is made of samples, seeds and records."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measure_presets import median_curve
from benchmarks.phases import count_phases
from benchmarks.records import RecordFile, WatchingCost
from benchmarks.seeds import seed_list
from benchmarks.soak import slope_per_hour


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


def test_growth_is_a_slope_by_the_hour() -> None:
    """A megabyte a minute is 60 an hour."""
    assert slope_per_hour([0.0, 60.0, 120.0], [5.0, 6.0, 7.0]) == pytest.approx(60.0)


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
