"""Rows about the training mode: who learns, and how samples reach the learner."""

from __future__ import annotations

from matinee.contracts.algorithm_names import ASYNCHRONOUS_ALGORITHMS, Algorithm
from matinee.contracts.hyperparameter_definition import (
    HyperparameterDefinition,
    LiveClass,
    Scale,
)

MODE_ROWS = (
    HyperparameterDefinition(
        name="algorithm",
        label="algorithm",
        symbol="",
        group="mode",
        kind="choice",
        unit="",
        default="a3c",
        choices=tuple(each.value for each in Algorithm),
        live_class=LiveClass.WARM_RESTART,
        spec_field=True,
        schedulable=False,
        takes_effect="warm restart: weights kept, threads and buffers rebuilt",
        meaning="Which training mode computes the updates. Set by `algorithm` of the run.",
        guidance="Other hyperparameters stay as they are: look at those whose default differs "
        "between the modes.",
        equation="",
        source="Matinee",
    ),
    HyperparameterDefinition(
        name="workers",
        label="workers",
        symbol="W",
        group="mode",
        kind="integer",
        unit="threads",
        default=2,
        minimum=1,
        maximum=64,
        scale=Scale.LOG2,
        live_class_by_algorithm={
            Algorithm.A2C: LiveClass.WARM_RESTART,
            Algorithm.PPO: LiveClass.WARM_RESTART,
        },
        spec_field=True,
        takes_effect="within seconds: threads are started or ended; in a2c, ppo and lockstep a "
        "warm restart, weights kept",
        meaning="Actor-learner threads in a3c, environment threads in ga3c; in a2c and ppo one "
        "thread steps the environments of all workers. Set by `workers` of the run.",
        guidance="More workers see more at once, and their gradients are older when they arrive. "
        "Python runs one of them at a time.",
        equation="",
        source="Mnih et al. 2016, section 4",
    ),
    HyperparameterDefinition(
        name="envs_per_worker",
        label="environments per worker",
        symbol="k",
        group="mode",
        kind="integer",
        unit="environments",
        default=8,
        minimum=1,
        maximum=4096,
        scale=Scale.LOG2,
        live_class=LiveClass.WARM_RESTART,
        spec_field=True,
        takes_effect="warm restart: weights kept, threads and environments rebuilt",
        meaning="Environments that one worker steps together; in a2c and ppo the one thread steps "
        "so many for each worker. Set by `envs_per_worker` of the run.",
        guidance="More make each env step cheaper and each gradient steadier, but fewer updates "
        "of the same env steps: a larger learning rate may then do.",
        equation="",
        source="Clemente et al. 2017, arXiv:1705.04862; measured by "
        "`python -m benchmarks --only ladder`",
    ),
    HyperparameterDefinition(
        name="pull_interval",
        label="pull interval",
        symbol="",
        group="mode",
        kind="integer",
        unit="rollouts",
        default=1,
        minimum=1,
        maximum=100,
        scale=Scale.LOG2,
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        takes_effect="next rollout",
        meaning="Rollouts that a worker plays on one copy of the shared weights before it copies "
        "them again.",
        guidance="1 is A3C as published. Larger values show what old weights do: watch the policy "
        "lag.",
        equation="",
        source="Matinee",
    ),
    HyperparameterDefinition(
        name="optimizer_threads",
        label="optimizer threads",
        symbol="",
        group="mode",
        kind="integer",
        unit="threads",
        default=1,
        minimum=1,
        maximum=8,
        scale=Scale.LOG2,
        algorithms=(Algorithm.GA3C,),
        takes_effect="within seconds; the threads are started or ended",
        meaning="Threads that take batches from the queue and update the shared weights.",
        guidance="A full queue asks for more of them, an empty one for fewer.",
        equation="",
        source="Babaeizadeh et al. 2017, section 4.1: 2 trainers",
    ),
    HyperparameterDefinition(
        name="predictor_threads",
        label="predictor threads",
        symbol="",
        group="mode",
        kind="integer",
        unit="threads",
        default=0,
        minimum=1,
        maximum=16,
        zero_label="each environment thread asks its own copy of the network",
        scale=Scale.LOG2,
        algorithms=(Algorithm.GA3C,),
        takes_effect="within seconds; the threads are started or ended",
        meaning="Threads that answer all waiting environment threads with one pass through the "
        "network.",
        guidance="Made for large networks on a GPU; compare the speed with and without.",
        equation="",
        source="Babaeizadeh et al. 2017, section 4.1: 2 predictors",
    ),
)
"""Mode and threads."""
