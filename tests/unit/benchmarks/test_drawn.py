"""Whether a chart is true is told from its picture."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.dashboard.drawn import (
    DrawnChart,
    UnreadableChartError,
    debiased_average,
    differences,
    read_chart,
)

SVG = """<svg xmlns="http://www.w3.org/2000/svg">
<text x="12" y="20">a run: episode return</text>
<text x="50" y="104" text-anchor="end">0</text>
<text x="50" y="4" text-anchor="end">200</text>
<text x="60" y="120" text-anchor="middle">0</text>
<text x="160" y="120" text-anchor="middle">1.00 k</text>
<path d="M59 99h2v2h-2zM109 40h2v20h-2z" fill="#888" clip-path="url(#plot)"/>
<path d="M60 100L110 50" fill="none" stroke="#000" stroke-width="1.5" clip-path="url(#plot)"/>
<path d="M56 10h200" fill="none" stroke="#080" clip-path="url(#plot)"/>
</svg>"""


def test_places_become_steps_and_returns() -> None:
    """By the numbers at the axes; a dot is about its value, a range ends at its values."""
    chart = read_chart(SVG.encode())

    assert chart.line_x == pytest.approx([0.0, 500.0])
    assert chart.line_y == pytest.approx([0.0, 100.0])
    assert chart.dot_x == pytest.approx([0.0, 500.0])
    assert chart.dot_low == pytest.approx([0.0, 80.0])
    assert chart.dot_high == pytest.approx([0.0, 120.0])
    assert (chart.pixel_x, chart.pixel_y) == pytest.approx((10.0, 2.0))


def test_a_picture_without_a_line_is_refused() -> None:
    """It may be another chart."""
    with pytest.raises(UnreadableChartError, match="0 lines"):
        read_chart(SVG.replace("1.5", "2").encode())


def drawn(steps: list[float], returns: list[float]) -> DrawnChart:
    """All of it, unbinned."""
    x, y = np.array(steps), np.array(returns)
    return DrawnChart(x, debiased_average(y, 0.6), x, y, y, pixel_x=1.0, pixel_y=0.1)


STEPS = [10.0, 20.0, 35.0, 40.0, 80.0, 100.0, 130.0, 150.0]
RETURNS = [10.0, 12.0, 40.0, 39.0, 80.0, 3.0, 60.0, 65.0]


def test_a_true_chart_has_no_differences() -> None:
    """Nor has one whose record is not in order of the steps, as that of two workers."""
    exact = np.array(STEPS), np.array(RETURNS)
    assert differences(drawn(STEPS, RETURNS), *exact, smoothing=0.6) == []


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (([*STEPS[:4], *STEPS[5:]], [*RETURNS[:4], *RETURNS[5:]]), "greatest return"),
        ((STEPS[:-1], RETURNS[:-1]), "the line ends"),
        ((STEPS, [*RETURNS[:2], 55.0, *RETURNS[3:]]), "at step 35"),
        ((STEPS, [*RETURNS[:5], -20.0, *RETURNS[6:]]), "least return"),
    ],
    ids=["a peak left out", "the newest left out", "a value changed", "a value invented"],
)
def test_each_untruth_is_told(shown: tuple[list[float], list[float]], words: str) -> None:
    """With where it is."""
    found = differences(drawn(*shown), np.array(STEPS), np.array(RETURNS), smoothing=0.6)
    assert any(words in each for each in found), found
