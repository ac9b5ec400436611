"""A present value against its own past."""

from __future__ import annotations

import pytest

from matinee.contracts.alerts import RETURN_LOST, SPEED_SHARE, VALUE_LOSS_JUMP
from matinee.contracts.metrics import MetricSummary
from matinee.contracts.progress import Progress
from matinee.worker.alert_signals import FEWEST_LOSSES, SHORTEST_SPEED_S, AlertSignals


def test_what_was_gained_and_lost_again_is_a_share_of_the_gain() -> None:
    """From 20 to a best of 120 and down to 70: half of the gain is lost."""
    signals = AlertSignals()

    assert signals.read({}, Progress(mean_return_100=20.0, best_mean_return_100=20.0)) == {}
    lost = signals.read({}, Progress(mean_return_100=70.0, best_mean_return_100=120.0))

    assert lost == {RETURN_LOST: 0.5}


def test_a_loss_is_compared_with_its_usual_size() -> None:
    """Nothing is told before there are enough losses; one outlier does not move the median."""
    signals = AlertSignals()

    def told(loss: float) -> dict[str, float]:
        summary = MetricSummary(mean=loss, min=loss, max=loss, last=loss, count=1)
        return signals.read({"value_loss": summary}, Progress())

    assert [told(2.0) for _ in range(FEWEST_LOSSES)] == [{}] * FEWEST_LOSSES
    assert told(200.0) == {VALUE_LOSS_JUMP: pytest.approx(100.0)}
    assert told(2.0) == {VALUE_LOSS_JUMP: pytest.approx(1.0)}


def test_speed_is_compared_with_the_last_minute() -> None:
    """After some seconds at 1000 steps a second, 400 is a share of 0.4."""
    signals = AlertSignals()
    for second in range(int(SHORTEST_SPEED_S)):
        assert signals.read({}, Progress(seconds=second, steps_per_second=1000.0)) == {}

    slow = signals.read({}, Progress(seconds=SHORTEST_SPEED_S, steps_per_second=400.0))

    assert slow == {SPEED_SHARE: pytest.approx(0.4)}
