"""Pages of events, put together from the events' rows and what other tables hold of them.

Metrics, finished episodes and histograms are recorded once, as rows: their events name or imply
them. Events of older records, which hold their metrics themselves, are given as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import orjson

from matinee.contracts.events import MAX_EXACT_EPISODE_ROWS, EventType
from matinee.journal.schema import BLOCKS_SINCE, version_of

MAX_PAGE_EPISODE_ROWS = 20_000
"""A page of events ends early after this many episode rows: about 1 MB of JSON."""

_BULKY = ("metrics_summarised", "episodes_finished", "histograms_counted")
_TOLD = " INDEXED BY told"
_IS_TOLD = f" AND type NOT IN ({', '.join(repr(kind) for kind in _BULKY)})"
"""Word for word as in the index `told`: only then it can be used."""

_GROUP_EVENTS = 50
"""So many events' metrics are looked up at once, and at most so many in vain."""

_EventRow = tuple[int, float, int, EventType, str]


@dataclass(frozen=True)
class EventsPage:
    """A stretch of events, each already encoded as JSON.

    Attributes:
        events: Oldest first.
        next: Number of the last.
        points: Finished episodes and summaries of metrics in them.
    """

    events: tuple[bytes, ...]
    next: int
    points: int = 0


def read_events(
    connection: sqlite3.Connection,
    *,
    after: int,
    limit: int,
    types: Sequence[EventType] = (),
    max_bytes: int | None = None,
) -> EventsPage:
    """Events with `seq > after`, oldest first: at most `limit`, and fewer if they are large.

    A page ends with the event with which it reaches `max_bytes`. Without `types` its `next` is its
    last event's number. With `types` it also skips what was filtered out, so that a reader never
    looks at the same stretch twice.
    """
    rows = _rows(connection, after, limit, types)
    events: list[bytes] = []
    last = after
    episode_rows = size = points = 0
    for start in range(0, len(rows), _GROUP_EVENTS):
        group = rows[start : start + _GROUP_EVENTS]
        metrics = _metrics(connection, group)
        for seq, at, env_step, kind, stored in group:
            payload, count, recorded = _payload(connection, seq, kind, stored, metrics)
            head = orjson.dumps(
                {"seq": seq, "at": _rfc3339(at), "env_step": env_step, "type": kind}
            )
            # Both are JSON objects: glueing them saves decoding what was encoded already.
            events.append(head[:-1] + (b"," + payload[1:] if payload != b"{}" else b"}"))
            last = seq
            episode_rows += count
            points += recorded
            size += len(events[-1])
            if episode_rows >= MAX_PAGE_EPISODE_ROWS or (max_bytes and size >= max_bytes):
                return EventsPage(tuple(events), last, points)
    if types and len(events) < limit:
        (newest,) = connection.execute("SELECT max(seq) FROM events").fetchone()
        last = max(after, int(newest or 0))
    return EventsPage(tuple(events), last, points)


def _rows(
    connection: sqlite3.Connection, after: int, limit: int, types: Sequence[EventType]
) -> list[_EventRow]:
    where = f" AND type IN ({','.join('?' * len(types))})" if types else ""
    source = "events"
    # A day of training has a million events that charts are made of, and a hundred others.
    if types and not set(types).intersection(_BULKY) and version_of(connection) >= BLOCKS_SINCE:
        source += _TOLD
        where += _IS_TOLD
    return connection.execute(
        f"SELECT seq, at, env_step, type, payload FROM {source} WHERE seq > ?{where} "
        "ORDER BY seq LIMIT ?",
        (after, *types, limit),
    ).fetchall()


def _payload(
    connection: sqlite3.Connection,
    seq: int,
    kind: EventType,
    stored: str,
    metrics: Mapping[int, dict[str, object]],
) -> tuple[bytes, int, int]:
    """An event's own fields, how many episodes they show, and how many points it stands for."""
    if kind == "episodes_finished":
        payload, count = _episodes_payload(connection, orjson.loads(stored))
        return payload, min(count, MAX_EXACT_EPISODE_ROWS), count
    if kind == "histograms_counted":
        return _histograms_payload(connection, seq), 0, 0
    if kind == "metrics_summarised" and _is_in_rows(stored):
        summaries = metrics.get(seq, {})
        payload = orjson.dumps({"metrics": summaries})[:-1] + b"," + stored[1:].encode()
        return payload, 0, len(summaries)
    return stored.encode(), 0, 0


def _is_in_rows(stored: str) -> bool:
    return stored.startswith('{"progress"')


def _metrics(
    connection: sqlite3.Connection, group: Iterable[_EventRow]
) -> dict[int, dict[str, object]]:
    """What metrics did in the flushes among some events, by the flushes' sequence numbers."""
    flushes = [
        seq
        for seq, _, _, kind, stored in group
        if kind == "metrics_summarised" and _is_in_rows(stored)
    ]
    found: dict[int, dict[str, object]] = {seq: {} for seq in flushes}
    if not flushes:
        return found
    # CROSS JOIN: metric by metric, whose rows lie together.
    for name, seq, mean, low, high, last, count in connection.execute(
        "SELECT m.name, r.seq, r.mean, r.min, r.max, r.last, r.count FROM metrics m "
        "CROSS JOIN metric_rows r ON r.metric = m.metric WHERE r.seq BETWEEN ? AND ? "
        "ORDER BY m.metric",
        (flushes[0], flushes[-1]),
    ):
        if seq in found:
            found[seq][name] = {"mean": mean, "min": low, "max": high, "last": last, "count": count}
    return found


def _episodes_payload(
    connection: sqlite3.Connection, reference: dict[str, int]
) -> tuple[bytes, int]:
    rows = connection.execute(
        "SELECT episode, worker, env_step, seconds, return, length FROM episodes "
        "WHERE episode BETWEEN ? AND ? ORDER BY episode",
        (reference["first_episode"], reference["last_episode"]),
    ).fetchall()
    count = len(rows)
    exact = count <= MAX_EXACT_EPISODE_ROWS
    columns: Mapping[str, Sequence[object]]
    names = ("episode", "worker", "env_step", "seconds", "return", "length")
    if exact:
        # Of old episodes the rows may have been dropped.
        columns = dict(zip(names, zip(*rows, strict=True) if rows else ((),) * 6, strict=True))
    else:
        columns = _binned(np.asarray(rows, dtype=np.float64))
    payload = orjson.dumps({**reference, "exact": exact, "columns": columns})
    return payload, count


def _histograms_payload(connection: sqlite3.Connection, seq: int) -> bytes:
    seconds, updates, episodes = connection.execute(
        "SELECT seconds, updates, episodes FROM flushes WHERE seq = ?", (seq,)
    ).fetchone()
    rows = connection.execute(
        "SELECT h.name, r.exponent, r.first, r.counts, h.labels FROM histograms h "
        "JOIN histogram_rows r ON r.histogram = h.histogram WHERE r.seq = ? ORDER BY h.histogram",
        (seq,),
    )
    histograms = {
        name: {
            "exponent": exponent,
            "first": first,
            "counts": orjson.Fragment(counts),
            "labels": None if labels == "[]" else orjson.Fragment(labels),
        }
        for name, exponent, first, counts, labels in rows
    }
    return orjson.dumps(
        {"seconds": seconds, "updates": updates, "episodes": episodes, "histograms": histograms}
    )


def _binned(rows: npt.NDArray[np.float64]) -> dict[str, list[object]]:
    """Consecutive episodes gathered into `MAX_EXACT_EPISODE_ROWS` bins. Shape of rows: (N, 6)."""
    edges = np.linspace(0, len(rows), MAX_EXACT_EPISODE_ROWS + 1).astype(np.int64)
    starts, ends = edges[:-1], edges[1:]
    counts = ends - starts
    last = rows[ends - 1]
    workers = rows[:, 1]
    same = np.minimum.reduceat(workers, starts) == np.maximum.reduceat(workers, starts)
    return {
        "episode": last[:, 0].astype(np.int64).tolist(),
        "worker": np.where(same, last[:, 1], -1).astype(np.int64).tolist(),
        "env_step": last[:, 2].astype(np.int64).tolist(),
        "seconds": last[:, 3].tolist(),
        "return": (np.add.reduceat(rows[:, 4], starts) / counts).tolist(),
        "length": (np.add.reduceat(rows[:, 5], starts) / counts).tolist(),
        "return_min": np.minimum.reduceat(rows[:, 4], starts).tolist(),
        "return_max": np.maximum.reduceat(rows[:, 4], starts).tolist(),
        "count": counts.tolist(),
    }


def _rfc3339(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
