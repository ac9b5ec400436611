"""What is learned, up to which mean return, and with which published settings the peers learn it.

The peers' settings are those of rl-baselines3-zoo (hyperparams/a2c.yml and ppo.yml), with its
budgets; what they leave out is Stable-Baselines3's default. The zoo tuned them for a good end, not
for time: the comparison is with what a person gets who takes the published settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Setting = float | bool | Mapping[str, float | bool]

PeerProgram = Literal["sb3", "sbx", "rejax"]


@dataclass(frozen=True)
class PeerSettings:
    """How a peer learns a task.

    Attributes:
        program: Module below `benchmarks.peers`.
        name: As the table shows it.
        algorithm: `a2c` or `ppo`.
        environments: Stepped together.
        budget_env_steps: Where it ends if the threshold is never reached; schedules end there too.
        settings: Arguments of the algorithm's constructor.
        linear: Which of them fall linearly to 0 over the budget.
        normalize: Observations and rewards are divided by their running standard deviation.
        expected_s: About how long a run takes, start and test episodes too, on an idle machine.
    """

    program: PeerProgram
    name: str
    algorithm: Literal["a2c", "ppo"]
    environments: int
    budget_env_steps: int
    settings: Mapping[str, Setting] = field(default_factory=dict)
    linear: tuple[str, ...] = ()
    normalize: bool = False
    expected_s: float = 30.0


@dataclass(frozen=True)
class Task:
    """One thing to learn.

    Attributes:
        key: For the command line.
        environment: Its id.
        threshold: Mean return of 100 training episodes.
        threshold_source: Where that number comes from.
        limit_s: Ours ends after this many seconds of training at the latest.
        expected_s: About how long ours takes, as for the peers.
        peers: Who else learns it.
    """

    key: str
    environment: str
    threshold: float
    threshold_source: str
    limit_s: float
    expected_s: float
    peers: tuple[PeerSettings, ...]


_ZOO_PPO_CARTPOLE: Mapping[str, Setting] = {
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": 1e-3,
    "clip_range": 0.2,
}

_ZOO_FIGURE = "what the zoo's table tells of its trained A2C, greedy"

TASKS: tuple[Task, ...] = (
    Task(
        key="cartpole",
        environment="CartPole-v1",
        threshold=475.0,
        threshold_source="Gymnasium's reward threshold",
        limit_s=120.0,
        expected_s=10.0,
        peers=(
            PeerSettings(
                program="sb3",
                name="Stable-Baselines3 A2C, zoo",
                algorithm="a2c",
                environments=8,
                budget_env_steps=500_000,
                settings={"ent_coef": 0.0},
            ),
            PeerSettings(
                program="sb3",
                name="Stable-Baselines3 PPO, zoo",
                algorithm="ppo",
                environments=8,
                budget_env_steps=100_000,
                settings=_ZOO_PPO_CARTPOLE,
                linear=("learning_rate", "clip_range"),
            ),
            PeerSettings(
                program="sbx",
                name="SBX PPO (JAX), zoo",
                algorithm="ppo",
                environments=8,
                budget_env_steps=100_000,
                settings=_ZOO_PPO_CARTPOLE,
                linear=("learning_rate",),
            ),
            PeerSettings(
                program="rejax",
                name="Rejax PPO (all JAX), PureJaxRL's settings",
                algorithm="ppo",
                environments=4,
                budget_env_steps=500_000,
                settings={
                    "num_steps": 128,
                    "num_epochs": 4,
                    "num_minibatches": 4,
                    "learning_rate": 2.5e-4,
                    "gamma": 0.99,
                    "gae_lambda": 0.95,
                    "clip_eps": 0.2,
                    "ent_coef": 0.01,
                    "vf_coef": 0.5,
                    "max_grad_norm": 0.5,
                },
            ),
        ),
    ),
    Task(
        key="acrobot",
        environment="Acrobot-v1",
        threshold=-83.35,
        threshold_source=_ZOO_FIGURE,
        limit_s=300.0,
        expected_s=20.0,
        peers=(
            PeerSettings(
                program="sb3",
                name="Stable-Baselines3 A2C, zoo",
                algorithm="a2c",
                environments=16,
                budget_env_steps=500_000,
                settings={"ent_coef": 0.0},
                normalize=True,
            ),
        ),
    ),
    Task(
        key="pendulum",
        environment="Pendulum-v1",
        threshold=-163.0,
        threshold_source=_ZOO_FIGURE,
        limit_s=600.0,
        expected_s=30.0,
        peers=(
            PeerSettings(
                program="sb3",
                name="Stable-Baselines3 A2C, zoo",
                algorithm="a2c",
                environments=8,
                budget_env_steps=1_000_000,
                settings={
                    "ent_coef": 0.0,
                    "max_grad_norm": 0.5,
                    "n_steps": 8,
                    "gae_lambda": 0.9,
                    "vf_coef": 0.4,
                    "gamma": 0.9,
                    "use_rms_prop": True,
                    "normalize_advantage": False,
                    "learning_rate": 7e-4,
                    "use_sde": True,
                    "policy_kwargs": {"log_std_init": -2.0, "ortho_init": False},
                },
                linear=("learning_rate",),
                normalize=True,
            ),
        ),
    ),
    Task(
        key="lunarlander",
        environment="LunarLander-v3",
        threshold=155.8,
        threshold_source=_ZOO_FIGURE + " (on LunarLander-v2)",
        limit_s=600.0,
        expected_s=30.0,
        peers=(
            PeerSettings(
                program="sb3",
                name="Stable-Baselines3 A2C, zoo",
                algorithm="a2c",
                environments=8,
                budget_env_steps=200_000,
                settings={
                    "gamma": 0.995,
                    "n_steps": 5,
                    "learning_rate": 8.3e-4,
                    "ent_coef": 1e-5,
                },
                linear=("learning_rate",),
            ),
        ),
    ),
)
