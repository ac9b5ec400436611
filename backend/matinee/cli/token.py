"""`matinee token`: print the server's own token; make, list and revoke named ones; share a link."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import DataDir
from matinee.contracts.access import (
    MAX_LIFETIME_S,
    MAX_LINK_LIFETIME_S,
    MIN_LIFETIME_S,
    Role,
    Token,
    TokenKind,
    TokenName,
)
from matinee.errors import CatalogueError, FieldError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matinee.settings import Settings
    from matinee.storage.token_file import TokenFile

ACTOR = "cli"
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
_UNITS_S = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MIN_TABLE_WIDTH = 125

token_app = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")

Name = Annotated[
    str, typer.Argument(help="The ledger shows it as the actor of what is done with it.")
]
TheRole = Annotated[
    Role,
    typer.Option(
        help="viewer: read, follow live, watch. operator: also start, steer, edit and delete runs. "
        "admin: also make and revoke tokens."
    ),
]


@token_app.callback()
def token(ctx: typer.Context, data_dir: DataDir = None) -> None:
    """Print the server's own access token; with a command: named tokens, with roles.

    Scripts send it as `Authorization: Bearer …`. It opens everything, is made at the first start
    and kept in `<data dir>/token`, readable by you alone.

        curl -H "Authorization: Bearer $(matinee token)" http://127.0.0.1:8000/api/v1/runs

    Give others one of their own: `matinee token create NAME --role viewer`.
    """
    ctx.obj = data_dir
    if ctx.invoked_subcommand is not None:
        return
    from matinee.settings import access_token, read_settings

    typer.echo(access_token(read_settings(data_dir=data_dir)))


@token_app.command("create")
def create(
    ctx: typer.Context,
    name: Name,
    *,
    role: TheRole = Role.VIEWER,
    expires: Annotated[
        str, typer.Option(help="When it ends: 12h, 90d, 4w, a date such as 2027-01-31, or never.")
    ] = "90d",
    data_dir: DataDir = None,
) -> None:
    """Make a token for somebody or something, and print it; it can't be printed again.

    A server that runs on the data directory knows it at once.

        matinee token create ci --role operator --expires 30d
    """
    now = datetime.now(UTC)
    made, secret = _tokens(ctx, data_dir).create(
        _checked(name),
        kind=TokenKind.TOKEN,
        role=role,
        expires_at=read_expiry(expires, now=now, longest_s=MAX_LIFETIME_S, may_be_never=True),
        created_by=ACTOR,
        now=now,
    )
    _enter_in_trail(ctx, data_dir, "createToken", made)
    typer.echo(f"{made.name}: {made.role}, {_ends(made)}. It is not shown again:", err=True)
    typer.echo(secret)


@token_app.command("share")
def share(
    ctx: typer.Context,
    name: Name,
    *,
    role: TheRole = Role.VIEWER,
    expires: Annotated[
        str, typer.Option(help="When it ends: 30m, 8h, 4w, or a date. At most 90 days.")
    ] = "8h",
    url: Annotated[
        str | None,
        typer.Option(
            help="Where others reach the server. Default: the first of $MATINEE_ALLOWED_HOSTS, "
            "else http://, $MATINEE_HOST and $MATINEE_PORT."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a link that logs in whoever opens it, until it expires or is revoked.

    For a class: any number of people may open it, and all of them lose access when it ends.

        matinee token share lesson-3 --expires 4h --url https://rl.example.org
    """
    from matinee.settings import read_settings

    now = datetime.now(UTC)
    base = _checked_url(url) if url is not None else default_url(read_settings())
    made, secret = _tokens(ctx, data_dir).create(
        _checked(name),
        kind=TokenKind.LINK,
        role=role,
        expires_at=read_expiry(expires, now=now, longest_s=MAX_LINK_LIFETIME_S),
        created_by=ACTOR,
        now=now,
    )
    _enter_in_trail(ctx, data_dir, "createLoginLink", made)
    typer.echo(f"{made.name}: {made.role}, {_ends(made)}. It is not shown again:", err=True)
    typer.echo(f"{base}/login?code={secret}")


@token_app.command("list")
def list_tokens(
    ctx: typer.Context,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """List named tokens and links, newest first, also those that ended in the last 90 days.

    A server writes down once a minute which were used; in JSON, `last_used_at` is missing where
    that can't be read.
    """
    from pydantic_core import to_json
    from rich.console import Console
    from rich.table import Table

    from matinee.storage.sessions import read_token_uses

    tokens = _tokens(ctx, data_dir).tokens()
    uses: Mapping[str, datetime] | None = None
    try:
        uses = read_token_uses(_folder(ctx, data_dir) / "catalogue.db")
    except CatalogueError as error:
        # Who looks for a stolen token needs the list all the more.
        typer.echo(f"when they were last used can't be read: {error}", err=True)
    if as_json:
        for each in tokens:
            used = {} if uses is None else {"last_used_at": uses.get(each.id)}
            typer.echo(to_json(each.model_dump() | used).decode())
        return
    if not tokens:
        typer.echo("there are none; make one: matinee token create NAME --role viewer")
        return
    table = Table(box=None, header_style="bold")
    table.add_column("id", no_wrap=True, overflow="ignore")
    table.add_column("name", overflow="fold")
    for column in ("kind", "role"):
        table.add_column(column, no_wrap=True, overflow="ignore")
    table.add_column("made by", overflow="fold")
    table.add_column("last used", no_wrap=True, overflow="ignore")
    table.add_column("ends", overflow="fold")
    for each in tokens:
        table.add_row(
            *(each.id, each.name, each.kind, each.role, each.created_by),
            *("?" if uses is None else _used(uses.get(each.id)), _ends(each)),
        )
    console = Console(markup=False, emoji=False)
    console.width = max(console.width, _MIN_TABLE_WIDTH)
    console.print(table)


@token_app.command("revoke")
def revoke(
    ctx: typer.Context,
    which: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name, or its id, or enough of its end.")
    ],
    made_too: Annotated[
        bool,
        typer.Option(
            "--made-too", help="Also whatever was made with it, and with that: it was stolen."
        ),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Let a token or link open nothing from now on.

    Browsers that came in with it are logged out, a running server ends its live streams within
    seconds, and links that were made with it end. Tokens that an admin made stay: they are other
    people's. Those are named, so that you can look at them.
    """
    tokens, now = _tokens(ctx, data_dir), datetime.now(UTC)
    chosen = _find(tokens.tokens(), which, now=now)
    made = made_by(chosen, tokens.tokens(), now=now)
    for each in [chosen, *(made if made_too else ())]:
        ended = tokens.revoke(each.id, revoked_by=ACTOR, now=now)
        _enter_in_trail(ctx, data_dir, "revokeToken", ended)
        typer.echo(f"{ended.name} opens nothing any more")
    if made and not made_too:
        names = ", ".join(token.name for token in made)
        typer.echo(f"made with it, and still working: {names} (--made-too ends them)", err=True)


def made_by(maker: Token, tokens: list[Token], *, now: datetime) -> list[Token]:
    """Tokens that work and were made by one, or by one that it made; links end by themselves."""
    found: list[Token] = []
    makers = [maker]
    for token in sorted(tokens, key=lambda each: each.created_at):
        # Who has a name now is not who had it before.
        if any(
            token.created_by == each.name and token.created_at >= each.created_at
            for each in makers
            if each.id != token.id
        ):
            makers.append(token)
            if not token.has_ended(now) and token.made_with is None:
                found.append(token)
    return found


def default_url(settings: Settings) -> str:
    """An address at which others may reach the server, as far as one can tell from here.

    Raises:
        InvalidInputError: one can't.
    """
    if settings.allowed_hosts:
        name = settings.allowed_hosts[0]
        if "://" in name:
            return f"{name.rstrip('/')}{settings.path_prefix}"
        port = "" if ":" in name else f":{settings.port}"
        return f"http://{name}{port}{settings.path_prefix}"
    if settings.host in _EVERY_ADDRESS or settings.port == 0:
        listens = f"{settings.host}, which is no name" if settings.port else "any free port"
        raise InvalidInputError(
            f"the server listens on {listens}: say where others reach it",
            fields=[
                FieldError(
                    ("url",),
                    f"is needed here, such as --url http://{socket.gethostname()}:"
                    f"{settings.port or 8000}; a name must also be in MATINEE_ALLOWED_HOSTS",
                )
            ],
        )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}{settings.path_prefix}"


def _checked_url(url: str) -> str:
    """Raises `InvalidInputError` if it can't be the beginning of a link."""
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise InvalidInputError(
            "this can't be the address of a server",
            fields=[
                FieldError(
                    ("url",), f"{url!r} is not allowed; allowed: such as https://rl.example.org"
                )
            ],
        )
    return url.rstrip("/")


def read_expiry(
    text: str, *, now: datetime, longest_s: int, may_be_never: bool = False
) -> datetime | None:
    """The moment that somebody means; None: never.

    Raises:
        InvalidInputError: it is none, has passed, or is too far away.
    """
    allowed = "12h, 90d, 4w, a date such as 2027-01-31" + (", never" if may_be_never else "")
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if text == "never" and may_be_never:
        return None
    try:
        if match is not None:
            expires_at = now + timedelta(seconds=int(match[1]) * _UNITS_S[match[2]])
        else:
            expires_at = datetime.fromisoformat(text)
            if expires_at.tzinfo is None:
                expires_at = expires_at.astimezone()
        left_s = (expires_at - now).total_seconds()
    except (ValueError, OverflowError):
        left_s, expires_at = 0, now
    if not MIN_LIFETIME_S <= left_s <= longest_s:
        raise InvalidInputError(
            f"--expires {text} is no end for this",
            fields=[
                FieldError(
                    ("expires",),
                    f"{text!r} is not allowed; allowed: {allowed}; a minute to "
                    f"{longest_s // 86_400} days from now",
                )
            ],
        )
    return expires_at


def _folder(ctx: typer.Context, data_dir: DataDir) -> Path:
    """The data directory that was named here, or before the command."""
    from matinee.settings import prepare_data_dir, read_settings

    folder = read_settings(data_dir=data_dir or ctx.obj).data_dir
    prepare_data_dir(folder)
    return folder


def _tokens(ctx: typer.Context, data_dir: DataDir) -> TokenFile:
    from matinee.storage.token_file import TokenFile

    return TokenFile(_folder(ctx, data_dir))


def _enter_in_trail(ctx: typer.Context, data_dir: DataDir, action: str, token: Token) -> None:
    """The server has no part in this; so it is written down here."""
    from matinee.contracts.audit import AuditEntry
    from matinee.contracts.identifiers import new_ulid
    from matinee.storage.audit_file import AuditFile

    AuditFile(_folder(ctx, data_dir)).record(
        AuditEntry(
            id=new_ulid(),
            at=datetime.now(UTC),
            actor=ACTOR,
            role=None,
            token_id=None,
            through="terminal",
            peer=None,
            request_id=None,
            action=action,
            target={"token_id": token.id},
            outcome="done",
            status=None,
        )
    )


def _checked(name: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from matinee.contracts.validation import field_errors

    try:
        return TypeAdapter[str](TokenName).validate_python(name)
    except ValidationError as error:
        raise InvalidInputError(
            "this can't be the name of a token", fields=field_errors(error, prefix=("name",))
        ) from error


def _find(tokens: list[Token], which: str, *, now: datetime) -> Token:
    """The one that works under this name, else the one whose id it is, or ends like this.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: there are several.
    """
    named = [t for t in tokens if t.name.casefold() == which.casefold() and not t.has_ended(now)]
    found = named or [t for t in tokens if t.id.endswith(which.upper())]
    if not found:
        raise NotFoundError(f"no token {which!r} works; see: matinee token list")
    if len(found) > 1:
        raise InvalidInputError(f"{which!r} fits {len(found)} tokens; give more of the id")
    return found[0]


def _used(at: datetime | None) -> str:
    return "none on record" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _ends(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at:%Y-%m-%d %H:%M} UTC by {token.revoked_by}"
    if token.expires_at is None:
        return "never ends"
    return f"ends {token.expires_at:%Y-%m-%d %H:%M} UTC"
