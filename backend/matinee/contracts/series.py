"""A metric over a run, small enough to draw."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field


class SeriesAxis(StrEnum):
    """What runs along the x axis."""

    ENV_STEP = "env_step"
    SECONDS = "seconds"
    EPISODE = "episode"
    UPDATE = "update"


class SmoothingState(BaseModel):
    """Where the debiased EMA stands after the last row, so that a page can go on from there."""

    last: float = Field(description="The biased average: last = s·last + (1-s)·y.")
    count: int = Field(description="Rows averaged: y = last / (1 - s^count).")


class AxisStretch(BaseModel):
    """A part of the axis, after `begin` and up to `end`."""

    begin: float
    end: float


class MetricSeries(BaseModel):
    """One metric in columns of equal length."""

    x: list[float]
    mean: list[float] = Field(description="Smoothed, where smoothing was asked for.")
    min: list[float]
    max: list[float]
    count: list[int] = Field(description="Rows behind each point.")
    exact: bool = Field(description="One point per recorded row; nothing left out.")
    rows: int = Field(description="Recorded rows in the range.")
    worker: list[int] | None = Field(
        default=None, description="Whose episode each point is; only of exact episode metrics."
    )
    smoothing_state: SmoothingState | None = None


class Series(BaseModel):
    """The answer of `GET /api/v1/runs/{id}/series`."""

    run_id: str
    x: SeriesAxis
    smoothing: float
    next: int = Field(description="Sequence number up to which events are included.")
    abandoned: list[AxisStretch] = Field(
        default_factory=list,
        description="What the run went back behind: recorded, but not part of its course. "
        "No point mixes both.",
    )
    metrics: dict[str, MetricSeries]
