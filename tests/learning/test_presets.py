"""What the quick presets promise, on seeds that were never looked at when they were tuned.

Nor when they were measured: settings were chosen on 1 to 5, figures are of 101 to 110.
"""

from __future__ import annotations

import statistics

import pytest

from fakes.training import Rig
from matinee.contracts.presets import Preset
from matinee.environments.catalogue import preset
from matinee.training.outcome import StopCause

# The wall clock is not what is tested: on a busy machine a few seconds of work take minutes.
pytestmark = [pytest.mark.learning, pytest.mark.timeout(600)]
PATIENCE_S = 500.0

SEEDS = (1001, 1002)

LIMIT_FACTOR = 4
"""Env steps within which a seed has to reach the target, as a multiple of the measured median."""

QUICK = (
    "cartpole-a3c",
    "cartpole-ga3c",
    "cartpole-a2c",
    "cartpole-ppo",
    "acrobot",
    "mountain-car-solved",
    "mountain-car-continuous",
    "pendulum",
    "frozen-lake",
    "minigrid-empty",
)
SLOWER = ("inverted-pendulum", "lunar-lander")
"""About as long as several of the others: one seed has to do."""

PACKAGES = {
    "minigrid-empty": "minigrid",
    "inverted-pendulum": "mujoco",
    "lunar-lander": "Box2D",
}
"""What a preset's environment needs besides."""

GREEDY_EPISODES = 20
RACES = range(1001, 1006)


def known(name: str) -> Preset:
    """A preset that there is."""
    found = preset(name)
    assert found is not None
    return found


def limit_env_steps(of: Preset) -> int:
    """Within which it has to be solved; never more than its own budget."""
    assert of.measurement is not None
    limit = LIMIT_FACTOR * of.measurement.env_steps_median
    return min(limit, of.spec.budget.env_steps or limit)


def trained(of: Preset, seed: int) -> Rig:
    """To its end, which is the target or the limit."""
    budget = of.spec.budget.model_copy(update={"env_steps": limit_env_steps(of)})
    rig = Rig(of.spec.model_copy(update={"seed": seed, "budget": budget}), patience_s=PATIENCE_S)
    rig.run()
    return rig


@pytest.mark.parametrize(
    ("name", "seed"),
    [(name, seed) for name in QUICK for seed in SEEDS] + [(name, SEEDS[0]) for name in SLOWER],
)
def test_a_quick_preset_reaches_its_target(name: str, seed: int) -> None:
    """It ends because the mean of 100 episodes is what the preset aims at, within its samples."""
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name])
    chosen = known(name)

    rig = trained(chosen, seed)

    outcome = rig.trainer.outcome
    assert outcome is not None
    assert outcome.cause is StopCause.FINISHED_TARGET, outcome.reason
    solved_at = rig.trainer.progress().solved_at
    assert solved_at is not None
    assert solved_at.env_steps < limit_env_steps(chosen)


def test_a_race_ends_with_a_policy_that_balances_without_exploring() -> None:
    """The fastest preset has not only once reached its mean: its last weights are worth it.

    Of five races, since a few in a hundred end with weights that drift to one side (ADR 0011).
    """
    race = known("cartpole-a3c")
    returns = []
    for seed in RACES:
        greedy = trained(race, seed).trainer.evaluate(
            GREEDY_EPISODES, deterministic=True, should_stop=lambda: False
        )
        assert greedy is not None
        returns.append(greedy.mean_return)

    assert statistics.median(returns) >= (race.spec.budget.target_return or 0.0), returns
