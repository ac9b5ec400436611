"""How an environment is described to people and checked against, without importing gymnasium."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class SpaceDescription(BaseModel):
    """An observation or action space."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="Box, Discrete, MultiDiscrete, MultiBinary, Dict, Tuple, …")
    shape: list[int] | None = None
    size: int | None = Field(default=None, description="Number of values of a Discrete space.")
    text: str = Field(description="As gymnasium prints it.")


class EnvironmentDescription(BaseModel):
    """One registered environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    installed: bool
    install_hint: str | None = Field(default=None, description="What to install, if it is not.")
    trainable: bool = Field(description="Whether the algorithms here can train on its spaces.")
    untrainable_reason: str | None = None
    observation: SpaceDescription | None = None
    action: SpaceDescription | None = None
    seen_as: Literal["vector", "image"] | None = Field(
        default=None,
        description="What a network gets of an observation: an image, which a convolution can "
        "look at, or a row of numbers. Null if nothing can train on it.",
    )
    unseen: list[str] = Field(
        default_factory=list,
        description="Parts of an observation that are left out: texts, which nothing here can "
        "learn from.",
    )
    network_input: list[int] | None = Field(
        default=None, description="Shape of what a network gets of an observation, if known."
    )
    policy_outputs: int | None = Field(
        default=None, description="Numbers that a policy gives for one observation, if known."
    )
    continuous_actions: bool = Field(
        default=False, description="Actions are real numbers, not choices."
    )
    reward_threshold: float | None = Field(
        default=None, description="Mean return of 100 episodes that counts as solved."
    )
    max_episode_steps: int | None = None
    vectorized: bool = Field(description="Steps many copies at once in native code.")
    kwargs: dict[str, JsonValue] = Field(
        default_factory=dict, description="Constructor arguments and their defaults."
    )
    summary: str | None = Field(default=None, description="For curated environments.")
    curated: bool = False


class RunInterpreter(BaseModel):
    """The Python that run processes use, as a child process found it."""

    model_config = ConfigDict(frozen=True)

    python: str
    torch: str
    gymnasium: str
    numpy: str
    gil_enabled: bool
    build: Literal["cpu", "cuda", "other"] = "cpu"


class EnvironmentSnapshot(BaseModel):
    """The registry as a child process found it; valid for these installed versions."""

    fingerprint: str
    interpreter: RunInterpreter
    environments: list[EnvironmentDescription]
