"""Presets on other problems of control, with few numbers to observe."""

from __future__ import annotations

from matinee.environments.preset_definition import PPO, SEPARATE_TANH, PresetDefinition, variant_of

CONTROL = (
    PresetDefinition(
        name="acrobot",
        title="Acrobot",
        summary="PPO swings a two-link arm above a line; it ends when the mean return of 100 "
        "episodes reaches -77. Every step costs 1, so the return says how long it took.",
        teaches="Nothing happens until an arm gets there by chance; then it goes fast. Switch to "
        "a3c while it trains: the samples come faster, and the last few points do not come.",
        document=variant_of(
            PPO,
            environment={"id": "Acrobot-v1"},
            hyperparameters={
                "learning_rate": {
                    "schedule": "linear",
                    "from": 0.002,
                    "to": 0.0,
                    "from_env_step": 0,
                    "until_env_step": 500_000,
                },
                "rollout_length": 128,
                "epochs": 10,
            },
            budget={"env_steps": 500_000, "target_return": -77.0},
        ),
    ),
    PresetDefinition(
        name="mountain-car",
        title="Mountain car, failing",
        summary="A3C, without any help to explore, on a car too weak for its hill. It "
        "never sees the goal, so every action looks equally good; after 20 seconds it ends.",
        teaches="This is what a lack of exploration looks like: the return stays at -200, the "
        "value becomes the same everywhere, the advantages vanish. `mountain-car-solved` shows "
        "a way out.",
        document={
            "algorithm": "a3c",
            "environment": {"id": "MountainCar-v0"},
            "network": SEPARATE_TANH,
            "workers": 2,
            "envs_per_worker": 32,
            "hyperparameters": {
                "optimizer": "adam",
                "learning_rate": 0.002,
                "rollout_length": 16,
                "gamma": 0.99,
                "gae_lambda": 0.95,
                "entropy_coefficient": 0.0,
            },
            "budget": {"env_steps": None, "seconds": 20.0, "target_return": -110.0},
            "evaluation": {"episodes": 5},
        },
    ),
    PresetDefinition(
        name="mountain-car-solved",
        title="Mountain car, solved",
        summary="PPO on the same car with observations normalized, so that the small velocity "
        "counts, and a bonus for entropy, so that it goes on trying. It ends at a mean return of "
        "-110.",
        teaches="The first successes are luck, and everything waits for them. Take away the one "
        "or the other and see how long it waits.",
        document=variant_of(
            PPO,
            environment={"id": "MountainCar-v0", "normalize_observations": True},
            hyperparameters={"gae_lambda": 0.98, "entropy_coefficient": 0.01},
            budget={"env_steps": 3_000_000, "target_return": -110.0},
        ),
    ),
    PresetDefinition(
        name="mountain-car-continuous",
        title="Mountain car with a throttle",
        summary="PPO with long rollouts on the continuous mountain car: 100 for the goal, a cost "
        "for every push. It ends at a mean return of 90.",
        teaches="Doing nothing is a trap: it costs nothing. Turn on normalized advantages and it "
        "falls in, because a cost becomes as loud as a success. Watch the standard deviation.",
        document=variant_of(
            PPO,
            environment={"id": "MountainCarContinuous-v0"},
            envs_per_worker=16,
            hyperparameters={
                "rollout_length": 256,
                "gamma": 0.999,
                "gae_lambda": 0.99,
                "entropy_coefficient": 0.01,
                "reward_scale": 0.1,
                "normalize_advantage": False,
            },
            budget={"env_steps": 3_000_000, "target_return": 90.0},
        ),
    ),
    PresetDefinition(
        name="pendulum",
        title="Pendulum",
        summary="PPO with a Gaussian policy swings a pendulum up and holds it; it ends at a mean "
        "return of -150, which is about the best there is.",
        teaches="Actions are continuous: watch their standard deviation shrink as the policy "
        "becomes sure. The learning rate falls on a schedule: hold it at 0.002 and the return "
        "never settles.",
        document=variant_of(
            PPO,
            environment={"id": "Pendulum-v1"},
            hyperparameters={
                "learning_rate": {
                    "schedule": "linear",
                    "from": 0.002,
                    "to": 0.0,
                    "from_env_step": 0,
                    "until_env_step": 600_000,
                },
                "rollout_length": 200,
                "gamma": 0.95,
                "reward_scale": 0.1,
                "epochs": 10,
                "minibatches": 32,
            },
            budget={"env_steps": 600_000, "target_return": -150.0},
        ),
    ),
    PresetDefinition(
        name="inverted-pendulum",
        title="Inverted pendulum in MuJoCo",
        summary="PPO balances a pole with a physics engine behind it; it ends at a mean return of "
        "950. Needs the mujoco extra.",
        teaches="Here most of the time goes into the environment. Compare steps a second with "
        "CartPole's.",
        document=variant_of(
            PPO,
            environment={"id": "InvertedPendulum-v5"},
            envs_per_worker=16,
            hyperparameters={"rollout_length": 128, "epochs": 10},
            budget={"env_steps": 2_000_000, "target_return": 950.0},
        ),
    ),
    PresetDefinition(
        name="lunar-lander",
        title="Lunar lander",
        summary="PPO lands between two flags; it ends at a mean return of 200. Needs the box2d "
        "extra.",
        teaches="First it learns not to crash, then to hover for ever, then to land: three "
        "stages of the return. A bonus for entropy keeps it from settling on the second.",
        document=variant_of(
            PPO,
            environment={"id": "LunarLander-v3"},
            hyperparameters={
                "gamma": 0.995,
                "gae_lambda": 0.98,
                "entropy_coefficient": 0.01,
                "reward_scale": 0.02,
                "epochs": 6,
            },
            budget={"env_steps": 3_000_000, "target_return": 200.0},
        ),
    ),
)
