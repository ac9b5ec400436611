"""What a table of growth says of samples."""

from __future__ import annotations

import pytest

from benchmarks.growth import growth_row, second_half, settled, slope_per_hour


def test_growth_is_a_slope_by_the_hour() -> None:
    """A megabyte a minute is 60 an hour."""
    assert slope_per_hour([0.0, 60.0, 120.0], [5.0, 6.0, 7.0]) == pytest.approx(60.0)


def test_the_beginning_is_left_out() -> None:
    """A fifth, or a half; what is left is in its order."""
    assert settled(range(10)) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert second_half(range(5)) == [2, 3, 4]


def test_a_row_tells_warming_up_from_a_leak() -> None:
    """What has come to rest has a slope over all and none in the second half; a leak has both."""
    seconds = [360.0 * number for number in range(10)]
    resting = growth_row("heap", seconds, [1, 1, 1, 2, 3, 4, 4, 4, 4, 4])
    leaking = growth_row("heap", seconds, [float(number) for number in range(10)])

    assert resting.split("|")[1:5] == [" heap ", " 1.0 ", " 4.0 ", " 4.0 "]
    assert float(resting.split("|")[5]) > 1.0
    assert float(resting.split("|")[6]) == 0.0
    assert leaking.split("|")[5:7] == [" +10.00 ", " +10.00 "]


def test_single_samples_say_nothing_of_the_ends() -> None:
    """Of a hundred samples that swing between two values, in which the first and the last are
    extremes, the ends are what is usual.
    """
    values = [9.0] * 20 + [9.0, 5.0, 5.0, 5.0] + [5.0, 5.0, 5.0, 9.0] * 18 + [5.0, 5.0, 5.0, 1.0]

    row = growth_row("heap", [float(number) for number in range(100)], values)

    assert row.split("|")[2:5] == [" 5.0 ", " 5.0 ", " 9.0 "]


def test_too_few_samples_have_no_slope() -> None:
    """Two points would always make a line, and say that nothing leaks."""
    assert growth_row("heap", [0.0, 60.0], [1.0, 1.0]).endswith("| 1.0 | 1.0 | 1.0 | – | – |")
