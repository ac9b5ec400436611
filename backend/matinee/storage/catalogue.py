"""The index of runs: each as its JSON document, with the columns that lists filter by."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from matinee.contracts.run import Run, RunPage
from matinee.contracts.run_state import RunState
from matinee.errors import CatalogueError, FieldError, InvalidInputError
from matinee.runs.ports import IdempotencyClaim, RunQuery
from matinee.storage.database import Database, microseconds

KEY_LIFETIME = timedelta(hours=24)
_CURSOR = re.compile(r"(\d{1,18})-([0-9A-HJKMNP-TV-Z]{26})")


class SqliteCatalogue:
    """Implements `matinee.runs.ports.Catalogue`; its methods block, and any thread may call."""

    def __init__(
        self, path: Path, *, observe_commit: Callable[[float], None] = lambda _s: None
    ) -> None:
        """Open or make the file.

        Args:
            path: The file.
            observe_commit: Hears how many seconds each write took; in the thread that wrote.

        Raises:
            CatalogueError: it can't be used.
        """
        self.database = Database(path, observe_commit=observe_commit)

    def save_run(self, run: Run) -> None:
        """Insert or replace one run."""
        row = {
            "id": run.id,
            "created_at_us": microseconds(run.created_at),
            "state": run.state.value,
            "environment": run.environment.id,
            "algorithm": run.algorithm.value,
            "group_name": run.group,
            "search_text": _search_text(run),
            "document": run.model_dump_json(by_alias=True),
        }
        with self.database.write() as connection:
            connection.execute(
                """INSERT OR REPLACE INTO runs VALUES (:id, :created_at_us, :state, :environment,
                :algorithm, :group_name, :search_text, :document)""",
                row,
            )

    def find_run(self, run_id: str) -> Run | None:
        """One run, or None."""
        with self.database.read() as connection:
            row = connection.execute("SELECT document FROM runs WHERE id = ?", (run_id,)).fetchone()
        return None if row is None else Run.model_validate_json(row[0])

    def list_runs(self, query: RunQuery) -> RunPage:
        """A page of runs, newest first, by keyset: stable while runs come and go.

        Raises:
            InvalidInputError: if the cursor was not made by this catalogue.
        """
        conditions, values = _conditions(query)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        # One row more than asked tells whether there is a next page.
        with self.database.read() as connection:
            rows = connection.execute(
                f"""SELECT document, created_at_us, id FROM runs {where}
                ORDER BY created_at_us DESC, id DESC LIMIT ?""",
                (*values, query.limit + 1),
            ).fetchall()
        shown = rows[: query.limit]
        return RunPage(
            items=[Run.model_validate_json(row[0]) for row in shown],
            next_cursor=_cursor_after(*shown[-1][1:]) if len(rows) > query.limit else None,
        )

    def known_run_ids(self) -> frozenset[str]:
        """The ids of all runs in the index."""
        with self.database.read() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT id FROM runs"))

    def count_runs(self) -> dict[RunState, int]:
        """How many runs are in each state; a state without any is left out."""
        with self.database.read() as connection:
            rows = connection.execute("SELECT state, count(*) FROM runs GROUP BY state")
            return {RunState(state): int(count) for state, count in rows}

    def remove_run(self, run_id: str) -> None:
        """Forget one run."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def claim_idempotency_key(
        self, key: str, *, fingerprint: str, run_id: str, now: datetime
    ) -> IdempotencyClaim:
        """Tie a key to a run id for 24 h, or return what it is already tied to."""
        with self.database.write() as connection:
            connection.execute(
                "DELETE FROM idempotency_keys WHERE claimed_at_us <= ?",
                (microseconds(now - KEY_LIFETIME),),
            )
            row = connection.execute(
                "SELECT run_id, fingerprint FROM idempotency_keys WHERE key = ?", (key,)
            ).fetchone()
            if row is not None:
                return IdempotencyClaim(run_id=row[0], fingerprint=row[1], is_new=False)
            connection.execute(
                "INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)",
                (key, fingerprint, run_id, microseconds(now)),
            )
        return IdempotencyClaim(run_id=run_id, fingerprint=fingerprint, is_new=True)

    def release_idempotency_key(self, key: str) -> None:
        """Untie a key whose request was refused."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM idempotency_keys WHERE key = ?", (key,))

    def is_writable(self) -> bool:
        """Try a real write."""
        try:
            with self.database.write() as connection:
                connection.execute(
                    "INSERT INTO write_probe VALUES (1, 1) "
                    "ON CONFLICT (id) DO UPDATE SET n = (n + 1) % 1000"
                )
        except CatalogueError:
            return False
        return True

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self.database.close()


def _search_text(run: Run) -> str:
    parts = (run.id, run.name, run.group or "", *run.tags, run.notes, run.environment.id)
    return "\n".join((*parts, run.algorithm.value)).casefold()


def _conditions(query: RunQuery) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if query.states:
        conditions.append(f"state IN ({', '.join('?' * len(query.states))})")
        values.extend(state.value for state in query.states)
    for column, value in (
        ("environment", query.environment),
        ("algorithm", query.algorithm.value if query.algorithm else None),
        ("group_name", query.group),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if query.text:
        conditions.append("instr(search_text, ?) > 0")
        values.append(query.text.casefold())
    if query.cursor is not None:
        conditions.append("(created_at_us, id) < (?, ?)")
        values.extend(_parse_cursor(query.cursor))
    return conditions, values


def _cursor_after(created_at_us: int, run_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at_us}-{run_id}".encode()).decode().rstrip("=")


def _parse_cursor(cursor: str) -> tuple[int, str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        match = _CURSOR.fullmatch(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except ValueError:
        match = None
    if match is None:
        raise InvalidInputError(
            "the cursor is not one of ours",
            fields=[
                FieldError(("query", "cursor"), "not allowed; allowed: `next_cursor` of a page")
            ],
        )
    return int(match[1]), match[2]
