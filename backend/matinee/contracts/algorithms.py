"""The training modes, with everything that can be tuned and watched in each."""

from __future__ import annotations

from matinee.contracts.algorithm_names import RECURRENT_ALGORITHMS, Algorithm
from matinee.contracts.histograms import histograms_of
from matinee.contracts.hyperparameters import HYPERPARAMETERS, default_settings
from matinee.contracts.metrics import metrics_of
from matinee.contracts.system import AlgorithmDescription


def _description(
    algorithm: Algorithm, *, title: str, sentence: str, summary: str, reproducible: str, source: str
) -> AlgorithmDescription:
    defaults = default_settings(algorithm)
    return AlgorithmDescription(
        name=algorithm,
        title=title,
        sentence=sentence,
        summary=summary,
        reproducible=reproducible,
        source=source,
        lockstep=algorithm is Algorithm.A3C,
        processes=algorithm is Algorithm.A3C,
        recurrent=algorithm in RECURRENT_ALGORITHMS,
        hyperparameters=[
            definition.model_copy(
                update={
                    "default": defaults[definition.name],
                    "live_class": definition.live_class_for(algorithm),
                }
            )
            for definition in HYPERPARAMETERS.values()
            if algorithm in definition.algorithms
        ],
        metrics=metrics_of(algorithm),
        histograms=histograms_of(algorithm),
    )


ALGORITHMS = (
    _description(
        Algorithm.A3C,
        title="Asynchronous advantage actor-critic",
        sentence="Several workers learn at the same time, each in its own environments, and none "
        "waits for another.",
        summary="Several workers learn at the same time. Each copies the shared weights, acts for "
        "a few steps in its own environments, computes a gradient from what happened and adds it "
        "to the shared weights, without waiting for the others. A gradient may be a few updates "
        "old when it arrives: that is the policy lag, and with small steps it does little harm. "
        "Because the workers see different things at the same time, no replay memory is needed.",
        reproducible="With one worker, or in lockstep; free-running threads meet in another "
        "order each time.",
        source="Mnih et al. 2016, arXiv:1602.01783",
    ),
    _description(
        Algorithm.GA3C,
        title="Actor-critic with a queue",
        sentence="Environment threads put what they see into a queue; optimizer threads take "
        "batches out of it and learn.",
        summary="Acting and learning are apart. Environment threads play and put whole segments "
        "into a bounded queue; optimizer threads wait for a minimum batch, compute one gradient "
        "from it and update the weights. Optionally, predictor threads answer the questions of "
        "all environment threads in one pass through the network. What is learned from is a "
        "little old, so each segment carries the probability with which it acted, and a "
        "correction (V-trace by default) makes up for the difference. This is also the scheme "
        "of the notebook that this program grew from.",
        reproducible="No: the order in which segments reach the queue differs each time.",
        source="Babaeizadeh et al. 2017, arXiv:1611.06256; Espeholt et al. 2018, arXiv:1802.01561",
    ),
    _description(
        Algorithm.A2C,
        title="Synchronous advantage actor-critic",
        sentence="One learner steps all environments together and makes one update from all of "
        "them.",
        summary="The synchronous twin of a3c. One thread steps the environments of all workers "
        "together, computes one gradient from all of their rollouts and makes one update. Nothing "
        "is old and nothing depends on the order of threads. It is the yardstick that shows what "
        "asynchrony costs or brings.",
        reproducible="Yes: the same seed makes the same weights, bit for bit.",
        source="Mnih et al. 2016, without the first A; OpenAI Baselines 2017",
    ),
    _description(
        Algorithm.PPO,
        title="Proximal policy optimization",
        sentence="As a2c, but each batch is used several times, and a clip keeps the policy near "
        "the one that acted.",
        summary="Collects as a2c does, but uses each batch several times: in every epoch the "
        "samples are dealt into minibatches, and each makes one update. A clip on the probability "
        "ratio takes away the gain of moving further from the policy that acted, so the same "
        "samples can be used again without the policy running away. It gets more out of each "
        "env step than the others, for more computing per step.",
        reproducible="Yes: the same seed makes the same weights, bit for bit.",
        source="Schulman et al. 2017, arXiv:1707.06347",
    ),
)
