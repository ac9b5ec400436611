"""Named tokens and links in `<data dir>/tokens.json`: only digests, so it opens no door.

Why a file of its own: catalogue.db is an index that people may delete and only the server may
write, and what it forgets must not be who was locked out. This file is small, is replaced as a
whole, and may be written by the server and by the command line at the same time.

Why plain SHA-256, where passwords need a slow hash with salt: those slow down who guesses. A secret
of ours has 192 random bits, so there is nothing to guess, no table of digests to prepare, and no
two are the same; a slow hash would only slow down every request.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from matinee.contracts.access import TOKEN_PREFIX, Role, Token, TokenKind
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.validation import field_errors
from matinee.errors import ConflictError, LimitExceededError, NotFoundError, TokenFileError
from matinee.secret_digest import secret_digest

TOKENS_FILE: Final = "tokens.json"
SECRET_BYTES: Final = 24
MAX_TOKENS: Final = 1000
"""That work at the same time."""
REMEMBERED_FOR: Final = timedelta(days=90)
"""How long one that has ended is still listed. Forgotten or listed, it opens nothing."""
LOCK_TIMEOUT_S: Final = 5.0


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    token: Token


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    entries: tuple[_Entry, ...] = ()


@dataclass(frozen=True)
class _Content:
    """What the file held when it was last looked at."""

    signature: tuple[int, int, int] | None = None
    """None: there was no file."""
    by_id: dict[str, _Entry] = field(default_factory=dict)
    by_digest: dict[str, _Entry] = field(default_factory=dict)
    edition: int = 0


class TokenFile:
    """Implements `matinee.web.credentials.TokenStore`; its methods block, any thread may call."""

    def __init__(self, data_dir: Path) -> None:
        """Read the file, if there is one.

        Raises:
            TokenFileError: it can't be read, is damaged, or of a newer version.
        """
        self._path = data_dir / TOKENS_FILE
        self._content = _Content()
        # Guards _content, so that its edition counts every change once.
        self._content_lock = threading.Lock()
        self._look()

    def tokens(self) -> list[Token]:
        """All that are remembered, newest first."""
        entries = self._look().by_id.values()
        return sorted((entry.token for entry in entries), key=lambda t: t.id, reverse=True)

    def edition(self) -> int:
        """A number that is another one after each change, whoever made it."""
        return self._look().edition

    def find(self, secret: str, kind: TokenKind) -> Token | None:
        """Whose secret it is, whether or not that still works; None: nobody's."""
        entry = self._look().by_digest.get(secret_digest(secret))
        return entry.token if entry is not None and entry.token.kind is kind else None

    def find_working(self, token_id: str, *, now: datetime) -> Token | None:
        """A token or link that has not ended, nor has any with which it was made; else None."""
        by_id = self._look().by_id
        asked = entry = by_id.get(token_id)
        # Each was made after the one it was made with: this comes to an end.
        while entry is not None and not entry.token.has_ended(now):
            if entry.token.made_with is None:
                assert asked is not None
                return asked.token
            entry = by_id.get(entry.token.made_with)
        return None

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
        """Make one; the second of the pair is its secret, which nobody can be told again.

        Raises:
            ConflictError: another that works has the name.
            LimitExceededError: there are too many.
            TokenFileError: the file can't be used.
        """
        secret = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        with self._changing() as (entries, save):
            working = [entry.token for entry in entries if not entry.token.has_ended(now)]
            same = next((t for t in working if t.name.casefold() == name.casefold()), None)
            if same is not None:
                raise ConflictError(
                    f"there is a {same.kind} {same.name!r} already; revoke it, or take another "
                    "name",
                    code="name_taken",
                )
            if len(working) >= MAX_TOKENS:
                raise LimitExceededError(f"{MAX_TOKENS} tokens exist; revoke some first")
            token = Token(
                id=new_ulid(),
                name=name,
                kind=kind,
                role=role,
                created_at=now,
                created_by=created_by,
                expires_at=expires_at,
                made_with=made_with,
            )
            remembered = [e for e in entries if _ended_at(e.token, now) > now - REMEMBERED_FOR]
            save([*remembered, _Entry(digest=secret_digest(secret), token=token)])
        return token, secret

    def revoke(self, token_id: str, *, revoked_by: str, now: datetime) -> Token:
        """Let it open nothing from now on; one that was revoked stays as it is.

        Raises:
            NotFoundError: there is none.
            TokenFileError: the file can't be used.
        """
        with self._changing() as (entries, save):
            entry = next((entry for entry in entries if entry.token.id == token_id), None)
            if entry is None:
                raise NotFoundError(f"there is no token {token_id}")
            if entry.token.revoked_at is not None:
                return entry.token
            token = entry.token.model_copy(update={"revoked_at": now, "revoked_by": revoked_by})
            save([e if e is not entry else _Entry(digest=e.digest, token=token) for e in entries])
        return token

    @contextmanager
    def _changing(self) -> Iterator[tuple[tuple[_Entry, ...], Callable[[list[_Entry]], None]]]:
        """What the file holds, and how to replace that; nobody else changes it meanwhile."""
        with _locked(self._path.parent):
            yield tuple(self._look().by_id.values()), self._save

    def _save(self, entries: list[_Entry]) -> None:
        """Whole or not at all, also through a power cut. Only under the lock."""
        text = _Document(entries=tuple(entries)).model_dump_json(indent=1)
        aside = self._path.with_name(f"{TOKENS_FILE}.tmp")
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            aside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise TokenFileError(f"{self._path} can't be written: {error.strerror}") from error
        self._look()

    def _look(self) -> _Content:
        """What the file holds now; read only if it is another than before."""
        with self._content_lock:
            try:
                status = self._path.stat()
            except FileNotFoundError:
                signature = None
            except OSError as error:
                raise TokenFileError(f"{self._path} can't be read: {error.strerror}") from error
            else:
                signature = (status.st_ino, status.st_mtime_ns, status.st_size)
            if signature != self._content.signature:
                entries = () if signature is None else _read(self._path)
                self._content = _Content(
                    signature=signature,
                    by_id={entry.token.id: entry for entry in entries},
                    by_digest={entry.digest: entry for entry in entries},
                    edition=self._content.edition + 1,
                )
            return self._content


def _read(path: Path) -> tuple[_Entry, ...]:
    try:
        return _Document.model_validate_json(path.read_bytes()).entries
    except OSError as error:
        raise TokenFileError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = field_errors(error)[0]
        place = ".".join(map(str, wrong.loc))
        # Not the message: it would quote what stands there.
        raise TokenFileError(
            f"{path} is damaged, or was written by a newer Matinee"
            f"{f', at {place}' if place else ''}. "
            "Restore it from a backup; or move it away, and make all named tokens anew"
        ) from error


def _ended_at(token: Token, now: datetime) -> datetime:
    """When it ended; now, if it has not."""
    return min(token.revoked_at or now, token.expires_at or now, now)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else who comes through here writes in the folder; the kernel ends it with us."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise TokenFileError(f"{folder} can't be opened: {error.strerror}") from error
    try:
        deadline_s = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline_s:
                    raise TokenFileError(
                        f"another process has held {folder} for {LOCK_TIMEOUT_S:g} s"
                    ) from error
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)
