"""The hyperparameter catalogue.

The one table behind validation, the API, the command line, the sliders and the docs.

Sources of defaults and ranges: Mnih et al. 2016 (A3C), Schulman et al. 2016 (GAE), the
Stable-Baselines3 defaults for A2C, and our own measurements where the text says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import (
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WrapValidator,
)

from matinee.contracts.hyperparameter_definition import (
    HyperparameterDefinition,
    LiveClass,
    Scale,
)
from matinee.contracts.schedules import Schedule, schedule_values
from matinee.contracts.setting_errors import explain_setting
from matinee.errors import FieldError, InvalidInputError

HyperparameterScalar = (
    StrictBool
    | StrictInt
    | Annotated[StrictFloat, Field(allow_inf_nan=False)]
    | Annotated[StrictStr, Field(max_length=40)]
)
HyperparameterSetting = Annotated[HyperparameterScalar | Schedule, WrapValidator(explain_setting)]
"""What a person asks for: a number, a switch, a choice, or a schedule."""

_CATALOGUE = (
    HyperparameterDefinition(
        name="learning_rate",
        label="learning rate",
        symbol=r"\eta",
        group="optimizer",
        kind="number",
        unit="",
        default=7e-4,
        minimum=1e-7,
        maximum=1.0,
        zero_label="weights stand still",
        scale=Scale.LOG,
        takes_effect="next push",
        meaning="How far the weights move along each gradient.",
        guidance="Too high and the return collapses or jumps; too low and nothing happens. "
        "Try a factor of 3 at a time.",
        equation=r"\theta \leftarrow \theta - \eta\,\Delta\theta/\sqrt{g+\epsilon}",
        source="Mnih et al. 2016, Supplement 8: LogUniform(1e-4, 1e-2)",
    ),
    HyperparameterDefinition(
        name="max_gradient_norm",
        label="gradient clip",
        symbol=r"\|\nabla\|_{\max}",
        group="optimizer",
        kind="number",
        unit="",
        default=0.5,
        minimum=1e-3,
        maximum=1e4,
        zero_label="no clipping",
        scale=Scale.LOG,
        takes_effect="next push",
        meaning="A gradient longer than this is scaled down to it, over all weights at once.",
        guidance="Clipping most updates for long means that the learning rate is the real limit: "
        "raise the clip or lower the rate.",
        equation=r"d \leftarrow d \cdot \min(1, c / \|d\|_2)",
        source="Stable-Baselines3 A2C default, for a loss that is a mean over the rollout",
    ),
    HyperparameterDefinition(
        name="optimizer",
        label="optimizer",
        symbol="",
        group="optimizer",
        kind="choice",
        unit="",
        default="rmsprop",
        choices=("rmsprop", "adam"),
        live_class=LiveClass.WARM_RESTART,
        schedulable=False,
        takes_effect="next push; its statistics start anew",
        meaning="How a gradient becomes a step. All workers share its statistics.",
        guidance="The paper found shared RMSProp the most robust; Adam is faster on small nets.",
        equation="",
        source="Mnih et al. 2016, Supplement 7",
    ),
    HyperparameterDefinition(
        name="optimizer_epsilon",
        label="optimizer epsilon",
        symbol=r"\epsilon",
        group="optimizer",
        kind="number",
        unit="",
        default=1e-5,
        minimum=1e-9,
        maximum=1.0,
        scale=Scale.LOG,
        takes_effect="next push",
        meaning="Keeps the step finite where gradients are tiny.",
        guidance="Larger values behave like a lower learning rate for quiet weights.",
        equation=r"\Delta = d / \sqrt{g+\epsilon}",
        source="Stable-Baselines3 A2C default; 0.1 in the A3C paper's Atari runs",
    ),
    HyperparameterDefinition(
        name="optimizer_epsilon_mode",
        label="epsilon placement",
        symbol="",
        group="optimizer",
        kind="choice",
        unit="",
        default="inside",
        choices=("inside", "outside"),
        schedulable=False,
        takes_effect="next push",
        meaning="RMSProp only: epsilon inside the square root (paper, TensorFlow) or outside "
        "(PyTorch).",
        guidance="Inside is gentler while the statistics are still small.",
        equation=r"\frac{d}{\sqrt{g+\epsilon}} \;\text{or}\; \frac{d}{\sqrt{g}+\epsilon}",
        source="Mnih et al. 2016, Supplement 7; torch.optim.RMSprop",
    ),
    HyperparameterDefinition(
        name="rmsprop_decay",
        label="RMSProp decay",
        symbol=r"\alpha",
        group="optimizer",
        kind="number",
        unit="",
        default=0.99,
        minimum=0.5,
        maximum=0.9999,
        scale=Scale.ONE_MINUS_LOG,
        takes_effect="next push",
        meaning="How long RMSProp remembers squared gradients.",
        guidance="0.99 forgets in about 100 updates.",
        equation=r"g \leftarrow \alpha g + (1-\alpha)\,d^2",
        source="Mnih et al. 2016, Supplement 7",
    ),
    HyperparameterDefinition(
        name="adam_beta1",
        label="Adam beta 1",
        symbol=r"\beta_1",
        group="optimizer",
        kind="number",
        unit="",
        default=0.9,
        minimum=0.01,
        maximum=0.9999,
        zero_label="no momentum",
        scale=Scale.ONE_MINUS_LOG,
        takes_effect="next push",
        meaning="Momentum: how long Adam remembers gradients.",
        guidance="With many asynchronous workers lower values are steadier.",
        equation=r"m \leftarrow \beta_1 m + (1-\beta_1)\,d",
        source="Kingma & Ba 2015, Algorithm 1",
    ),
    HyperparameterDefinition(
        name="adam_beta2",
        label="Adam beta 2",
        symbol=r"\beta_2",
        group="optimizer",
        kind="number",
        unit="",
        default=0.999,
        minimum=0.5,
        maximum=0.99999,
        scale=Scale.ONE_MINUS_LOG,
        takes_effect="next push",
        meaning="How long Adam remembers squared gradients.",
        guidance="Rarely worth changing.",
        equation=r"v \leftarrow \beta_2 v + (1-\beta_2)\,d^2",
        source="Kingma & Ba 2015, Algorithm 1",
    ),
    HyperparameterDefinition(
        name="update_lock",
        label="update lock",
        symbol="",
        group="optimizer",
        kind="choice",
        unit="",
        default="none",
        choices=("none", "per_update"),
        schedulable=False,
        takes_effect="next push",
        meaning="none: workers write to the shared weights at the same time (Hogwild). "
        "per_update: one at a time.",
        guidance="For small nets it barely matters: see for yourself.",
        equation=r"\theta_{j+1} = \theta_j - \eta\,\nabla L(\theta_{j-\tau_j})",
        source="Recht et al. 2011",
    ),
    HyperparameterDefinition(
        name="entropy_coefficient",
        label="entropy coefficient",
        symbol=r"\beta",
        group="objective",
        kind="number",
        unit="",
        default=0.01,
        minimum=1e-6,
        maximum=1.0,
        zero_label="no entropy bonus",
        scale=Scale.LOG,
        takes_effect="next loss",
        meaning="A reward for staying undecided, so that the agent keeps exploring.",
        guidance="Entropy near 0 early on: raise it. Entropy near its maximum for long: lower it.",
        equation=r"L \mathrel{-}= \beta\,H(\pi),\quad H = -\sum_a \pi \log \pi",
        source="Williams & Peng 1991; Mnih et al. 2016, section 4",
    ),
    HyperparameterDefinition(
        name="value_coefficient",
        label="value coefficient",
        symbol=r"c_v",
        group="objective",
        kind="number",
        unit="",
        default=0.5,
        minimum=1e-3,
        maximum=10.0,
        zero_label="critic does not learn",
        scale=Scale.LOG,
        takes_effect="next loss",
        meaning="Weight of the critic's error in the loss. Convention: c_v times half the mean "
        "squared error.",
        guidance="Explained variance stays below 0: raise it.",
        equation=r"L \mathrel{+}= c_v\,\tfrac12 (R-V)^2",
        source="Mnih et al. 2016; Stable-Baselines3's 0.5 x MSE is 1.0 here",
    ),
    HyperparameterDefinition(
        name="normalize_advantage",
        label="normalise advantages",
        symbol=r"\tilde A",
        group="objective",
        kind="switch",
        unit="",
        default=False,
        schedulable=False,
        takes_effect="next loss",
        meaning="Advantages of a rollout to mean 0 and standard deviation 1.",
        guidance="Leave it off for short rollouts: a handful of samples gives noise.",
        equation=r"\tilde A = (A - \bar A)/(\sigma_A + 10^{-8})",
        source="Common practice in A2C and PPO; not part of A3C",
    ),
    HyperparameterDefinition(
        name="rollout_length",
        label="rollout length",
        symbol=r"t_{\max}",
        group="returns",
        kind="integer",
        unit="env steps",
        default=20,
        minimum=1,
        maximum=2048,
        scale=Scale.LOG2,
        takes_effect="next rollout",
        meaning="Steps in each environment between two pushes.",
        guidance="Short: fresh and noisy. Long: steadier, but the weights are older.",
        equation=r"R_t = \sum_{i=0}^{k-1}\gamma^i r_{t+i} + \gamma^k V(s_{t+k}),\; k \le t_{\max}",
        source="Mnih et al. 2016, Algorithm S3",
    ),
    HyperparameterDefinition(
        name="gamma",
        label="discount",
        symbol=r"\gamma",
        group="returns",
        kind="number",
        unit="",
        default=0.99,
        minimum=0.01,
        maximum=0.99999,
        zero_label="only the next reward counts",
        scale=Scale.ONE_MINUS_LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        takes_effect="next rollout",
        meaning="How much a reward one step later counts.",
        guidance="Looks ahead about 1/(1-gamma) steps. A change moves the scale of all values by "
        "(1-old)/(1-new): the critic must learn anew.",
        equation=r"G_t = \sum_k \gamma^k r_{t+k}",
        source="Sutton & Barto 2018, section 3.3",
    ),
    HyperparameterDefinition(
        name="gae_lambda",
        label="GAE lambda",
        symbol=r"\lambda",
        group="returns",
        kind="number",
        unit="",
        default=1.0,
        minimum=0.01,
        maximum=1.0,
        zero_label="one-step TD",
        scale=Scale.ONE_MINUS_LOG,
        takes_effect="next rollout",
        meaning="Between the one-step TD error (0) and the n-step return of the A3C paper (1).",
        guidance="Below 1 is steadier once the critic is any good.",
        equation=r"\hat A_t = \sum_l (\gamma\lambda)^l \delta_{t+l}",
        source="Schulman et al. 2016, equation 16",
    ),
    HyperparameterDefinition(
        name="truncation_bootstrap",
        label="bootstrap at time limits",
        symbol="",
        group="returns",
        kind="switch",
        unit="",
        default=True,
        schedulable=False,
        live_class=LiveClass.LIVE_WITH_WARNING,
        takes_effect="next rollout",
        meaning="On: an episode cut by a time limit goes on in the critic's estimate. Off: the "
        "classic mistake of treating the limit as an ending, for showing what it does.",
        guidance="Leave it on, unless you teach.",
        equation=r"R_T = V(s_T)\ \text{if truncated},\ 0\ \text{if terminated}",
        source="Pardo et al. 2018",
    ),
    HyperparameterDefinition(
        name="reward_scale",
        label="reward scale",
        symbol="",
        group="returns",
        kind="number",
        unit="",
        default=1.0,
        minimum=1e-4,
        maximum=1e4,
        scale=Scale.LOG,
        live_class=LiveClass.LIVE_WITH_WARNING,
        takes_effect="next rollout",
        meaning="Rewards are multiplied by this before learning; charts show the raw return.",
        guidance="Aim for values of the order of 1 to 100.",
        equation=r"r \leftarrow s\,r",
        source="Common practice",
    ),
    HyperparameterDefinition(
        name="epsilon",
        label="random actions",
        symbol=r"\varepsilon",
        group="exploration",
        kind="number",
        unit="share of steps",
        default=0.0,
        minimum=1e-4,
        maximum=1.0,
        zero_label="the policy alone explores",
        takes_effect="next rollout",
        meaning="Share of steps that take a random action instead of asking the policy. The loss "
        "is corrected for it.",
        guidance="A3C explores by entropy; this is for comparison with epsilon-greedy.",
        equation=r"\mu = (1-\varepsilon)\pi + \varepsilon/|\mathcal A|,\quad \rho = \pi/\mu",
        source="Sutton & Barto 2018, sections 2.2 and 5.5",
    ),
    HyperparameterDefinition(
        name="worker_delay_s",
        label="worker delay",
        symbol="",
        group="pace",
        kind="number",
        unit="s",
        default=0.0,
        minimum=1e-5,
        maximum=1.0,
        zero_label="none",
        scale=Scale.LOG,
        schedulable=False,
        takes_effect="next step",
        meaning="Each worker waits this long after each step, so that a person can watch.",
        guidance="",
        equation="",
        source="The notebook's THREAD_DELAY",
    ),
    HyperparameterDefinition(
        name="target_steps_per_second",
        label="speed limit",
        symbol="",
        group="pace",
        kind="number",
        unit="env steps/s",
        default=0.0,
        minimum=1.0,
        maximum=1e8,
        zero_label="as fast as it goes",
        scale=Scale.LOG,
        schedulable=False,
        takes_effect="at once",
        meaning="All workers together are held to this many env steps per second.",
        guidance="A few thousand is slow enough to watch CartPole being learned.",
        equation="",
        source="Matinee",
    ),
)

HYPERPARAMETERS: Mapping[str, HyperparameterDefinition] = MappingProxyType(
    {definition.name: definition for definition in _CATALOGUE}
)


def check_setting(name: str, setting: HyperparameterSetting) -> list[FieldError]:
    """Everything wrong with one hyperparameter's setting; empty if it is allowed."""
    definition = HYPERPARAMETERS.get(name)
    if definition is None:
        return [FieldError((name,), f"unknown hyperparameter; known: {', '.join(HYPERPARAMETERS)}")]
    if isinstance(setting, bool | int | float | str):
        message = _check_scalar(definition, setting)
        return [FieldError((name,), message)] if message else []
    if not definition.schedulable:
        return [FieldError((name,), f"can't follow a schedule; allowed: {definition.allowed}")]
    return [
        FieldError((name, "schedule"), message)
        for value in schedule_values(setting)
        if (message := _check_scalar(definition, value))
    ]


def _check_scalar(definition: HyperparameterDefinition, value: bool | float | str) -> str | None:
    refusal = f"{value!r} is not allowed; allowed: {definition.allowed}"
    if definition.kind == "switch":
        return None if isinstance(value, bool) else refusal
    if definition.kind == "choice":
        return None if value in definition.choices else refusal
    if isinstance(value, bool | str) or not math.isfinite(value):
        return refusal
    if definition.kind == "integer" and value != int(value):
        return refusal
    if value == 0 and definition.zero_label is not None:
        return None
    assert definition.minimum is not None
    assert definition.maximum is not None
    return None if definition.minimum <= value <= definition.maximum else refusal


def check_settings(settings: Mapping[str, HyperparameterSetting]) -> None:
    """Refuse settings of which any is unknown or out of range.

    Raises:
        InvalidInputError: naming every wrong field, its value and what is allowed.
    """
    fields = [error for name, setting in settings.items() for error in check_setting(name, setting)]
    if fields:
        raise InvalidInputError(
            f"{len(fields)} hyperparameter setting(s) not allowed",
            fields=fields,
            code="invalid_hyperparameters",
        )


def default_settings() -> dict[str, HyperparameterSetting]:
    """Every hyperparameter at its default."""
    return {definition.name: definition.default for definition in _CATALOGUE}
