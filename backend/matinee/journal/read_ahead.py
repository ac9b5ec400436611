"""Has the disk read what a query is about to read, in several places at once.

The pages of one table lie all over a run.db, between those of the others. A query that needs a few
hundred of them waits for one after the other; a disk, above all one behind a network, serves many
in the time of one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from matinee.journal.read_access import reading

PARTS = 8
"""More gain little on disks that were measured, and each has a connection of its own."""


def read_ahead(run_dir: Path, statement: str, *values: int, after: int, until: int) -> int:
    """Let a statement that counts rows visit a range of keys, in parts that are read side by side.

    What it brings into the page cache is a hint and no answer: the record may grow between the
    parts.

    Args:
        run_dir: Whose record.
        statement: Counts rows; its last two parameters are a key before the first and the last.
        values: Its other parameters.
        after: A key before the range.
        until: The last of the range.

    Returns:
        How many rows it met.

    Raises:
        JournalError: the record can't be read.
    """
    edges = [after + (until - after) * part // PARTS for part in range(PARTS + 1)]

    def visit(begin: int, end: int) -> int:
        with reading(run_dir) as connection:
            (rows,) = connection.execute(statement, (*values, begin, end)).fetchone()
        return int(rows)

    with ThreadPoolExecutor(PARTS, thread_name_prefix="read-ahead") as threads:
        return sum(threads.map(visit, edges, edges[1:]))
