"""From the policy's draws to what a chart is given."""

from __future__ import annotations

import math
from pathlib import Path

from fakes.hosting import hosted
from matinee.contracts.series import SeriesAxis
from matinee.journal.histograms import read_histograms


def test_actions_are_recorded_as_the_policy_draws_them(data_dir: Path, runtime_dir: Path) -> None:
    """Epsilon 1 is a known policy: both actions of CartPole half of the time; every episode counts.

    The share of one action among n draws is within five standard deviations, 5 / (2 sqrt n).
    """
    spec = {"hyperparameters": {"epsilon": 1.0}, "budget": {"env_steps": 4000}}
    with hosted(data_dir, "CartPole-v1", runtime_dir=runtime_dir, spec=spec) as run:
        run.finish()
    answer = read_histograms(
        run.run_dir,
        run_id="run",
        names=["actions", "episode_return", "layer_weight_norm"],
        axis=SeriesAxis.ENV_STEP,
        points=1,
    )
    (drawn,) = answer.histograms["actions"].counts
    (returns,) = answer.histograms["episode_return"].counts

    assert answer.histograms["actions"].labels == ["0", "1"]
    assert sum(drawn) >= 64
    assert abs(drawn[0] / sum(drawn) - 0.5) < 5 / (2 * math.sqrt(sum(drawn)))
    assert sum(returns) == run.snapshot.progress.episodes > 0
    told = run.events("histograms_counted")
    assert sum(sum(each["histograms"]["actions"]["counts"]) for each in told) == sum(drawn)
