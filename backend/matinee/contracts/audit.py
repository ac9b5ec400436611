"""Who did what: one entry for each call that changes something, or was meant to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from matinee.contracts.access import Role
from matinee.contracts.identifiers import Ulid
from matinee.contracts.uncached_json import UncachedJson

AuditOutcome = Literal["done", "refused", "failed"]
"""refused: an error that is the caller's (4xx). failed: one of ours, or nobody heard the answer."""


class AuditEntry(UncachedJson):
    """One call, by whom, and what came of it. Never holds a secret, a body or a query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Ulid
    at: datetime
    actor: str = Field(
        description="Name of the token or link; `token` and `browser`: the server's own; `cli`: "
        "the terminal; `stranger`: a login that failed."
    )
    role: Role | None = Field(description="They had then; null: none, or the terminal.")
    token_id: Ulid | None = Field(
        description="Of the named token or link; null: the server's own, or the terminal."
    )
    through: Literal["token", "session", "terminal"]
    peer: str | None = Field(description="Address that the call came from; null: the terminal.")
    request_id: Ulid | None = Field(description="As in the answer and in the server's log.")
    action: str = Field(description="The operation's name in the API, such as `createRun`.")
    target: dict[str, str] = Field(description="What it was about: `run_id`, `token_id` and so on.")
    outcome: AuditOutcome
    status: int | None = Field(description="HTTP status; null: the terminal, or no answer.")


class AuditPage(BaseModel):
    """Entries, newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[AuditEntry]
    next_cursor: str | None = Field(description="For older ones; null: there are none.")
