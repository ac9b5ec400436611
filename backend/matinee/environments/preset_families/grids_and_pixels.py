"""Presets on grids, and from pixels."""

from __future__ import annotations

from matinee.environments.preset_definition import PPO, PresetDefinition, variant_of

GRIDS = (
    PresetDefinition(
        name="frozen-lake",
        title="Frozen lake",
        summary="A3C crosses a slippery lake of 16 fields: a step goes where it should one time "
        "in three. It ends at 70 % of 100 episodes that reach the goal.",
        teaches="A single 1 at the end, by chance at first. The best possible is about 74 %, for "
        "the ice decides the rest.",
        document={
            "algorithm": "a3c",
            "environment": {"id": "FrozenLake-v1"},
            "network": {"hidden": [64], "activation": "tanh", "shared_trunk": False},
            "workers": 2,
            "envs_per_worker": 16,
            "hyperparameters": {
                "optimizer": "adam",
                "learning_rate": 0.003,
                "rollout_length": 16,
                "gamma": 0.99,
                "gae_lambda": 0.95,
                "entropy_coefficient": 0.0,
            },
            "budget": {"env_steps": 2_000_000, "target_return": 0.7},
        },
    ),
    PresetDefinition(
        name="minigrid-empty",
        title="MiniGrid, an empty room",
        summary="PPO walks to the green square of a room of 3 by 3 fields and sees only what is "
        "before it; it ends at a mean return of 0.9. Needs the minigrid extra.",
        teaches="The return falls with every step on the way, so 0.95 is the shortest path.",
        document=variant_of(
            PPO,
            environment={"id": "MiniGrid-Empty-5x5-v0"},
            envs_per_worker=16,
            hyperparameters={"entropy_coefficient": 0.01, "minibatches": 8},
            budget={"env_steps": 500_000, "target_return": 0.9},
        ),
    ),
)

PONG = PresetDefinition(
    name="pong",
    title="Pong from pixels",
    summary="PPO plays table tennis from small grey pictures, 42 by 42. Best effort: it stops "
    "after ten minutes, or at a mean return of 18 if it gets there. A game at random ends at about "
    "-20; 21 is perfect. Needs the atari extra.",
    teaches="For the first 100,000 steps the return hardly moves while the critic learns to see "
    "the ball: watch the explained variance. Turn off normalized observations, and the ball is "
    "lost in the background. Actions always do what they say here; the game's own setting repeats "
    "the last one a quarter of the time.",
    document={
        "algorithm": "ppo",
        "environment": {
            "id": "ALE/Pong-v5",
            "kwargs": {"img_height": 42, "img_width": 42, "repeat_action_probability": 0.0},
            "normalize_observations": True,
        },
        "network": {
            "hidden": [256],
            "activation": "relu",
            "shared_trunk": True,
            "convolution": "a3c",
        },
        "workers": 1,
        "envs_per_worker": 16,
        "hyperparameters": {
            "optimizer": "adam",
            "learning_rate": 0.0005,
            "max_gradient_norm": 0.5,
            "rollout_length": 128,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "entropy_coefficient": 0.01,
            "value_coefficient": 0.5,
            "epochs": 4,
            "minibatches": 8,
            "clip_range": 0.2,
            "normalize_advantage": True,
        },
        "budget": {"env_steps": None, "seconds": 600.0, "target_return": 18.0},
    },
)
