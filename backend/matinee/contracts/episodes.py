"""Episodes that are played on request, outside of training: what is asked, and what comes back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody

SEED_MAX = 2**31 - 1
MAX_EPISODES = 100
MAX_EPISODE_STEPS = 2000


class PlayRequest(JsonBody):
    """Whose policy plays, and how."""

    model_config = ConfigDict(frozen=True)

    checkpoint_id: Ulid | None = Field(
        default=None,
        description="Whose weights play; left out: the newest checkpoint's. A run that has none "
        "yet is refused with 409 `no_checkpoint`.",
    )
    deterministic: bool = Field(
        default=True, description="The most probable action each time; else drawn, as in training."
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        le=SEED_MAX,
        description="The same seed and weights give the same episodes, where the environment "
        "keeps its word; left out: another one each time.",
    )


class EvaluationRequest(PlayRequest):
    """How many episodes to play, by which policy."""

    episodes: int = Field(default=10, ge=1, le=MAX_EPISODES)


class EpisodeRequest(PlayRequest):
    """One episode, of which every step is told."""

    max_steps: int = Field(
        default=MAX_EPISODE_STEPS, ge=1, le=MAX_EPISODE_STEPS, description="It is cut there."
    )


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    checkpoint_id: str | None = Field(description="Whose weights played.")
    env_step: int = Field(description="Of training, that the weights are of.")
    deterministic: bool
    seed: int


class EvaluationReport(_Report):
    """What the episodes came to. Returns are of the environment's own rewards, undiscounted."""

    mean_return: float
    std_return: float = Field(description="Of the population of these episodes.")
    returns: list[float]
    lengths: list[int] = Field(description="Env steps.")


class EpisodeStep(BaseModel):
    """One step: what the network said of what it saw, what it did, what came of it."""

    model_config = ConfigDict(frozen=True)

    value: float = Field(
        description="V of what was seen before the action: the return that is expected from "
        "there, discounted, and scaled or clipped if the learner's rewards are."
    )
    probabilities: list[float] | None = Field(
        description="Of all choices, one after the other; null: actions are numbers."
    )
    mean: list[float] | None = Field(
        description="Of actions that are numbers, in the environment's units, before they are "
        "cut to its bounds; null: choices."
    )
    deviation: list[float] | None = Field(description="Their standard deviations; null: choices.")
    action: int | float | list[int] | list[float] | list[list[int]] | list[list[float]]
    reward: float
    terminated: bool
    truncated: bool


class EpisodeReport(_Report):
    """An episode, step by step."""

    steps: list[EpisodeStep]
    episode_return: float = Field(alias="return", description="Undiscounted.")
    length: int
    last_value: float | None = Field(
        description="V of what was seen after the last step, that a truncated episode's return "
        "is completed by; null: the episode is terminated."
    )
    cut: bool = Field(description="It was given up at `max_steps`.")
