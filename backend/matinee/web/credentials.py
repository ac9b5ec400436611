"""Who is asking: the server's own token, named tokens, single-use login codes, browser sessions.

Secrets are compared by their SHA-256 digests and are never kept in clear, except for the server's
own token, which the command line has to print.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final, Protocol

from matinee.contracts.access import CODE_LIFETIME_S, Role, Token, TokenKind
from matinee.errors import LimitExceededError
from matinee.secret_digest import secret_digest

SECRET_BYTES = 24
"""192 bits: beyond guessing, also for other users of a shared machine."""

LOGIN_CODE_LIFETIME = timedelta(seconds=CODE_LIFETIME_S)
SESSION_LIFETIME = timedelta(days=30)
MAX_WAITING_LOGIN_CODES = 100
MAX_USED_LOGIN_CODES = 1_000
"""So many are known as used rather than as unknown, for as long as they would have worked."""


def new_secret() -> str:
    """A fresh secret, safe in a URL and in a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


class Actor(StrEnum):
    """Who asks, as the ledger shows it where there is no name."""

    BROWSER = "browser"
    TOKEN = "token"  # noqa: S105 - a name, not a secret


@dataclass(frozen=True)
class Grant:
    """What a token, a link or a login code gives."""

    role: Role
    token_id: str | None = None
    """Of the named token or link that it hangs on; None: on the server's own token."""
    name: str | None = None
    """Of that one."""
    expires_at: datetime | None = None


OWN_GRANT: Final = Grant(Role.ADMIN)
"""Of the server's own token, and of the link that it prints when it starts."""


def grant_of(token: Token) -> Grant:
    """What a named token or link gives."""
    return Grant(token.role, token.id, token.name, token.expires_at)


@dataclass(frozen=True)
class Principal:
    """Who sent a request; `session` is the digest of its session, None for a token."""

    kind: Actor
    grant: Grant
    session: str | None = None

    @property
    def actor(self) -> str:
        """As the ledger shows them."""
        return self.grant.name or self.kind.value


class AccessToken:
    """The server's own token, which opens everything."""

    def __init__(self, token: str) -> None:
        self._digest = secret_digest(token)

    def matches(self, candidate: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._digest, secret_digest(candidate))

    @cached_property
    def owner(self) -> str:
        """By which its sessions are known: another token has another, and they end with it.

        People may choose this token. So what is written down is made slowly: who reads the file
        can't try many guesses against it.
        """
        slow = hashlib.scrypt(self._digest.encode(), salt=b"matinee-sessions", n=2**12, r=8, p=1)
        return f"own-{slow.hex()[:32]}"


class TokenStore(Protocol):
    """Named tokens and links. Methods block and are called in threads.

    All raise `TokenFileError` where it can't be used.
    """

    def tokens(self) -> list[Token]:
        """All that are remembered, newest first."""

    def edition(self) -> int:
        """A number that is another one after each change, whoever made it."""

    def find(self, secret: str, kind: TokenKind) -> Token | None:
        """Whose secret it is, whether or not that still works; None: nobody's."""

    def find_working(self, token_id: str, *, now: datetime) -> Token | None:
        """One that has not ended, nor has any with which it was made; else None."""

    def create(
        self,
        name: str,
        *,
        kind: TokenKind,
        role: Role,
        expires_at: datetime | None,
        created_by: str,
        now: datetime,
        made_with: str | None = None,
    ) -> tuple[Token, str]:
        """Make one; the second of the pair is its secret, which nobody can be told again."""

    def revoke(self, token_id: str, *, revoked_by: str, now: datetime) -> Token:
        """Let it open nothing from now on; raises `NotFoundError` if there is none."""


class SessionStore(Protocol):
    """Browser sessions, by digest. Methods block and are called in threads."""

    def add_session(
        self,
        session_digest: str,
        *,
        role: Role,
        owner: str,
        expires_at: datetime,
        now: datetime,
        at_most: int | None = None,
    ) -> None:
        """Remember a session, and forget those that have expired.

        Raises `LimitExceededError` if the owner has `at_most` sessions.
        """

    def find_session(
        self, session_digest: str, *, now: datetime
    ) -> tuple[Role, str, datetime] | None:
        """Role, owner and expiry of one that was added, not removed, and has not expired."""

    def remove_session(self, session_digest: str) -> None:
        """Forget a session; nothing happens if it is unknown."""

    def count_sessions(self, *, now: datetime) -> dict[str, int]:
        """How many have not expired, by owner; an owner without any is left out."""

    def save_token_uses(self, uses: Mapping[str, datetime]) -> None:
        """Remember when tokens were last used, by id.

        Raises `CatalogueError` if that can't be written.
        """

    def token_uses(self) -> dict[str, datetime]:
        """What `save_token_uses` was told, by id."""


class BadCode(StrEnum):
    """Why a login code opens nothing."""

    USED = "used"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _LoginCode:
    grant: Grant
    expires_at: datetime


class LoginCodes:
    """Codes that open one browser session each, within ten minutes; kept in memory only."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._waiting: dict[str, _LoginCode] = {}
        self._used: dict[str, _LoginCode] = {}
        # Guards _waiting and _used: codes are made by the thread that starts the server, and
        # redeemed on its event loop.
        self._codes_lock = threading.Lock()

    def create(self, grant: Grant, *, lifetime: timedelta = LOGIN_CODE_LIFETIME) -> str:
        """A fresh code that opens a session with a grant.

        Raises:
            LimitExceededError: if too many are waiting to be used.
        """
        code = new_secret()
        with self._codes_lock:
            self._forget_expired()
            if len(self._waiting) >= MAX_WAITING_LOGIN_CODES:
                raise LimitExceededError(
                    f"{MAX_WAITING_LOGIN_CODES} login codes wait to be used; each is gone once it "
                    f"is used, or after {LOGIN_CODE_LIFETIME.seconds // 60} minutes"
                )
            self._waiting[secret_digest(code)] = _LoginCode(grant, self._clock() + lifetime)
        return code

    def redeem(self, code: str) -> Grant | BadCode:
        """Use a code up."""
        digest = secret_digest(code)
        with self._codes_lock:
            self._forget_expired()
            if digest in self._used:
                return BadCode.USED
            entry = self._waiting.pop(digest, None)
            if entry is None:
                return BadCode.UNKNOWN
            if len(self._used) >= MAX_USED_LOGIN_CODES:
                del self._used[next(iter(self._used))]
            self._used[digest] = entry
            return entry.grant

    def _forget_expired(self) -> None:
        now = self._clock()
        for codes in (self._waiting, self._used):
            for digest in [digest for digest, code in codes.items() if code.expires_at <= now]:
                del codes[digest]
