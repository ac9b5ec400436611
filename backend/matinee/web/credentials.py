"""Who is asking: the access token, single-use login codes, browser sessions.

Secrets are compared by their SHA-256 digests in constant time and are never kept in clear,
except for the access token itself, which the command line has to print.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from matinee.errors import LimitExceededError

SECRET_BYTES = 24
"""192 bits: beyond guessing, also for other users of a shared machine."""

LOGIN_CODE_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(days=30)
MAX_LOGIN_CODES = 100


def new_secret() -> str:
    """A fresh secret, safe in a URL and in a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """What is stored in place of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Actor(StrEnum):
    """Who asks, as the ledger shows it."""

    BROWSER = "browser"
    TOKEN = "token"  # noqa: S105 - a name, not a secret


@dataclass(frozen=True)
class Principal:
    """Who sent a request; `session` is the digest of its session, None for a token."""

    actor: Actor
    session: str | None = None


class AccessToken:
    """The one token that opens everything."""

    def __init__(self, token: str) -> None:
        self._digest = digest(token)

    def matches(self, candidate: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._digest, digest(candidate))


class SessionStore(Protocol):
    """Browser sessions, by digest. Methods block and are called in threads."""

    def add_session(self, session_digest: str, *, expires_at: datetime, now: datetime) -> None:
        """Remember a session, and forget those that have expired."""

    def has_session(self, session_digest: str, *, now: datetime) -> bool:
        """Whether it was added, has not been removed and has not expired."""

    def remove_session(self, session_digest: str) -> None:
        """Forget a session; nothing happens if it is unknown."""


class Redemption(StrEnum):
    """What became of a login code."""

    ACCEPTED = "accepted"
    USED = "used"
    UNKNOWN = "unknown"


@dataclass
class _LoginCode:
    expires_at: datetime
    used: bool = False


class LoginCodes:
    """Codes that open one browser session each, within ten minutes; kept in memory only."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._codes: dict[str, _LoginCode] = {}
        # Guards _codes: made by the thread that starts the server, redeemed on its event loop.
        self._codes_lock = threading.Lock()

    def create(self) -> str:
        """A fresh code.

        Raises:
            LimitExceededError: if too many are waiting to be used.
        """
        code = new_secret()
        with self._codes_lock:
            self._forget_expired()
            if len(self._codes) >= MAX_LOGIN_CODES:
                raise LimitExceededError(
                    f"{MAX_LOGIN_CODES} login codes exist; each is gone after "
                    f"{LOGIN_CODE_LIFETIME.seconds // 60} minutes"
                )
            self._codes[digest(code)] = _LoginCode(self._clock() + LOGIN_CODE_LIFETIME)
        return code

    def redeem(self, code: str) -> Redemption:
        """Use a code up."""
        with self._codes_lock:
            self._forget_expired()
            entry = self._codes.get(digest(code))
            if entry is None:
                return Redemption.UNKNOWN
            if entry.used:
                return Redemption.USED
            entry.used = True
            return Redemption.ACCEPTED

    def _forget_expired(self) -> None:
        now = self._clock()
        self._codes = {key: code for key, code in self._codes.items() if code.expires_at > now}
