"""Whether the critic has exploded."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from matinee.contracts.metrics import MetricSummary
from matinee.worker.value_signals import FEWEST_LOSSES, LossCourse, RewardScale, ValueCourse

ONE = RewardScale(reward_abs_max=1.0, gamma=0.99)


def summary(value: float) -> MetricSummary:
    """One value."""
    return MetricSummary(mean=value, min=value, max=value, last=value, count=1)


@pytest.mark.parametrize(
    ("rewards", "bound"),
    [
        (ONE, 100.0),
        (RewardScale(16.0, scale=0.1, gamma=0.9), 16.0),
        (RewardScale(400.0, clip=1.0, gamma=0.99), 100.0),
        (RewardScale(400.0, scale=0.001, clip=1.0, gamma=0.99), 40.0),
    ],
)
def test_the_bound_is_that_of_rewards_as_they_are_learned_from(
    rewards: RewardScale, bound: float
) -> None:
    """Scaled, clipped, and added up with the discount."""
    assert rewards.value_bound == pytest.approx(bound)


def test_values_are_compared_with_the_bound_on_both_sides() -> None:
    """The farthest from 0, whether it is the least or the greatest."""
    low = {"value_min": summary(-1200.0), "value_max": summary(30.0)}
    high = {"value_min": summary(-2.0), "value_max": summary(50.0)}

    assert ValueCourse().excess(low, ONE) == pytest.approx(12.0)
    assert ValueCourse().excess(high, ONE) == pytest.approx(0.5)


def test_without_values_or_rewards_there_is_nothing_to_compare() -> None:
    """A critic may start anywhere before the first reward comes."""
    values = {"value_min": summary(-3.0), "value_max": summary(3.0)}

    assert math.isnan(ValueCourse().excess({}, ONE))
    assert math.isnan(ValueCourse().excess(values, RewardScale(0.0)))


def extent(value: float) -> dict[str, MetricSummary]:
    """Estimates from 0 to this."""
    return {"value_min": summary(0.0), "value_max": summary(value)}


def test_a_critic_may_unlearn_what_earlier_settings_allowed() -> None:
    """With rewards a hundred times smaller values are judged by the old bound until they fit."""
    course, small = ValueCourse(), replace(ONE, scale=0.01)

    assert course.excess(extent(90.0), ONE) == pytest.approx(0.9)
    assert course.excess(extent(90.0), small) == pytest.approx(0.9)
    assert course.excess(extent(2000.0), small) == pytest.approx(20.0)
    assert course.excess(extent(0.9), small) == pytest.approx(0.9)
    assert course.excess(extent(90.0), small) == pytest.approx(90.0)


@pytest.mark.parametrize(
    "changed",
    [
        replace(ONE, scale=10.0),
        replace(ONE, gamma=0.9),
        replace(ONE, clip=0.5),
        replace(ONE, truncation_bootstrap=False),
    ],
)
def test_a_loss_is_not_compared_with_those_in_other_units(changed: RewardScale) -> None:
    """After 400 losses of 20, rewards that count otherwise are no explosion; a later one is."""
    course = LossCourse()
    for _ in range(400):
        course.jump(summary(20.0), ONE)
    told = [course.jump(summary(6000.0), changed) for _ in range(FEWEST_LOSSES)]

    assert all(map(math.isnan, told))
    assert course.jump(summary(6000.0), changed) == pytest.approx(1.0)
    assert course.jump(summary(6e5), changed) == pytest.approx(100.0)


def test_a_slow_schedule_leaves_losses_comparable() -> None:
    """A discount that moves a little with each flush doesn't keep the course from ever knowing."""
    course = LossCourse()
    told = [
        course.jump(summary(2.0), replace(ONE, gamma=0.99 + 1e-6 * flush)) for flush in range(400)
    ]

    assert sum(map(math.isnan, told)) == FEWEST_LOSSES
    assert told[-1] == pytest.approx(1.0)


def test_a_loss_is_compared_with_its_median() -> None:
    """Nothing is told before there are enough losses; one outlier does not move the median."""
    course = LossCourse()
    told = [course.jump(summary(2.0), ONE) for _ in range(FEWEST_LOSSES)]

    assert all(map(math.isnan, told))
    assert course.jump(summary(200.0), ONE) == pytest.approx(100.0)
    assert course.jump(summary(2.0), ONE) == pytest.approx(1.0)
    assert math.isnan(course.jump(None, ONE))


def test_an_explosion_does_not_become_usual_by_lasting() -> None:
    """As many exploded losses as a short memory would hold are still many times the median."""
    course = LossCourse()
    for _ in range(5000):
        course.jump(summary(2.0), ONE)
    told = [course.jump(summary(2e4), ONE) for _ in range(1000)]

    assert min(told) == pytest.approx(1e4)


def test_the_first_reward_is_no_explosion() -> None:
    """Where rewards are rare, the loss is next to nothing until one comes, and then 10^5 times."""
    course = LossCourse()
    for _ in range(1000):
        course.jump(summary(1e-6), ONE)

    # Half of the squared reward: the critic expected none.
    assert course.jump(summary(0.5), ONE) <= 1.0
    assert course.jump(summary(60.0), ONE) > 100.0
