"""Whether a run.db is whole: what SQLite says of the file, and what we know of its contents."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from matinee.errors import JournalError, JournalVersionError
from matinee.journal.blocks import SIZES
from matinee.journal.read_access import reading
from matinee.journal.reader import JournalReader
from matinee.journal.schema import BLOCKS_SINCE, SCHEMA_VERSION, run_db, version_of

_MOST_LINES = 10


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        code: The same for all of a kind.
        what: In words.
        repairable: Whether a repair can mend it.
    """

    code: str
    what: str
    repairable: bool


def check_record(run_dir: Path) -> list[Finding]:
    """What is wrong with a run's record; nothing, if all is well. Reads the whole file."""
    try:
        with reading(run_dir) as connection:
            lines = [
                str(line)
                for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_LINES})")
            ]
            if lines != ["ok"]:
                return [Finding("damaged", f"SQLite: {'; '.join(lines)}", repairable=True)]
            findings = [*_gaps(connection), *_blocks(connection)]
            if version_of(connection) < SCHEMA_VERSION:
                what = f"its layout is version {version_of(connection)} of {SCHEMA_VERSION}"
                findings.append(Finding("old_layout", what, repairable=True))
    except JournalVersionError as error:
        return [Finding("newer_layout", str(error), repairable=False)]
    except JournalError as error:
        return [Finding("damaged", str(error), repairable=run_db(run_dir).exists())]
    return [*findings, *_documents(run_dir)]


def _gaps(connection: sqlite3.Connection) -> Iterator[Finding]:
    count, newest = connection.execute("SELECT count(*), max(seq) FROM events").fetchone()
    if count != (newest or 0):
        what = f"{(newest or 0) - count:,} of {newest:,} events are missing"
        yield Finding("events_missing", what, repairable=True)
    count, first, last = connection.execute(
        "SELECT count(*), min(episode), max(episode) FROM episodes"
    ).fetchone()
    if count and count != last - first + 1:
        what = f"{last - first + 1 - count:,} episodes between {first:,} and {last:,} are missing"
        yield Finding("episodes_missing", what, repairable=False)
    told = connection.execute(
        "SELECT payload FROM events WHERE type = 'episodes_finished' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if told and orjson.loads(told[0])["last_episode"] != last:
        what = f"events tell of {orjson.loads(told[0])['last_episode']:,} episodes, not of {last}"
        yield Finding("episodes_missing", what, repairable=False)


def _blocks(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Blocks of level 1 against the rows that are there, and their number in all levels."""
    if version_of(connection) < BLOCKS_SINCE:
        return
    if not _same_as_rows(
        connection,
        "SELECT {size}, last, return_sum, return_min, return_max FROM episode_blocks "
        "WHERE level = 1 ORDER BY last",
        "SELECT episode, return, return, return FROM episodes ORDER BY episode",
    ):
        yield Finding("blocks", "blocks of episodes are not their sums", repairable=True)
    for metric, name in connection.execute("SELECT metric, name FROM metrics").fetchall():
        if not _same_as_rows(
            connection,
            "SELECT rows, last, mean_sum, min, max FROM metric_blocks "
            f"WHERE metric = {int(metric)} AND level = 1 ORDER BY last",
            f"SELECT seq, mean, min, max FROM metric_rows WHERE metric = {int(metric)} "
            "ORDER BY seq",
        ):
            yield Finding("blocks", f"blocks of {name} are not its sums", repairable=True)


def _same_as_rows(connection: sqlite3.Connection, blocks: str, rows: str) -> bool:
    raw = connection.execute(rows)
    row = raw.fetchone()
    if row is None:
        return True
    for size, last, total, low, high in connection.execute(blocks.format(size=SIZES[0])):
        if last < row[0]:
            continue  # Its rows were dropped.
        inside = [row]
        while (row := raw.fetchone()) is not None and row[0] <= last:
            inside.append(row)
        sums = sum(each[1] for each in inside)
        if (
            len(inside) != size
            or inside[-1][0] != last
            or abs(sums - total) > 1e-6 * (1 + abs(total))
            or (min(each[2] for each in inside), max(each[3] for each in inside)) != (low, high)
        ):
            return False
        if row is None:
            return True
    return sum(1 for _ in raw) + 1 < SIZES[0]


def _documents(run_dir: Path) -> Iterator[Finding]:
    reader = JournalReader(run_dir)
    for name, read in (
        ("spec", reader.header),
        ("snapshot", reader.snapshot),
        ("ledger", lambda: reader.commands(after=None, limit=1_000_000)),
    ):
        try:
            read()
        except (JournalError, ValueError) as error:
            yield Finding(f"{name}_unreadable", f"its {name}: {error}", repairable=False)
