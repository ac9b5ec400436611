"""Presets on CartPole: every mode, slow and fast, and the notebook."""

from __future__ import annotations

from typing import Any

from matinee.environments.preset_definition import PresetDefinition, variant_of

_A3C: dict[str, Any] = {
    "algorithm": "a3c",
    "environment": {"id": "CartPole-v1"},
    "network": {"hidden": [64], "activation": "tanh", "shared_trunk": True},
    "workers": 2,
    "envs_per_worker": 64,
    "hyperparameters": {
        "optimizer": "adam",
        "learning_rate": 0.02,
        "max_gradient_norm": 2.0,
        "entropy_coefficient": 0.0,
        "value_coefficient": 0.25,
        "rollout_length": 8,
        "gamma": 0.99,
        "gae_lambda": 0.98,
    },
    "budget": {"env_steps": 10_000_000, "target_return": 475.0},
}

CARTPOLE = (
    PresetDefinition(
        name="cartpole-lesson",
        title="CartPole, slow enough to watch",
        summary="Two workers with eight poles each, held to about 4,000 steps a second for five "
        "minutes, without a target: it balances within a minute, and leaves time to steer.",
        teaches="Watch the return climb while entropy falls. Then make the learning rate ten times "
        "as large and see it fall, lift the speed limit, or switch off the bootstrap at time "
        "limits.",
        document=variant_of(
            _A3C,
            envs_per_worker=8,
            hyperparameters={
                "learning_rate": 0.005,
                "rollout_length": 16,
                "max_gradient_norm": 0.5,
                "target_steps_per_second": 4_000.0,
            },
            budget={"env_steps": None, "seconds": 300.0, "target_return": None},
        ),
    ),
    PresetDefinition(
        name="cartpole-a3c",
        title="CartPole, as fast as it goes",
        summary="A3C tuned for time on CartPole-v1; it ends as soon as the mean return of 100 "
        "episodes reaches 475.",
        teaches="How little time it takes. Try one worker, or a tenth of the environments.",
        document=_A3C,
    ),
    PresetDefinition(
        name="cartpole-ga3c",
        title="CartPole through a queue",
        summary="GA3C: two threads collect segments, one optimizer thread learns from them in "
        "batches and corrects for old policies by V-trace.",
        teaches="Watch the depth and the age of the queue. Then set the correction to none, or "
        "take a second optimizer thread, and look at the lag.",
        document=variant_of(
            _A3C,
            algorithm="ga3c",
            envs_per_worker=32,
            hyperparameters={
                # Twice of it ends two runs of 24 in a policy that never recovers.
                "learning_rate": 0.01,
                "correction": "vtrace",
                "optimizer_threads": 1,
                "min_batch": 256,
                "queue_capacity": 4,
            },
        ),
    ),
    PresetDefinition(
        name="cartpole-a2c",
        title="CartPole in step",
        summary="A2C: one thread steps 64 environments together and updates after every 8 steps. "
        "The same seed gives the same run, to the last bit.",
        teaches="The control: what A3C does without asynchrony. Run one seed twice and compare; "
        "then compare samples and seconds with `cartpole-a3c`.",
        document=variant_of(_A3C, algorithm="a2c", workers=1),
    ),
    PresetDefinition(
        name="cartpole-ppo",
        title="CartPole with PPO",
        summary="PPO: every rollout is used several times, and the ratio of the new policy to the "
        "old one is clipped.",
        teaches="It needs the fewest samples and not the least time. Watch the clipped share and "
        "the divergence while you raise the learning rate or the number of epochs.",
        document=variant_of(
            _A3C,
            algorithm="ppo",
            workers=1,
            envs_per_worker=32,
            hyperparameters={
                "learning_rate": 0.01,
                "rollout_length": 32,
                "gae_lambda": 0.9,
                "max_gradient_norm": 1.0,
                "value_coefficient": 0.5,
                "normalize_advantage": True,
                "epochs": 4,
                "minibatches": 4,
                "clip_range": 0.2,
            },
        ),
    ),
)

NOTEBOOK = PresetDefinition(
    name="notebook",
    title="The notebook",
    summary="CartPole-v0 as a well-known notebook trains it: eight environment threads, a queue, "
    "two optimizer threads, 16 relu units, returns over 8 steps, random actions at a falling rate, "
    "30 seconds, then a test episode without exploration.",
    teaches="Its mistakes are mended: returns are exact for every episode length, time limits "
    "bootstrap, and old segments and random actions are corrected for. Its value weight of 0.5 on "
    "the squared error is a value coefficient of 1 here, on half of it. At 15 % random actions the "
    "return in training has a ceiling that the test episode has not.",
    document={
        "algorithm": "ga3c",
        "environment": {"id": "CartPole-v0"},
        "network": {"hidden": [16], "activation": "relu", "shared_trunk": True},
        "workers": 8,
        "envs_per_worker": 1,
        "hyperparameters": {
            "optimizer": "rmsprop",
            "learning_rate": 0.005,
            "rmsprop_decay": 0.99,
            # The notebook clips nothing. TensorFlow's RMSProp begins with g = 1, which damps the
            # first steps; ours begins with 0 as the paper's, so it takes the paper's large epsilon.
            # Measured over 5 seeds: with 1e-5 and a clip of 0.5 four of five policies collapse.
            "optimizer_epsilon": 0.1,
            "max_gradient_norm": 0.0,
            "entropy_coefficient": 0.01,
            "value_coefficient": 1.0,
            "rollout_length": 8,
            "gamma": 0.99,
            "gae_lambda": 1.0,
            "epsilon": {
                "schedule": "linear",
                "from": 0.4,
                "to": 0.15,
                "from_env_step": 0,
                "until_env_step": 75_000,
            },
            "correction": "vtrace",
            "optimizer_threads": 2,
            "min_batch": 32,
            "worker_delay_s": 0.001,
        },
        "budget": {"env_steps": None, "seconds": 30.0, "target_return": None},
        "evaluation": {"episodes": 1},
    },
)
