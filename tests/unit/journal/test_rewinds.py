"""What a run went back behind, as its record tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.old_records import OLD_CHECKPOINT, OLD_VERSIONS, old_record
from fakes.records import episodes, new_record, progress
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.stretches import Stretch
from matinee.errors import JournalError
from matinee.journal.read_access import reading
from matinee.journal.rewinds import Rewind, abandoned, origins, read_abandoned
from matinee.journal.writer import JournalWriter


def stretch(from_seq: int, until_seq: int) -> Stretch:
    """With ten of everything for each event."""
    return Stretch(
        from_seq=from_seq,
        until_seq=until_seq,
        **{f"from_{name}": 10 * from_seq for name in ("episode", "env_step", "seconds", "update")},
        **{
            f"until_{name}": 10 * until_seq for name in ("episode", "env_step", "seconds", "update")
        },
    )


def rewind(seq: int, *, to: int) -> Rewind:
    """From the event before `seq` to the checkpoint of event `to`."""
    return Rewind(seq, stretch(to, seq - 1))


def train(writer: JournalWriter, *, first_step: int, finished: int) -> None:
    """So many episodes of ten env steps, and a flush."""
    writer.append_episodes(episodes([1.0] * finished, first_step=first_step + 9), updates=7)
    end = first_step + 10 * finished - 1
    writer.append_metrics({}, progress(end).model_copy(update={"episodes": writer.episodes}))


def test_the_stretch_is_all_that_came_after_the_checkpoint(tmp_path: Path) -> None:
    """It begins where the checkpoint was saved and ends at the end of the record."""
    with new_record(tmp_path) as writer:
        train(writer, first_step=1, finished=3)
        saved = writer.append(
            CheckpointSaved, env_step=30, checkpoint_id="c", cause="command", size_bytes=1
        )
        train(writer, first_step=31, finished=2)

        found = writer.stretch_after("c")

        assert found is not None
        assert (found.from_seq, found.until_seq) == (saved, writer.committed_seq)
        assert (found.from_episode, found.until_episode) == (3, 5)
        assert (found.from_env_step, found.until_env_step) == (30, 50)
        assert (found.from_update, found.until_update) == (7, 7)
        assert (found.from_seconds, found.until_seconds) == (1.1, 1.1)


def test_nothing_is_abandoned_at_the_end_of_the_record(tmp_path: Path) -> None:
    """Right after its checkpoint a run can go back without losing a row."""
    with new_record(tmp_path) as writer:
        train(writer, first_step=1, finished=3)
        writer.append(CheckpointSaved, env_step=30, checkpoint_id="c", cause="end", size_bytes=1)
        assert writer.stretch_after("c") is None


def test_an_unknown_checkpoint_is_refused(tmp_path: Path) -> None:
    """A checkpoint that was never saved, or deleted, is no place to go back to."""
    with new_record(tmp_path) as writer, pytest.raises(JournalError, match="not in the record"):
        writer.stretch_after("c")


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_record_can_be_rewound(tmp_path: Path, old: int) -> None:
    """Older layouts have no abandoned rows; brought forward, their checkpoints serve as well."""
    run_dir = old_record(tmp_path, old)
    with reading(run_dir) as connection:
        assert read_abandoned(connection) == []

    with JournalWriter(run_dir) as writer:
        found = writer.stretch_after(OLD_CHECKPOINT)
        assert found is not None
        assert (found.from_episode, found.until_episode) == (40, 80)
        writer.abandon(found, seq=writer.committed_seq, checkpoint_id=OLD_CHECKPOINT)
    with reading(run_dir) as connection:
        assert read_abandoned(connection) == [found]


def test_separate_rewinds_are_all_abandoned() -> None:
    """Each time that the run goes back a little, a stretch is left."""
    assert abandoned([rewind(10, to=5), rewind(20, to=15)]) == [stretch(5, 9), stretch(15, 19)]


def test_a_rewind_to_before_another_takes_it_in() -> None:
    """What was abandoned within an abandoned stretch needs no mark of its own."""
    assert abandoned([rewind(10, to=5), rewind(20, to=3)]) == [stretch(3, 19)]


def test_an_undone_rewind_gives_its_stretch_back() -> None:
    """Back to a checkpoint of the abandoned stretch: that part is the run's course again."""
    assert abandoned([rewind(10, to=5), rewind(20, to=9)]) == [stretch(9, 19)]


def test_what_follows_a_rewind_comes_from_its_checkpoint() -> None:
    """Whether separate, one to before another, or one that undoes another."""
    separate = [rewind(10, to=5), rewind(20, to=15)]
    assert origins(separate, "seq") == {9: 5, 19: 15}
    assert origins(separate, "episode") == {90: 50, 190: 150}
    assert origins([rewind(10, to=5), rewind(20, to=3)], "seq") == {9: 5, 19: 3}
    assert origins([rewind(10, to=5), rewind(20, to=9)], "seq") == {9: 5, 19: 9}


def test_a_checkpoint_right_after_a_rewind_has_the_rows_of_the_earlier_one() -> None:
    """No episode ended between both, so that its number names the abandoned end, too."""
    first = rewind(10, to=5)
    second = Rewind(
        20, stretch(11, 19).model_copy(update={"from_episode": first.stretch.until_episode})
    )
    before = Rewind(
        20, stretch(8, 19).model_copy(update={"from_episode": first.stretch.until_episode})
    )

    assert origins([first, second], "episode") == {90: 50, 190: 50}
    assert origins([first, before], "episode") == {90: 50, 190: 90}
