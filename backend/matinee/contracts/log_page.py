"""A stretch of what a run's process printed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LogPage(BaseModel):
    """Whole lines of `worker.log`, as they are; places are counted in bytes from its start."""

    model_config = ConfigDict(frozen=True)

    start: int = Field(description="Where the text begins; ask with `before` = this for earlier.")
    end: int = Field(description="Where it ends; ask with `after` = this for what comes next.")
    size: int = Field(description="Of the whole log now; more than `end`: there is more.")
    text: str
