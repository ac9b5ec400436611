"""`PlayingUseCases` in memory: remembers what it was asked."""

# ruff: noqa: D102, ARG002 - the port says what each method does, and with what

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fakes.run_use_cases import NOW
from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EpisodeStep,
    EvaluationReport,
    EvaluationRequest,
)
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.recordings import Recording, RecordingList, RecordingRequest


def make_recording(**changes: Any) -> Recording:
    """A film of a CartPole."""
    facts: dict[str, Any] = {
        "id": new_ulid(),
        "created_at": NOW,
        "format": "gif",
        "checkpoint_id": None,
        "env_step": 10,
        "deterministic": True,
        "seed": 1,
        "episode_return": 9.0,
        "length": 9,
        "frames": 6,
        "frames_per_second": 25.0,
        "width": 400,
        "height": 267,
        "size_bytes": 5000,
        "cut": False,
    }
    return Recording(**(facts | changes))


class FakePlaying:
    """Every episode is one step long; `refusal` makes every call raise.

    With `hangs` none ever ends; `given_up` counts those that were cancelled.
    """

    def __init__(self) -> None:
        self.evaluations: list[tuple[str, EvaluationRequest]] = []
        self.episodes: list[tuple[str, EpisodeRequest]] = []
        self.films: list[tuple[str, RecordingRequest]] = []
        self.film: Path | None = None
        self.deleted: list[str] = []
        self.refusal: Exception | None = None
        self.hangs = False
        self.given_up = 0

    async def evaluate(self, run_id: str, request: EvaluationRequest) -> EvaluationReport:
        self._refuse()
        self.evaluations.append((run_id, request))
        await self._play()
        return EvaluationReport(
            checkpoint_id=request.checkpoint_id,
            env_step=10,
            deterministic=request.deterministic,
            seed=request.seed or 0,
            mean_return=1.0,
            std_return=0.0,
            returns=[1.0] * request.episodes,
            lengths=[1] * request.episodes,
        )

    async def play_episode(self, run_id: str, request: EpisodeRequest) -> EpisodeReport:
        self._refuse()
        self.episodes.append((run_id, request))
        await self._play()
        step = EpisodeStep(
            value=0.5,
            probabilities=[0.25, 0.75],
            mean=None,
            deviation=None,
            action=1,
            reward=1.0,
            terminated=True,
            truncated=False,
        )
        return EpisodeReport(
            checkpoint_id=request.checkpoint_id,
            env_step=10,
            deterministic=request.deterministic,
            seed=request.seed or 0,
            steps=[step],
            episode_return=1.0,
            length=1,
            last_value=None,
            cut=False,
        )

    async def record(self, run_id: str, request: RecordingRequest) -> Recording:
        self._refuse()
        self.films.append((run_id, request))
        return make_recording(format=request.format)

    async def recordings(self, run_id: str) -> RecordingList:
        self._refuse()
        return RecordingList(items=[make_recording()])

    async def recording_file(self, run_id: str, recording_id: str) -> Path:
        self._refuse()
        assert self.film is not None
        return self.film

    async def delete_recording(self, run_id: str, recording_id: str) -> None:
        self._refuse()
        self.deleted.append(recording_id)

    async def _play(self) -> None:
        try:
            if self.hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal
