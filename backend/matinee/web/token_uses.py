"""When named tokens and links were last used: noted at every request, written down now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from matinee.errors import CatalogueError

SAVE_EVERY = timedelta(minutes=1)
"""A crash forgets so much: a write for each request would cost more than that is worth."""

_log = structlog.get_logger(__name__)


class UseStore(Protocol):
    """Where it is written down; what keeps sessions does it. Blocks."""

    def save_token_uses(self, uses: Mapping[str, datetime]) -> None:
        """Remember when tokens were last used, by id; `CatalogueError` if it can't."""


class TokenUses:
    """What was noted and not yet written down; belongs to the event loop.

    Lives as long as the server.
    """

    def __init__(self) -> None:
        self._noted: dict[str, datetime] = {}
        self._being_saved: dict[str, datetime] = {}
        self._saved_at: datetime | None = None
        self._is_in_trouble = False

    def note(self, token_id: str, *, now: datetime) -> None:
        """Somebody has come in with it."""
        self._noted[token_id] = now

    def noted(self) -> Mapping[str, datetime]:
        """By id: later than what is written down."""
        return {**self._being_saved, **self._noted}

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to write, and it has waited long enough."""
        return bool(self._noted) and (self._saved_at is None or now - self._saved_at >= SAVE_EVERY)

    async def save(self, store: UseStore, *, now: datetime) -> None:
        """Write down what was noted; what can't be written stays noted, and is told once."""
        self._saved_at = now
        if not self._noted:
            return
        self._being_saved, self._noted = self._noted, {}
        try:
            await asyncio.to_thread(store.save_token_uses, self._being_saved)
        except CatalogueError as error:
            self._noted = {**self._being_saved, **self._noted}
            if not self._is_in_trouble:
                _log.warning("token_uses_unsaved", reason=str(error))
            self._is_in_trouble = True
        else:
            self._is_in_trouble = False
        finally:
            self._being_saved = {}
