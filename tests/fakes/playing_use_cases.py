"""`PlayingUseCases` in memory: remembers what it was asked."""

# ruff: noqa: D102 - the port says what each method does

from __future__ import annotations

from matinee.contracts.episodes import (
    EpisodeReport,
    EpisodeRequest,
    EpisodeStep,
    EvaluationReport,
    EvaluationRequest,
)


class FakePlaying:
    """Every episode is one step long; `refusal` makes every call raise."""

    def __init__(self) -> None:
        self.evaluations: list[tuple[str, EvaluationRequest]] = []
        self.episodes: list[tuple[str, EpisodeRequest]] = []
        self.refusal: Exception | None = None

    async def evaluate(self, run_id: str, request: EvaluationRequest) -> EvaluationReport:
        self._refuse()
        self.evaluations.append((run_id, request))
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

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal
