"""What a run went back behind: its rows are kept, and told apart from its present course."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Literal, NamedTuple

import orjson

from matinee.contracts.stretches import Stretch
from matinee.errors import JournalError
from matinee.journal.schema import BLOCKS_SINCE, FIRST_EPISODE, version_of

_COLUMNS = tuple(Stretch.model_fields)


class Rewind(NamedTuple):
    """One that happened: `seq` is its event's, which lies after the stretch."""

    seq: int
    stretch: Stretch


class _Place(NamedTuple):
    episode: int
    env_step: int
    seconds: float
    update: int


def stretch_after(connection: sqlite3.Connection, checkpoint_id: str | None) -> Stretch | None:
    """What is recorded after a checkpoint, up to the end of the record; None: nothing.

    Args:
        connection: To the record.
        checkpoint_id: None: after the beginning.

    Raises:
        JournalError: the checkpoint is not in the record.
    """
    from_seq = 0
    if checkpoint_id is not None:
        row = connection.execute(
            "SELECT seq FROM checkpoints WHERE id = ?", (checkpoint_id,)
        ).fetchone()
        if row is None:
            raise JournalError(f"checkpoint {checkpoint_id} is not in the record")
        from_seq = int(row[0])
    (until_seq,) = connection.execute("SELECT max(seq) FROM events").fetchone()
    begin = _place(connection, from_seq)
    end = _place(connection, until_seq)
    (flushes,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM flushes WHERE seq > ?)", (from_seq,)
    ).fetchone()
    (undone,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM abandoned WHERE seq > ?)", (from_seq,)
    ).fetchone()
    if begin == end and not flushes and not undone:
        return None
    return Stretch(
        from_seq=from_seq,
        until_seq=until_seq,
        from_episode=begin.episode,
        until_episode=end.episode,
        from_env_step=begin.env_step,
        until_env_step=end.env_step,
        from_seconds=begin.seconds,
        until_seconds=max(begin.seconds, end.seconds),
        from_update=begin.update,
        until_update=end.update,
    )


def abandoned_row(stretch: Stretch, seq: int, checkpoint_id: str | None) -> tuple[object, ...]:
    """A row of the table `abandoned`."""
    return (seq, checkpoint_id or "", *(getattr(stretch, name) for name in _COLUMNS))


def read_rewinds(connection: sqlite3.Connection) -> list[Rewind]:
    """All that happened, in that order."""
    if version_of(connection) < BLOCKS_SINCE:
        return []
    rows = connection.execute(f"SELECT seq, {', '.join(_COLUMNS)} FROM abandoned ORDER BY seq")
    return [Rewind(seq, Stretch(**dict(zip(_COLUMNS, row, strict=True)))) for seq, *row in rows]


def read_abandoned(connection: sqlite3.Connection) -> list[Stretch]:
    """What is not part of the run's present course, oldest first; no two of them overlap."""
    return abandoned(read_rewinds(connection))


def abandoned(rewinds: Iterable[Rewind]) -> list[Stretch]:
    """Stretches that the present course does not go through, oldest first.

    The course is followed backwards: from now to the newest rewind, on from its checkpoint to the
    rewind before that, and so on. A rewind that lies within an abandoned stretch was itself undone:
    going back to before an earlier rewind makes what that one abandoned the run's course again.

    Args:
        rewinds: In the order in which they happened.
    """
    found: list[Stretch] = []
    for rewind in reversed(list(rewinds)):
        if not found or rewind.seq <= found[-1].from_seq:
            found.append(rewind.stretch)
    return found[::-1]


def origins(rewinds: Iterable[Rewind], counter: Literal["seq", "episode"]) -> dict[int, int]:
    """Where the run really came from at the end of each stretch that it went back behind.

    Args:
        rewinds: In the order in which they happened.
        counter: What numbers the rows.

    Returns:
        For the last row of each stretch that of its checkpoint.
    """
    found: dict[int, int] = {}
    newest: dict[int, int] = {}
    for seq, stretch in rewinds:
        begin = getattr(stretch, f"from_{counter}")
        end = getattr(stretch, f"until_{counter}")
        # A checkpoint right after a rewind stands at the same row as the end of that stretch.
        follows = begin in newest and newest[begin] < stretch.from_seq
        found[end] = found[begin] if follows else begin
        newest[end] = seq
    return found


def _place(connection: sqlite3.Connection, seq: int) -> _Place:
    """How far the rows up to an event go."""
    told = connection.execute(
        "SELECT payload FROM events WHERE seq <= ? AND type = 'episodes_finished' "
        "ORDER BY seq DESC LIMIT 1",
        (seq,),
    ).fetchone()
    first = connection.execute("SELECT value FROM meta WHERE key = ?", (FIRST_EPISODE,)).fetchone()
    if told:
        episode = int(orjson.loads(told[0])["last_episode"])
    else:
        episode = int(first[0]) - 1 if first else 0
    rows = [(0, 0.0, 0)]
    rows += connection.execute(
        "SELECT env_step, seconds, updates FROM flushes WHERE seq <= ? ORDER BY seq DESC LIMIT 1",
        (seq,),
    ).fetchall()
    rows += connection.execute(
        "SELECT env_step, seconds, updates FROM episodes WHERE episode = ?", (episode,)
    ).fetchall()
    rows += connection.execute(
        "SELECT env_step, 0.0, 0 FROM checkpoints WHERE seq = ?", (seq,)
    ).fetchall()
    env_step, seconds, update = (max(column) for column in zip(*rows, strict=True))
    return _Place(episode, env_step, seconds, update)
