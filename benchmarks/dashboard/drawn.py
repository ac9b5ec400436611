"""What a chart shows, read from the SVG that the page saves of it, in the chart's own units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

_SVG = "{http://www.w3.org/2000/svg}"
_POINT = re.compile(r"[ML](-?[\d.]+) (-?[\d.]+)")
_BOX = re.compile(r"M(-?[\d.]+) (-?[\d.]+)h(-?[\d.]+)v(-?[\d.]+)h-?[\d.]+z")
_NUMBER = re.compile(r"^([-−]?[\d.]+)\s*([kMG]?)$")
_FACTORS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_LINE_WIDTH = "1.5"
_DOT_PX = 2.0

Floats: TypeAlias = npt.NDArray[np.float64]


class UnreadableChartError(ValueError):
    """The SVG is not one that the page writes."""


@dataclass(frozen=True)
class DrawnChart:
    """One chart of raw values as dots and a smoothed line.

    Attributes:
        line_x: Of the line's vertices.
        line_y: Of the same.
        dot_x: Of each dot or range, its middle.
        dot_low: Its lower end; of a dot its value.
        dot_high: Its upper end.
        pixel_x: What a pixel is on the x axis.
        pixel_y: On the y axis.
    """

    line_x: Floats
    line_y: Floats
    dot_x: Floats
    dot_low: Floats
    dot_high: Floats
    pixel_x: float
    pixel_y: float


def read_chart(svg: bytes) -> DrawnChart:
    """Read one without symlog scale.

    Raises:
        UnreadableChartError: axes or line are not found.
    """
    document = ET.fromstring(svg)  # noqa: S314 - the page's own
    x_axis, y_axis = _axes(document)
    paths = [path for path in document.iter(f"{_SVG}path") if path.get("clip-path")]
    lines = [path.get("d", "") for path in paths if path.get("stroke-width") == _LINE_WIDTH]
    if len(lines) != 1:
        raise UnreadableChartError(f"{len(lines)} lines of {_LINE_WIDTH} px, not 1")
    line = np.array(_POINT.findall(lines[0]), float)
    boxes = np.array(
        [
            box
            for path in paths
            if path.get("stroke") is None
            for box in _BOX.findall(path.get("d", ""))
        ],
        float,
    ).reshape(-1, 4)
    left, top, width, height = boxes.T
    # A dot is a box of two pixels about its value; a range ends where its values end.
    half = np.where(height <= _DOT_PX, height / 2.0, 0.0)
    return DrawnChart(
        line_x=x_axis.value(line[:, 0]),
        line_y=y_axis.value(line[:, 1]),
        dot_x=x_axis.value(left + width / 2.0),
        dot_low=y_axis.value(top + height - half),
        dot_high=y_axis.value(top + half),
        pixel_x=abs(x_axis.unit),
        pixel_y=abs(y_axis.unit),
    )


@dataclass(frozen=True)
class _Axis:
    unit: float
    zero: float

    def value(self, pixels: Floats) -> Floats:
        return self.zero + self.unit * pixels


def _axes(document: ET.Element) -> tuple[_Axis, _Axis]:
    x_ticks: list[tuple[float, float]] = []
    y_ticks: list[tuple[float, float]] = []
    for text in document.iter(f"{_SVG}text"):
        found = _NUMBER.match(text.text or "")
        if found is None:
            continue
        value = float(found[1].replace("−", "-")) * _FACTORS[found[2]]
        if text.get("text-anchor") == "middle":
            x_ticks.append((float(text.get("x", "nan")), value))
        elif text.get("text-anchor") == "end":
            # The words stand 4 px lower than what they mean.
            y_ticks.append((float(text.get("y", "nan")) - 4.0, value))
    return _fit(x_ticks, "x"), _fit(y_ticks, "y")


def _fit(ticks: Sequence[tuple[float, float]], name: str) -> _Axis:
    if len(ticks) < 2:
        raise UnreadableChartError(f"{len(ticks)} numbers on the {name} axis; 2 are needed")
    (first, low), (last, high) = ticks[0], ticks[-1]
    unit = (high - low) / (last - first)
    return _Axis(unit, low - unit * first)


def debiased_average(values: Floats, smoothing: float) -> Floats:
    """TensorBoard's: last = s·last + (1-s)·x, shown as last / (1 - sⁿ)."""
    shown = np.empty_like(values)
    last = 0.0
    for index, value in enumerate(values.tolist()):
        last = smoothing * last + (1.0 - smoothing) * value
        shown[index] = last / (1.0 - smoothing ** (index + 1))
    return shown


def differences(
    chart: DrawnChart, steps: Floats, returns: Floats, *, smoothing: float
) -> list[str]:
    """Where a chart of episode returns does not tell what was recorded; empty if it is true.

    Up to a pixel: the line ends where the average ends; each of its points is a value that the
    average has within its stretch; the greatest and least return are there; every episode lies in
    a dot or range of its stretch, and no range reaches beyond its episodes.

    Args:
        chart: As drawn.
        steps: Of every recorded episode, in order of the record.
        returns: Of the same.
        smoothing: Of the line.
    """
    found = []
    average = debiased_average(returns, smoothing)
    pixel_x, pixel_y = 1.5 * chart.pixel_x, 1.5 * chart.pixel_y
    if abs(chart.line_y[-1] - average[-1]) > pixel_y:
        found.append(f"the line ends at {chart.line_y[-1]:.1f}, the average at {average[-1]:.1f}")
    for name, drawn, real in (
        ("least", chart.dot_low.min(), returns.min()),
        ("greatest", chart.dot_high.max(), returns.max()),
    ):
        if abs(drawn - real) > pixel_y:
            found.append(f"the {name} return is drawn at {drawn:.1f} and was {real:.1f}")
    order = np.argsort(steps, kind="stable")
    averages = _Values(steps[order], average[order], average[order])
    episodes = _Values(steps[order], returns[order], returns[order])
    line = _Values(chart.line_x, chart.line_y, chart.line_y).in_order()
    dots = _Values(chart.dot_x, chart.dot_low, chart.dot_high).in_order()
    return [
        *found,
        *(f"line {each}" for each in _outside(line, averages, pixel_x, pixel_y)),
        *(f"range {each}" for each in _outside(dots, episodes, pixel_x, pixel_y)),
        *_uncovered(episodes, dots, pixel_x, pixel_y),
    ]


@dataclass(frozen=True)
class _Values:
    x: Floats
    low: Floats
    high: Floats

    def in_order(self) -> _Values:
        order = np.argsort(self.x, kind="stable")
        return _Values(self.x[order], self.low[order], self.high[order])

    def stretch(self, index: int, pixel_x: float) -> tuple[float, float]:
        """As far as the neighbours on both sides."""
        begin = self.x[max(0, index - 1)]
        end = self.x[min(len(self.x) - 1, index + 1)]
        return begin - pixel_x, end + pixel_x


def _outside(drawn: _Values, real: _Values, pixel_x: float, pixel_y: float) -> list[str]:
    found = []
    for index, at in enumerate(drawn.x.tolist()):
        begin, end = drawn.stretch(index, pixel_x)
        there = slice(
            int(np.searchsorted(real.x, begin)), int(np.searchsorted(real.x, end, "right"))
        )
        low, high = drawn.low[index], drawn.high[index]
        least = real.low[there].min(initial=np.inf)
        greatest = real.high[there].max(initial=-np.inf)
        if low < least - pixel_y or high > greatest + pixel_y:
            recorded = f"recorded {least:.1f} to {greatest:.1f}"
            found.append(f"at step {at:.0f}: {low:.1f} to {high:.1f}, {recorded}")
    return found


def _uncovered(real: _Values, drawn: _Values, pixel_x: float, pixel_y: float) -> list[str]:
    found = []
    for step, value in zip(real.x.tolist(), real.low.tolist(), strict=True):
        first = int(np.searchsorted(drawn.x, step - pixel_x))
        last = int(np.searchsorted(drawn.x, step + pixel_x))
        near = slice(max(0, first - 1), last + 1)
        low, high = drawn.low[near] - pixel_y, drawn.high[near] + pixel_y
        if not np.any((low <= value) & (value <= high)):
            found.append(f"the episode at step {step:.0f} with {value:.1f} is in no dot or range")
    return found
