"""Rings when somebody may have lost access, so that live connections look whether it was they."""

from __future__ import annotations

import asyncio


class AccessBell:
    """Belongs to the event loop: everybody who waits is woken by one ring."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next_ring(self) -> asyncio.Event:
        """Take it before looking: a ring during the look is then not missed."""
        return self._next

    def ring(self) -> None:
        """Wake all who wait."""
        self._next.set()
        self._next = asyncio.Event()
