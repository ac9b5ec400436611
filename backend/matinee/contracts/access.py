"""Who may do what: roles, and the named tokens and links that carry them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from matinee.contracts.identifiers import Ulid
from matinee.contracts.json_body import JsonBody

TOKEN_PREFIX: Final = "mtn_"  # noqa: S105 - what tokens begin with, not one
"""Every secret that we make for others begins so: scanners of repositories and logs find it."""

DAY_S: Final = 86_400
TOKEN_LIFETIME_S: Final = 90 * DAY_S
LINK_LIFETIME_S: Final = 8 * 3600
CODE_LIFETIME_S: Final = 600
"""Of a link that works once."""
MIN_LIFETIME_S: Final = 60
MAX_LIFETIME_S: Final = 3650 * DAY_S
MAX_LINK_LIFETIME_S: Final = 90 * DAY_S

RESERVED_NAMES: Final = frozenset(
    {"browser", "token", "cli", "server", "signal", "plan", "run process", "main"}
)
"""Under these somebody else acts: the ledger must not show a token as the server."""


class Role(StrEnum):
    """What somebody may do; each may all that those before it may."""

    VIEWER = "viewer"
    """Read everything, follow it live, watch the agent."""
    OPERATOR = "operator"
    """Also start, steer, fork, edit and delete runs, evaluate, record; share what one has."""
    ADMIN = "admin"
    """Also make and revoke tokens."""

    def allows(self, needed: Role) -> bool:
        """Whether who has this role may do what needs the other."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS: Final = {role: rank for rank, role in enumerate(Role)}


class TokenKind(StrEnum):
    """How a secret is used."""

    TOKEN = "token"  # noqa: S105 - a name, not a secret
    """Sent by scripts with every request, or exchanged for a session."""
    LINK = "link"
    """Opened in browsers, by any number of people: each gets a session."""


def _check_name(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError(
            f"{name!r} is not allowed; allowed: a text that can be printed, without spaces around"
        )
    if name.casefold() in RESERVED_NAMES:
        raise ValueError(
            f"{name!r} is not allowed: the ledger calls others so. Any other name will do"
        )
    return name


TokenName = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_check_name)]


class Token(BaseModel):
    """A named token or link, without its secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Ulid
    name: str = Field(description="The ledger shows it as the actor of what was done with it.")
    kind: TokenKind
    role: Role
    created_at: datetime
    created_by: str = Field(description="The actor who made it.")
    expires_at: datetime | None = Field(description="From then on it opens nothing; null: never.")
    revoked_at: datetime | None = Field(default=None, description="null: it was not revoked.")
    revoked_by: str | None = None
    made_with: Ulid | None = Field(
        default=None,
        description="Of a link: id of the token with which it was made, and ends. null: with the "
        "server's own token, or in the terminal.",
    )

    def has_ended(self, now: datetime) -> bool:
        """Whether it was revoked or has expired."""
        return self.revoked_at is not None or (
            self.expires_at is not None and self.expires_at <= now
        )


class ListedToken(Token):
    """A named token or link, and what is known of its use."""

    works: bool = Field(
        description="Whether it opens anything: neither it nor any with which it was made has "
        "been revoked or has expired."
    )
    last_used_at: datetime | None = Field(
        description="To the minute. null: no use is on record; it is kept in catalogue.db, and is "
        "forgotten with that."
    )
    sessions: int = Field(description="How many browsers are logged in with it now.")


class TokenList(BaseModel):
    """Named tokens and links, newest first; those that have ended are listed for 90 days more."""

    model_config = ConfigDict(frozen=True)

    items: list[ListedToken]


class TokenRequest(JsonBody):
    """A token to be made."""

    model_config = ConfigDict(frozen=True)

    name: TokenName = Field(description="No other token that works may have it.")
    role: Role
    expires_in_s: int | None = Field(
        default=TOKEN_LIFETIME_S,
        ge=MIN_LIFETIME_S,
        le=MAX_LIFETIME_S,
        description="null: it never expires. Left out: 90 days.",
    )


class NewToken(BaseModel):
    """A token that was just made, with its secret, which nobody can be told again."""

    model_config = ConfigDict(frozen=True)

    token: str = Field(description="Send it as `Authorization: Bearer …`. It is not kept.")
    details: Token


class LinkRequest(JsonBody):
    """A link into the page to be made: for one browser, or under a name for many."""

    model_config = ConfigDict(frozen=True)

    role: Role | None = Field(default=None, description="At most one's own; null: one's own.")
    name: TokenName | None = Field(
        default=None,
        description="Given: it works for any number of browsers until it expires or is revoked, "
        "and is listed among the tokens. null: it works once.",
    )
    expires_in_s: int | None = Field(
        default=None,
        ge=MIN_LIFETIME_S,
        le=MAX_LINK_LIFETIME_S,
        description="null: 8 hours, or 10 minutes if it works once, which is then also the most.",
    )


class LoginLink(BaseModel):
    """A link into the page."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Append it to the address of the server.")
    role: Role
    expires_in_s: float
    id: Ulid | None = Field(description="By which it is revoked; null: it works once.")


class Me(BaseModel):
    """Who one is to this server."""

    model_config = ConfigDict(frozen=True)

    name: str | None = Field(
        description="Of the token or link; null: the server's own token, or its login link."
    )
    role: Role
    through: Literal["token", "session"]
    expires_at: datetime | None = Field(description="null: never.")
