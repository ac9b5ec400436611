"""Speeds from samples at unequal intervals."""

from __future__ import annotations

import pytest

from benchmarks.steady_pace import Sample, steady_pace


def sample(seconds: float, env_steps: float, cores: float) -> Sample:
    """With an episode every hundred steps, and a tenth of the time for the host's thread."""
    return Sample(seconds, env_steps, env_steps / 100, cores, cores / 10)


def test_the_start_counts_for_nothing() -> None:
    """Only what was done between the first sample at the given time and the last one counts."""
    samples = [sample(1.0, 10, 4.0), sample(8.0, 1_000, 3.0), sample(18.0, 6_000, 1.5)]

    pace = steady_pace(samples, from_s=8.0)

    assert (pace.per_s, pace.episodes_per_s, pace.cores) == (500.0, 5.0, 1.5)
    assert pace.record_cores == pytest.approx(0.15)


def test_a_sample_counts_for_as_long_as_it_was_measured() -> None:
    """Many short samples at the begin don't outweigh the long ones that follow."""
    short = [sample(0.1 * number, 0, 4.0) for number in range(11)]

    pace = steady_pace([*short, sample(10.0, 700, 1.0)], from_s=0.0)

    assert pace.cores == pytest.approx((1.0 * 4.0 + 9.0 * 1.0) / 10.0)
    assert pace.record_cores == pytest.approx(pace.cores / 10)
    assert pace.per_s == pytest.approx(70.0)


def test_too_short_a_training_has_no_pace() -> None:
    """It is said how many samples there are, and nothing is made up."""
    with pytest.raises(ValueError, match="1 samples after 8 s"):
        steady_pace([sample(7.0, 10, 1.0), sample(9.0, 20, 1.0)], from_s=8.0)
