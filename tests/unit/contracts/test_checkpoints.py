"""Which checkpoints are kept."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes.records import NOW
from matinee.contracts.checkpoints import Checkpoint, CheckpointCause, best_of, kept
from matinee.contracts.run_parts import CheckpointSpec


def saved(
    seq: int,
    cause: CheckpointCause = "schedule",
    *,
    mean: float | None = None,
    full: bool = True,
    pinned: bool = False,
    abandoned: bool = False,
) -> Checkpoint:
    """A checkpoint whose id is its number."""
    return Checkpoint(
        id=str(seq),
        created_at=NOW + timedelta(seconds=seq),
        seq=seq,
        env_step=10 * seq,
        episodes=seq,
        seconds=float(seq),
        cause=cause,
        size_bytes=1,
        mean_return_100=mean,
        full_window=full,
        pinned=pinned,
        abandoned=abandoned,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Checkpoint]:
    """Some checkpoints, with gaps, in any order."""
    numbers = draw(st.lists(st.integers(1, 40), unique=True, max_size=20))
    causes: st.SearchStrategy[CheckpointCause] = st.sampled_from(
        ["schedule", "pause", "end", "command", "change", "rewind", "fork"]
    )
    return [
        saved(
            number,
            draw(causes),
            mean=draw(st.none() | st.floats(-5, 5)),
            full=draw(st.booleans()),
            pinned=draw(st.booleans()),
            abandoned=draw(st.booleans()),
        )
        for number in numbers
    ]


PLANS = st.builds(
    CheckpointSpec,
    keep_last=st.integers(1, 4),
    keep_changes=st.integers(0, 4),
    keep_best=st.booleans(),
)


@given(histories(), PLANS)
def test_what_somebody_needs_stays(entries: list[Checkpoint], plan: CheckpointSpec) -> None:
    """The newest, every pinned one, and the best if it is wanted; never more than the sums."""
    stay = kept(entries, plan)
    best = best_of(entries)

    assert stay <= {entry.id for entry in entries}
    assert stay >= {entry.id for entry in entries if entry.pinned}
    if entries:
        assert max(entries, key=lambda entry: entry.seq).id in stay
    if plan.keep_best and best is not None:
        assert best.id in stay
    unpinned = stay - {entry.id for entry in entries if entry.pinned}
    assert len(unpinned) <= plan.keep_last + plan.keep_changes + plan.keep_best + 1


@given(histories(), PLANS)
def test_pruning_twice_deletes_no_more(entries: list[Checkpoint], plan: CheckpointSpec) -> None:
    """What has been kept once is kept the next time."""
    stay = kept(entries, plan)

    assert kept([entry for entry in entries if entry.id in stay], plan) == stay


def test_precautions_do_not_drive_out_what_is_saved_by_time() -> None:
    """Each sort has its own number of places."""
    entries = [saved(1), saved(2), saved(3), *(saved(n, "change") for n in (4, 5, 6, 7))]

    stay = kept(entries, CheckpointSpec(keep_last=2, keep_changes=3, keep_best=False))

    assert stay == {"2", "3", "5", "6", "7"}


def test_one_lucky_episode_is_not_the_best() -> None:
    """A mean of 100 episodes beats every mean of fewer; those count only while it is alone."""
    lucky, solid = saved(1, mean=500.0, full=False), saved(2, mean=90.0)

    assert best_of([lucky]) == lucky
    assert best_of([lucky, solid, saved(3, mean=80.0)]) == solid


def test_what_was_abandoned_is_not_the_best() -> None:
    """The run has gone back to before it."""
    assert best_of([saved(1, mean=1.0), saved(2, mean=9.0, abandoned=True)]) == saved(1, mean=1.0)
    assert best_of([saved(2, mean=9.0, abandoned=True), saved(3)]) is None
