"""A part of a run that it went back behind."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Stretch(BaseModel):
    """Recorded and kept, but no longer part of the run's course: what follows began before it.

    `from` is exclusive and `until` inclusive, in each of the counters.
    """

    model_config = ConfigDict(frozen=True)

    from_seq: int
    until_seq: int
    from_episode: int
    until_episode: int
    from_env_step: int
    until_env_step: int
    from_seconds: float
    until_seconds: float
    from_update: int
    until_update: int
