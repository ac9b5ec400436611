"""The bell that wakes live connections."""

from __future__ import annotations

import asyncio

import pytest

from matinee.web.access_bell import AccessBell

pytestmark = pytest.mark.anyio


async def test_one_ring_wakes_all_and_is_then_over() -> None:
    """Who waits for the ring after it waits on."""
    bell = AccessBell()
    waiting = [asyncio.create_task(bell.next_ring.wait()) for _ in range(3)]
    await asyncio.sleep(0)

    bell.ring()

    assert await asyncio.wait_for(asyncio.gather(*waiting), 20) == [True] * 3
    assert not bell.next_ring.is_set()


async def test_a_ring_while_one_looks_is_not_missed() -> None:
    """What was taken before the look tells of it afterwards."""
    bell = AccessBell()
    taken = bell.next_ring

    bell.ring()

    await asyncio.wait_for(taken.wait(), 20)
