"""Histograms can be made coarser and added up without losing a count."""

from __future__ import annotations

import pytest

from matinee.contracts.histograms import MAX_BINS, Histogram


def test_coarser_bins_keep_every_count_at_its_place() -> None:
    """By hand: bins -3..2 of width 1 become bins -2..1 of width 2."""
    fine = Histogram(0, -3, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))

    assert fine.coarsened(1) == Histogram(1, -2, (1.0, 5.0, 9.0, 6.0))
    assert fine.coarsened(0) is fine


def test_finer_bins_can_not_be_made_up() -> None:
    """What was counted together stays together."""
    with pytest.raises(ValueError, match="can't tell"):
        Histogram(2, 0, (1.0,)).coarsened(1)


def test_adding_needs_no_guess() -> None:
    """Different widths and ranges: every count lands in the bin that holds its old bin."""
    added = Histogram(0, 0, (1.0, 1.0)).plus(Histogram(1, 3, (5.0,)))

    assert added == Histogram(1, 0, (2.0, 0.0, 0.0, 5.0))


def test_adding_stays_within_the_bins() -> None:
    """Two far apart get wider bins, not more of them."""
    added = Histogram(0, 0, (1.0,)).plus(Histogram(0, 10_000, (2.0,)))

    assert len(added.counts) <= MAX_BINS
    assert sum(added.counts) == 3.0
    assert added.width == 256.0
