"""`matinee token`: what scripts authenticate with."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from matinee.cli.token import read_expiry, token, token_app
from matinee.contracts.access import MAX_LIFETIME_S, Role, TokenKind
from matinee.errors import InvalidInputError, NotFoundError
from matinee.settings import Settings, access_token
from matinee.storage.audit_file import AuditFile
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile

EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a setting, not bound
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def command() -> typer.Typer:
    """The command alone."""
    alone = typer.Typer()
    alone.command()(token)
    return alone


def test_the_token_is_printed_alone_and_kept(command: typer.Typer, tmp_path: Path) -> None:
    """It prints nothing but the token that a server on this data folder uses, made if need be and
    readable by its owner alone.
    """
    data_dir = tmp_path / "data"

    first, second = (
        CliRunner().invoke(command, ["--data-dir", str(data_dir)]).stdout for _ in range(2)
    )

    assert first == second == access_token(Settings(data_dir=data_dir)) + "\n"
    assert stat.S_IMODE((data_dir / "token").stat().st_mode) == 0o600


def test_the_variable_wins(command: typer.Typer, tmp_path: Path) -> None:
    """MATINEE_TOKEN is printed where it is set, for the server uses it too."""
    runner = CliRunner(env={"MATINEE_TOKEN": "v" * 32})

    assert runner.invoke(command, ["--data-dir", str(tmp_path)]).stdout == "v" * 32 + "\n"


def run(*arguments: str, data_dir: Path) -> Result:
    """`matinee token …`."""
    return CliRunner().invoke(token_app, [*arguments, "--data-dir", str(data_dir)])


def test_a_named_token_is_printed_alone_and_once(tmp_path: Path) -> None:
    """The first line of the output is the token and nothing else, so that a script can take it;
    the list and the folder do not have it.
    """
    made = run("create", "ci", "--role", "operator", data_dir=tmp_path)
    secret = made.stdout.removesuffix("\n")
    listed = run("list", data_dir=tmp_path)

    found = TokenFile(tmp_path).find(secret, TokenKind.TOKEN)
    assert found is not None
    assert (found.name, found.role, found.created_by) == ("ci", Role.OPERATOR, "cli")
    assert found.expires_at is not None
    assert (found.expires_at - found.created_at).days == 90
    assert "ci" in listed.stdout
    assert secret not in listed.stdout
    assert not any(secret in path.read_text() for path in tmp_path.iterdir())


def test_the_list_tells_when_each_was_last_used(tmp_path: Path) -> None:
    """As a server has written it down, in one line each, where it has."""
    for name in ("lab-nightly", "idle"):
        run("create", name, "--role", "operator", data_dir=tmp_path)
    ids = {each.name: each.id for each in TokenFile(tmp_path).tokens()}
    with closing(SqliteCatalogue(tmp_path / "catalogue.db")) as catalogue:
        SqliteSessionStore(catalogue).save_token_uses({ids["lab-nightly"]: NOW})
        table = run("list", data_dir=tmp_path).stdout.splitlines()
        lines = run("list", "--json", data_dir=tmp_path).stdout.splitlines()

    (lab,) = (line for line in table if ids["lab-nightly"] in line)
    (idle,) = (line for line in table if ids["idle"] in line)
    used = {each["name"]: each["last_used_at"] for each in map(json.loads, lines)}
    assert "  2026-01-01 00:00 UTC  ends 2" in lab
    assert lab.rstrip().endswith("UTC")
    assert "none on record" in idle
    assert used == {"lab-nightly": "2026-01-01T00:00:00Z", "idle": None}


def test_a_damaged_catalogue_hides_no_token(tmp_path: Path) -> None:
    """The list is there, without last uses, and says why."""
    run("create", "lab", data_dir=tmp_path)
    (tmp_path / "catalogue.db").write_bytes(b"no database " * 100)
    listed = run("list", data_dir=tmp_path)

    assert listed.exit_code == 0
    assert "lab" in listed.stdout
    assert "not a database" in listed.stderr
    (line,) = run("list", "--json", data_dir=tmp_path).stdout.splitlines()
    assert "last_used_at" not in json.loads(line)


def test_the_folder_may_be_named_before_the_command(tmp_path: Path) -> None:
    """As `matinee token --data-dir DIR` takes it."""
    named = ["--data-dir", str(tmp_path), "create", "lab"]

    assert CliRunner().invoke(token_app, named).exit_code == 0
    assert [t.name for t in TokenFile(tmp_path).tokens()] == ["lab"]


def test_a_link_is_shared(tmp_path: Path) -> None:
    """Under the address that others reach, as a viewer for eight hours unless told otherwise."""
    made = run("share", "class", "--url", "https://rl.example.org/", data_dir=tmp_path)
    address, _, secret = made.stdout.strip().partition("?code=")

    assert address == "https://rl.example.org/login"
    link = TokenFile(tmp_path).find(secret, TokenKind.LINK)
    assert link is not None
    assert link.role is Role.VIEWER
    assert link.expires_at is not None
    assert (link.expires_at - link.created_at).total_seconds() == 8 * 3600
    usual = run("share", "other", data_dir=tmp_path).stdout
    assert usual.startswith("http://127.0.0.1:8000/login?code=mtn_")


@pytest.mark.parametrize("by", ["name", "id", "end of the id"])
def test_a_token_is_revoked(tmp_path: Path, by: str) -> None:
    """By its name in any case, its id, or enough of that; the list says so."""
    run("create", "lab", data_dir=tmp_path)
    (token,) = TokenFile(tmp_path).tokens()
    which = {"name": "LAB", "id": token.id, "end of the id": token.id[-8:].lower()}[by]

    assert run("revoke", which, data_dir=tmp_path).exit_code == 0

    (ended,) = TokenFile(tmp_path).tokens()
    assert ended.revoked_by == "cli"
    assert json.loads(run("list", "--json", data_dir=tmp_path).stdout)["revoked_by"] == "cli"


def test_what_is_not_there_is_not_revoked(tmp_path: Path) -> None:
    """Said in words, also where the name is that of one that has ended."""
    run("create", "lab", data_dir=tmp_path)
    run("revoke", "lab", data_dir=tmp_path)

    for which in ("lab", "other"):
        refused = run("revoke", which, data_dir=tmp_path)
        assert isinstance(refused.exception, NotFoundError)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("2w", timedelta(weeks=2)),
        ("5m", timedelta(minutes=5)),
        ("2026-01-02T00:00:00+00:00", timedelta(days=1)),
    ],
)
def test_an_end_is_a_time_or_a_date(text: str, after: timedelta) -> None:
    """Units from minutes to weeks, or a moment."""
    assert read_expiry(text, now=NOW, longest_s=MAX_LIFETIME_S) == NOW + after


def test_never_is_for_tokens_alone() -> None:
    """A link that many have must end."""
    assert read_expiry("never", now=NOW, longest_s=1, may_be_never=True) is None
    with pytest.raises(InvalidInputError):
        read_expiry("never", now=NOW, longest_s=MAX_LIFETIME_S)


@pytest.mark.parametrize(
    "text", ["", "soon", "5s", "0d", "-1d", "999999w", "2025-12-31", "1.5h", "2026-13-01"]
)
def test_other_ends_are_refused(text: str) -> None:
    """With what would be allowed; nothing of the past, or too far away."""
    with pytest.raises(InvalidInputError) as refusal:
        read_expiry(text, now=NOW, longest_s=MAX_LIFETIME_S)

    assert "allowed: 12h, 90d" in refusal.value.fields[0].message


def test_a_name_that_would_mislead_is_refused(tmp_path: Path) -> None:
    """As the API refuses it."""
    assert isinstance(run("create", "server", data_dir=tmp_path).exception, InvalidInputError)
    assert TokenFile(tmp_path).tokens() == []


def entries(data_dir: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Of the audit trail, oldest first."""
    found = AuditFile(data_dir).page(limit=100).items[::-1]
    return [(entry.actor, entry.action, entry.target) for entry in found]


def test_the_terminal_is_in_the_audit_trail(tmp_path: Path) -> None:
    """Whether or not a server runs: who made and revoked what."""
    run("create", "lab", data_dir=tmp_path)
    run("share", "class", data_dir=tmp_path)
    run("revoke", "lab", data_dir=tmp_path)

    ids = {token.name: {"token_id": token.id} for token in TokenFile(tmp_path).tokens()}
    assert entries(tmp_path) == [
        ("cli", "createToken", ids["lab"]),
        ("cli", "createLoginLink", ids["class"]),
        ("cli", "revokeToken", ids["lab"]),
    ]


def make(store: TokenFile, name: str, by: str, *, minute: int, made_with: str | None = None) -> str:
    """A token that somebody made."""
    made, _ = store.create(
        name,
        kind=TokenKind.TOKEN,
        role=Role.ADMIN,
        expires_at=None,
        created_by=by,
        now=datetime.now(UTC) + timedelta(minutes=minute - 60),
        made_with=made_with,
    )
    return made.id


@pytest.mark.parametrize("made_too", [False, True])
def test_a_stolen_token_can_take_along_what_it_made(tmp_path: Path, made_too: bool) -> None:
    """Tokens of others stay unless somebody says otherwise, and are named; with `--made-too` what
    was made with it, and with that, ends as well, and nothing that somebody else made.
    """
    store = TokenFile(tmp_path)
    make(store, "before", "stolen", minute=0)  # By who had that name then.
    make(store, "stolen", "cli", minute=1)
    make(store, "second", "stolen", minute=2)
    make(store, "third", "second", minute=3)
    make(store, "other", "cli", minute=4)

    result = run("revoke", "stolen", *(["--made-too"] if made_too else []), data_dir=tmp_path)

    now = datetime.now(UTC)
    working = {token.name for token in store.tokens() if not token.has_ended(now)}
    others = {"before", "other"}
    assert working == (others if made_too else others | {"second", "third"})
    assert ("still working: second, third (--made-too ends them)" in result.stderr) != made_too


@pytest.mark.parametrize(
    ("variables", "base"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"MATINEE_HOST": "::1", "MATINEE_PORT": "9000"}, "http://[::1]:9000"),
        ({"MATINEE_HOST": "10.0.0.7"}, "http://10.0.0.7:8000"),
        (
            {"MATINEE_HOST": EVERYWHERE, "MATINEE_ALLOWED_HOSTS": "gpu1.example.org, gpu2"},
            "http://gpu1.example.org:8000",
        ),
        ({"MATINEE_HOST": EVERYWHERE, "MATINEE_ALLOWED_HOSTS": "gpu1:9000"}, "http://gpu1:9000"),
        ({"MATINEE_ALLOWED_HOSTS": "https://rl.example.org"}, "https://rl.example.org"),
        (
            {"MATINEE_ALLOWED_HOSTS": "https://rl.example.org", "MATINEE_PATH_PREFIX": "/lab"},
            "https://rl.example.org/lab",
        ),
    ],
)
def test_a_link_names_what_others_can_reach(
    tmp_path: Path, variables: dict[str, str], base: str
) -> None:
    """A name that the server answers to, if it has any; else where it listens."""
    arguments = ["share", "class", "--data-dir", str(tmp_path)]
    told = CliRunner(env=variables).invoke(token_app, arguments).stdout
    assert told.startswith(f"{base}/login?code=mtn_")


@pytest.mark.parametrize("variables", [{"MATINEE_HOST": EVERYWHERE}, {"MATINEE_PORT": "0"}])
def test_a_link_to_nowhere_is_not_made(tmp_path: Path, variables: dict[str, str]) -> None:
    """Nobody can open http://0.0.0.0: the address is asked for, and nothing was made."""
    arguments = ["share", "class", "--data-dir", str(tmp_path)]
    result = CliRunner(env=variables).invoke(token_app, arguments)
    assert isinstance(result.exception, InvalidInputError)
    (field,) = result.exception.fields
    assert field.loc == ("url",)
    assert "--url http://" in field.message
    assert TokenFile(tmp_path).tokens() == []


@pytest.mark.parametrize(
    "url", ["rl.example.org", "ftp://x", "https://", "https://a/?b", "http://a b"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    """Before anything is made."""
    result = run("share", "class", "--url", url, data_dir=tmp_path)
    assert isinstance(result.exception, InvalidInputError)
    assert TokenFile(tmp_path).tokens() == []
