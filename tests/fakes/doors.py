"""An app with secrets of every kind, good and bad, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from fakes.checkpoint_use_cases import FakeCheckpoints
from fakes.clock import StoppedClock
from fakes.credentials import TOKEN
from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeFeed, FakeRuns
from fakes.watching_use_cases import FakeWatching
from matinee.contracts.access import Role, TokenKind
from matinee.storage.audit_file import AuditFile
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile
from matinee.web.app import create_app
from matinee.web.credentials import AccessToken, LoginCodes
from matinee.web.dependencies import WebDependencies
from matinee.web.hosts import HostPolicy

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Doors:
    """One app, the files behind it, and who may come in."""

    app: FastAPI
    dependencies: WebDependencies
    clock: StoppedClock
    data_dir: Path
    tokens: TokenFile
    runs: FakeRuns
    checkpoints: FakeCheckpoints
    playing: FakePlaying
    watching: FakeWatching

    def token(self, name: str, role: Role, *, lifetime: timedelta = DAY) -> tuple[str, str]:
        """A named token: its id and its secret."""
        made, secret = self.tokens.create(
            name,
            kind=TokenKind.TOKEN,
            role=role,
            expires_at=self.clock() + lifetime,
            created_by="token",
            now=self.clock(),
        )
        return made.id, secret

    def link(
        self, name: str, role: Role, *, lifetime: timedelta = DAY, made_with: str | None = None
    ) -> tuple[str, str]:
        """A link that many may open: its id and its secret."""
        made, secret = self.tokens.create(
            name,
            kind=TokenKind.LINK,
            role=role,
            expires_at=self.clock() + lifetime,
            created_by="token",
            now=self.clock(),
            made_with=made_with,
        )
        return made.id, secret

    def revoke(self, token_id: str) -> None:
        """As somebody else's process does, of which this one is not told."""
        TokenFile(self.data_dir).revoke(token_id, revoked_by="cli", now=self.clock())

    def bad_secrets(self) -> dict[str, str]:
        """Secrets that open nothing, by what is wrong with them."""
        _, expired = self.token("expired", Role.ADMIN, lifetime=timedelta(0))
        token_id, revoked = self.token("revoked", Role.ADMIN)
        self.revoke(token_id)
        _, link = self.link("a link", Role.ADMIN)
        return {
            "wrong": "mtn_wrong-wrong-wrong",
            "expired": expired,
            "revoked": revoked,
            "a link's": link,
        }

    def good_secrets(self) -> dict[str, tuple[str, Role]]:
        """Secrets that open something, with their roles."""
        named = {role.value: (self.token(f"a {role}", role)[1], role) for role in Role}
        return {**named, "the server's own": (TOKEN, Role.ADMIN)}

    def was_touched(self) -> bool:
        """Whether any use case was called."""
        return any(
            (
                self.runs.calls,
                self.checkpoints.calls,
                self.checkpoints.listed,
                self.checkpoints.forks,
                self.playing.evaluations,
                self.playing.episodes,
                self.playing.films,
                self.playing.deleted,
                self.watching.asked,
            )
        )


@contextmanager
def open_doors(data_dir: Path, *, names: Sequence[str] = ()) -> Iterator[Doors]:
    """The app around in-memory runs, with real files for sessions and tokens.

    Args:
        data_dir: Where these files are.
        names: Under which it answers besides its own, as `MATINEE_ALLOWED_HOSTS` says them.
    """
    clock, runs, watching = StoppedClock(), FakeRuns(), FakeWatching()
    checkpoints, playing, tokens = FakeCheckpoints(), FakePlaying(), TokenFile(data_dir)
    with closing(SqliteCatalogue(data_dir / "catalogue.db")) as catalogue:
        dependencies = WebDependencies(
            runs=runs,
            checkpoints=checkpoints,
            playing=playing,
            watching=watching,
            feed=FakeFeed(runs),
            sessions=SqliteSessionStore(catalogue),
            tokens=tokens,
            audit=AuditFile(data_dir),
            login_codes=LoginCodes(clock),
            token=AccessToken(TOKEN),
            hosts=HostPolicy(names),
            clock=clock,
            page_dir=data_dir / "page",
        )
        yield Doors(
            create_app(dependencies),
            dependencies,
            clock,
            data_dir,
            tokens,
            runs,
            checkpoints,
            playing,
            watching,
        )
