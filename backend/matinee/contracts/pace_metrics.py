"""Rows of the metric catalogue about speed: how fast, and where the time goes."""

from __future__ import annotations

from matinee.contracts.algorithm_names import ASYNCHRONOUS_ALGORITHMS, Algorithm
from matinee.contracts.metric_definition import MetricDefinition

PACE_METRICS = (
    MetricDefinition(
        name="steps_per_second",
        label="speed",
        group="throughput",
        unit="env steps/s",
        per="flush",
        meaning="Env steps of all workers per second of training.",
        guidance="Flat. A fall means that something else needs the processor. Too slow: try more "
        "environments per worker.",
    ),
    MetricDefinition(
        name="worker_steps_per_second",
        label="speed per worker",
        group="throughput",
        unit="env steps/s",
        per="flush",
        detailed=True,
        meaning="Env steps of each worker per second: mean, least and greatest over the workers.",
        guidance="A narrow band. One far below the others: look at its environment.",
    ),
    MetricDefinition(
        name="updates_per_second",
        label="updates",
        group="throughput",
        unit="1/s",
        per="flush",
        detailed=True,
        meaning="Pushes of all workers per second of training.",
        guidance="Flat.",
    ),
    MetricDefinition(
        name="share_env",
        label="time in environments",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time that goes into stepping environments.",
        guidance="The larger, the less the learner costs.",
    ),
    MetricDefinition(
        name="share_act",
        label="time choosing actions",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time that goes into the policy's forward passes.",
        guidance="More environments a worker make it smaller.",
    ),
    MetricDefinition(
        name="share_learn",
        label="time learning",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time that goes into gradients and pushes.",
        guidance="Longer rollouts make it smaller, and updates fewer.",
    ),
    MetricDefinition(
        name="share_wait",
        label="time waiting",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time spent waiting for the pace or, where threads would "
        "only get in each other's way, their turn.",
        guidance="Near 0, unless training is slowed down on purpose; with n threads that take "
        "turns, near 1 - 1/n.",
    ),
    MetricDefinition(
        name="share_lock",
        label="time waiting for the lock",
        group="throughput",
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time spent waiting until others have left the lock of the "
        "weights. 0 without `update_lock`.",
        guidance="Near 0. More: pushes are so many that the lock costs more than it saves.",
    ),
    MetricDefinition(
        name="share_queue",
        label="time waiting for the queue",
        group="throughput",
        algorithms=(Algorithm.GA3C,),
        unit="share",
        per="flush",
        detailed=True,
        meaning="Share of the threads' time spent waiting for the sample queue or for a "
        "predictor: mean, least and greatest over environment, optimizer and predictor threads.",
        guidance="Some threads always wait. All of them: there are too many for the processor.",
    ),
    MetricDefinition(
        name="share_other",
        label="time elsewhere",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="What is left of the threads' time: bookkeeping, and waiting for the GIL between "
        "the measured phases.",
        guidance="Small. Large with many threads: the GIL is the limit.",
    ),
    MetricDefinition(
        name="processor_cores",
        label="processor in use",
        group="throughput",
        unit="cores",
        per="flush",
        detailed=True,
        meaning="Processor time of all processes of the run per second. About 1 for each process "
        "with several threads means that the GIL lets only one of them work.",
        guidance="Near the number of threads, or of cores if fewer.",
    ),
    MetricDefinition(
        name="process_cores",
        label="processor by process",
        group="throughput",
        unit="cores",
        per="flush",
        detailed=True,
        meaning="Processor time of each process of the run per second: mean, least and greatest.",
        guidance="About 1 each. Less: there are more processes than cores, or something else "
        "needs them.",
    ),
    MetricDefinition(
        name="record_cores",
        label="recording",
        group="throughput",
        unit="cores",
        per="flush",
        detailed=True,
        meaning="Processor time per second of the thread that measures the run, writes its record "
        "and takes commands. It takes turns with the training threads, so they lack it.",
        guidance="0.01 to 0.03, on a slow processor the more. Larger in the first seconds of a "
        "run, with very many episodes a second and while a checkpoint is saved.",
    ),
    MetricDefinition(
        name="gil_bound",
        label="processor / threads",
        group="throughput",
        unit="share",
        per="flush",
        detailed=True,
        meaning="Processor in use as a share of what the threads that don't wait could use on "
        "these cores. Two that go for the GIL at once and always find it taken come to one half; "
        "threads that take turns wait instead, and the time waiting tells of the GIL.",
        guidance="Near 1. Low although no thread waits: fewer threads with more environments.",
        equation=r"\text{cores in use} / \min(\text{threads that don't wait}, \text{cores})",
    ),
    MetricDefinition(
        name="memory_bytes",
        label="memory",
        group="throughput",
        unit="bytes",
        per="flush",
        detailed=True,
        meaning="Memory of all processes of the run (resident sets): what they share is counted in "
        "each.",
        guidance="Flat after the first minute.",
    ),
    MetricDefinition(
        name="heartbeat_age_s",
        label="silence of workers",
        group="throughput",
        unit="s",
        per="flush",
        detailed=True,
        meaning="How long ago each thread last stepped, learned or ended a wait: mean and "
        "greatest. 0 for those that wait on purpose.",
        guidance="About the time of a step or an update, and no less than it takes to look.",
    ),
)
