"""Many who ask for the same thing at the same moment, and what they are told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

PARALLEL = 20
"""Requests with one key."""


@dataclass(frozen=True)
class Replays:
    """What came of POSTs that were sent again and again.

    Attributes:
        statuses: How often each was answered.
        runs_of_key: The runs that the answers to one key named, key by key.
    """

    statuses: Counter[int]
    runs_of_key: tuple[frozenset[str], ...]


async def replayed_posts(
    client: httpx.AsyncClient, path: str, body: Mapping[str, Any], *, keys: Sequence[str]
) -> Replays:
    """Send one POST for each key, `PARALLEL` times at once."""
    statuses: Counter[int] = Counter()
    runs_of_key = []
    for key in keys:
        answers = await _at_once(
            [
                client.post(path, json=dict(body), headers={"Idempotency-Key": key})
                for _ in range(PARALLEL)
            ]
        )
        statuses.update(answer.status_code for answer in answers)
        runs_of_key.append(
            frozenset(answer.json()["id"] for answer in answers if answer.is_success)
        )
    return Replays(statuses, tuple(runs_of_key))


async def double_edits(
    client: httpx.AsyncClient, path: str, *, times: int
) -> list[tuple[list[int], bool]]:
    """Two people edit the same thing on the same basis, again and again.

    Returns:
        For each time, the two statuses in order, and whether the winner's text is what is there.
    """
    found = []
    for number in range(times):
        basis = {"If-Match": (await client.get(path)).headers["ETag"]}
        names = [f"left {number}", f"right {number}"]
        answers = await _at_once(
            [client.patch(path, json={"name": name}, headers=basis) for name in names]
        )
        winners = [name for name, answer in zip(names, answers, strict=True) if answer.is_success]
        there = (await client.get(path)).json()["name"]
        found.append((sorted(answer.status_code for answer in answers), [there] == winners))
    return found


async def _at_once(asked: Sequence[Awaitable[httpx.Response]]) -> list[httpx.Response]:
    return list(await asyncio.gather(*asked))
