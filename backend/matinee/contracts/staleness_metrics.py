"""Rows of the metric catalogue about asynchrony: how old, how far off, who was in whose way."""

from __future__ import annotations

from matinee.contracts.algorithm_names import ASYNCHRONOUS_ALGORITHMS, Algorithm
from matinee.contracts.metric_definition import MetricDefinition

_STALENESS = (
    MetricDefinition(
        name="policy_lag",
        label="policy lag",
        group="staleness",
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        unit="updates",
        per="update",
        meaning="Pushes between the copy of the weights that acted and the push of what was "
        "learned from it; in ga3c of the oldest segment of the batch.",
        guidance="About workers - 1 in a3c, pulling before each rollout; where a worker keeps its "
        "copy for longer, its own pushes count too. Large lag means gradients of an old policy: "
        "try shorter rollouts or fewer workers.",
        equation=r"v_{\text{push}} - v_{\text{acted}}",
    ),
    MetricDefinition(
        name="importance_ratio_mean",
        label="mean importance ratio",
        group="staleness",
        unit="",
        per="update",
        detailed=True,
        meaning="Policy that learns against policy that acted, for the actions taken. Outside of "
        "ga3c only where random actions are mixed in.",
        guidance="Around 1: the policy that learns is the one that acted.",
        equation=r"\overline{\rho_t},\ \rho_t = \pi(a_t|s_t)/\mu(a_t|s_t)",
    ),
    MetricDefinition(
        name="importance_ratio_max",
        label="greatest importance ratio",
        group="staleness",
        unit="",
        per="update",
        detailed=True,
        meaning="The action of the batch that the policy likes most more than when it acted.",
        guidance="A few. With random actions at most 1/(1-ε) in a3c and a2c.",
        equation=r"\max_t \rho_t",
    ),
    MetricDefinition(
        name="importance_clipped",
        label="clipped importance ratios",
        group="staleness",
        algorithms=(Algorithm.GA3C,),
        unit="share",
        per="update",
        detailed=True,
        meaning="Share of steps whose importance ratio V-trace cut to its limit.",
        guidance="Below one half; more: the queue is too long or the step too large. With random "
        "actions most steps are above a limit of 1 however young they are.",
        equation=r"\overline{\mathbb 1[\rho_t > \bar\rho]}",
    ),
    MetricDefinition(
        name="behaviour_kl",
        label="KL from the acting policy",
        group="staleness",
        algorithms=(Algorithm.GA3C,),
        unit="nats",
        per="update",
        detailed=True,
        meaning="How far behaviour as it would be now is from the one that acted, random actions "
        "included in both; Schulman's estimator k3, which is never negative.",
        guidance="Below 0.05. Above: gradients belong to an old policy.",
        equation=r"\overline{(r_t - 1) - \log r_t},\; r_t = \mu_{\text{now}} / \mu",
    ),
    MetricDefinition(
        name="value_delta",
        label="value now - value when acting",
        group="staleness",
        algorithms=(Algorithm.GA3C,),
        unit="reward",
        per="update",
        detailed=True,
        meaning="How much the critic has moved between acting and learning.",
        guidance="Small against the spread of advantages.",
        equation=r"\overline{V_{\theta}(s_t) - V_{\theta_{\text{acted}}}(s_t)}",
    ),
)

_PPO = (
    MetricDefinition(
        name="clip_fraction",
        label="clip fraction",
        group="ppo",
        algorithms=(Algorithm.PPO,),
        unit="share",
        per="update",
        detailed=True,
        meaning="Share of samples whose probability ratio left the clip range.",
        guidance="0.05 to 0.3. Near 0: steps are timid; above: too large.",
        equation=r"\overline{\mathbb 1[|r_t - 1| > \epsilon]}",
    ),
    MetricDefinition(
        name="approximate_kl",
        label="approximate KL",
        group="ppo",
        algorithms=(Algorithm.PPO,),
        unit="nats",
        per="update",
        meaning="How far the policy has moved from the one that made the rollout.",
        guidance="Around 0.01. Above the target the epochs are cut short.",
        equation=r"\overline{(r_t - 1) - \log r_t}",
    ),
    MetricDefinition(
        name="epochs_done",
        label="epochs done",
        group="ppo",
        algorithms=(Algorithm.PPO,),
        unit="epochs",
        per="update",
        meaning="Passes over the rollout so far, at this update.",
        guidance="Reaches `epochs`, unless the target KL ends them earlier.",
    ),
)

_QUEUE = (
    MetricDefinition(
        name="queue_depth",
        label="queue depth",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="segments",
        per="flush",
        meaning="Segments that wait for an optimizer thread.",
        guidance="In between. At its capacity: optimizers are too slow; at 0: actors are.",
    ),
    MetricDefinition(
        name="queue_fill",
        label="queue fill",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="share",
        per="flush",
        meaning="Queue depth as a share of its capacity.",
        guidance="In between. 1: environment threads wait; 0: optimizer threads wait.",
    ),
    MetricDefinition(
        name="queue_age_s",
        label="age in the queue",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="s",
        per="flush",
        meaning="How long the oldest waiting segment has waited.",
        guidance="Well below the time of a rollout.",
    ),
    MetricDefinition(
        name="batch_ratio",
        label="batch / smallest batch",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="",
        per="update",
        meaning="Samples in an update against the fewest that there can be: as many whole segments "
        "as the minimum batch takes.",
        guidance="Around 1. Above 5 the optimizers can't keep up (the notebook's alert).",
    ),
    MetricDefinition(
        name="dropped_segments",
        label="dropped segments",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="segments/s",
        per="flush",
        meaning="Segments thrown away because they were older than the largest lag allowed.",
        guidance="0. More: work is done for nothing.",
    ),
    MetricDefinition(
        name="predictions_per_second",
        label="predictions",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="1/s",
        per="flush",
        meaning="Observations per second that predictor threads have answered.",
        guidance="As many as env steps.",
    ),
    MetricDefinition(
        name="learning_balance",
        label="samples learned / acted",
        group="queue",
        algorithms=(Algorithm.GA3C,),
        unit="",
        per="flush",
        meaning="Samples that updates have used per second against env steps per second.",
        guidance="Around 1: predictions and training keep pace (Babaeizadeh et al. 2017, 4.2).",
        equation=r"N_{\text{updates}} \cdot B / N_{\text{env steps}}",
    ),
)

_HOGWILD = (
    MetricDefinition(
        name="worker_pushes_per_second",
        label="pushes per worker",
        group="hogwild",
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        unit="1/s",
        per="flush",
        detailed=True,
        meaning="Pushes of each worker per second: mean, least and greatest over the workers.",
        guidance="A narrow band: all workers have the same say.",
    ),
    MetricDefinition(
        name="concurrent_pushes",
        label="concurrent pushes",
        group="hogwild",
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        unit="pushes",
        per="update",
        meaning="Pushes by others that ended while a worker moved the weights.",
        guidance="Near 0. Always 0 with the lock.",
        equation=r"v_{\text{after}} - v_{\text{before}} - 1",
    ),
    MetricDefinition(
        name="lost_update_bound",
        label="lost updates, at most",
        group="hogwild",
        algorithms=ASYNCHRONOUS_ALGORITHMS,
        unit="share",
        per="flush",
        detailed=True,
        meaning="Upper bound of the share of steps that another thread overwrote: each pair of "
        "pushes at the same time can lose one of the two. Few weights really collide.",
        guidance="A few percent do no harm (Recht et al. 2011).",
        equation=r"\min(1, N_{\text{overlaps}} / N_{\text{pushes}})",
    ),
)

STALENESS_METRICS = (*_STALENESS, *_PPO, *_QUEUE, *_HOGWILD)
