"""tokens.json: whole, private, and written by several at the same time."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.run_use_cases import NOW
from matinee.contracts.access import Role, Token, TokenKind
from matinee.contracts.identifiers import new_ulid
from matinee.errors import ConflictError, LimitExceededError, NotFoundError, TokenFileError
from matinee.storage import token_file as module
from matinee.storage.token_file import MAX_TOKENS, REMEMBERED_FOR, TOKENS_FILE, TokenFile

HOUR = timedelta(hours=1)


def make(
    tokens: TokenFile,
    name: str,
    *,
    kind: TokenKind = TokenKind.TOKEN,
    expires_in: timedelta | None = HOUR,
    made_with: str | None = None,
    now_later: timedelta = timedelta(0),
) -> tuple[Token, str]:
    """A viewer's."""
    now = NOW + now_later
    return tokens.create(
        name,
        kind=kind,
        role=Role.VIEWER,
        expires_at=None if expires_in is None else now + expires_in,
        created_by="cli",
        now=now,
        made_with=made_with,
    )


def test_a_secret_finds_its_token(tmp_path: Path) -> None:
    """In the file of another process, too, at once; only as what it is, and only the exact one."""
    tokens, others = TokenFile(tmp_path), TokenFile(tmp_path)
    token, secret = make(tokens, "lab")
    link, link_secret = make(tokens, "class", kind=TokenKind.LINK)

    assert others.find(secret, TokenKind.TOKEN) == token
    assert others.find(link_secret, TokenKind.LINK) == link
    assert others.find(secret, TokenKind.LINK) is None
    for wrong in ("", secret[:-1], f"{secret}x", secret.upper(), "mtn_\udcff"):
        assert others.find(wrong, TokenKind.TOKEN) is None
    assert [t.name for t in others.tokens()] == ["class", "lab"]


def test_secrets_are_long_random_and_easily_told(tmp_path: Path) -> None:
    """192 bits after a prefix that scanners know; never the same."""
    tokens = TokenFile(tmp_path)
    secrets = {make(tokens, str(n))[1] for n in range(20)}

    assert len(secrets) == 20
    assert {(secret[:4], len(secret)) for secret in secrets} == {("mtn_", 36)}


def test_the_file_is_private_and_has_no_secret(tmp_path: Path) -> None:
    """Readable by its owner alone, with digests in place of secrets."""
    _, secret = make(TokenFile(tmp_path), "lab")
    file = tmp_path / TOKENS_FILE

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in file.read_text()
    assert secret.removeprefix("mtn_") not in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == [TOKENS_FILE]


def test_a_revoked_token_stays_revoked(tmp_path: Path) -> None:
    """It works no longer, is still listed with who did it, and a second time changes nothing."""
    tokens = TokenFile(tmp_path)
    token, secret = make(tokens, "lab")
    tokens.revoke(token.id, revoked_by="cli", now=NOW)

    again = TokenFile(tmp_path).revoke(token.id, revoked_by="other", now=NOW + HOUR)

    assert (again.revoked_by, again.revoked_at) == ("cli", NOW)
    assert tokens.find(secret, TokenKind.TOKEN) == again
    assert tokens.find_working(token.id, now=NOW) is None
    with pytest.raises(NotFoundError):
        tokens.revoke(new_ulid(), revoked_by="cli", now=NOW)


def test_a_link_works_as_long_as_what_it_was_made_with(tmp_path: Path) -> None:
    """Over any number of steps: one that ends takes all with it that were made with it."""
    tokens = TokenFile(tmp_path)
    first, _ = make(tokens, "first")
    second, _ = make(tokens, "second", made_with=first.id, kind=TokenKind.LINK)
    third, _ = make(tokens, "third", made_with=second.id, kind=TokenKind.LINK)
    assert tokens.find_working(third.id, now=NOW) == third

    tokens.revoke(first.id, revoked_by="cli", now=NOW)

    assert [tokens.find_working(t.id, now=NOW) for t in (first, second, third)] == [None] * 3
    orphan, _ = make(tokens, "orphan", made_with=new_ulid())
    assert tokens.find_working(orphan.id, now=NOW) is None


def test_a_name_is_free_again_when_its_token_has_ended(tmp_path: Path) -> None:
    """While it works nobody else can have it, in whatever case."""
    tokens = TokenFile(tmp_path)
    token, _ = make(tokens, "lab")
    with pytest.raises(ConflictError, match="'lab'"):
        make(tokens, "LAB")

    tokens.revoke(token.id, revoked_by="cli", now=NOW)
    make(tokens, "lab")
    make(tokens, "lab", now_later=HOUR)

    assert len(tokens.tokens()) == 3


def test_ended_ones_are_forgotten_in_time(tmp_path: Path) -> None:
    """After ninety days they are not listed any more; those that never end are."""
    tokens = TokenFile(tmp_path)
    make(tokens, "ended")
    make(tokens, "for ever", expires_in=None)

    make(tokens, "soon", now_later=REMEMBERED_FOR)
    assert {t.name for t in tokens.tokens()} == {"ended", "for ever", "soon"}
    make(tokens, "late", now_later=REMEMBERED_FOR + 2 * HOUR)

    assert {t.name for t in tokens.tokens()} == {"for ever", "soon", "late"}


def test_there_is_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that work: nobody fills the disk with tokens."""
    assert MAX_TOKENS == 1000
    monkeypatch.setattr(module, "MAX_TOKENS", 2)
    tokens = TokenFile(tmp_path)
    make(tokens, "a")
    make(tokens, "b")
    with pytest.raises(LimitExceededError):
        make(tokens, "c")

    make(tokens, "c", now_later=HOUR)


def test_many_write_at_the_same_time(tmp_path: Path) -> None:
    """Whoever makes and revokes tokens at once, each with the file open for itself: all is done,
    nothing twice, and who reads meanwhile sees a whole file.
    """

    def work(worker: int) -> list[tuple[str, str, bool]]:
        mine = TokenFile(tmp_path)
        done = []
        for n in range(8):
            token, secret = make(mine, f"{worker}-{n}")
            if n % 2:
                mine.revoke(token.id, revoked_by="cli", now=NOW)
            done.append((token.id, secret, n % 2 == 1))
            assert token.id in {each.id for each in mine.tokens()}
        return done

    with ThreadPoolExecutor(6) as pool:
        done = [entry for entries in pool.map(work, range(6)) for entry in entries]

    tokens = TokenFile(tmp_path)
    assert len(tokens.tokens()) == len(done) == 48
    for token_id, secret, revoked in done:
        found = tokens.find(secret, TokenKind.TOKEN)
        assert found is not None
        assert (found.id, found.revoked_at is not None) == (token_id, revoked)


def test_of_many_with_one_name_one_is_made(tmp_path: Path) -> None:
    """The others are told that it is taken."""

    def attempt(_: int) -> bool:
        try:
            make(TokenFile(tmp_path), "lab")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(12))) == 1
    assert len(TokenFile(tmp_path).tokens()) == 1


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process holds the folder, one is told so, and nothing was changed."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT_S", 0.02)
    tokens = TokenFile(tmp_path)
    holder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(TokenFileError, match="has held"):
            make(tokens, "lab")
    finally:
        os.close(holder)

    assert tokens.tokens() == []
    make(tokens, "lab")


def test_every_change_is_another_edition(tmp_path: Path) -> None:
    """Of one's own and of others'; without any it stays the same."""
    tokens = TokenFile(tmp_path)
    editions = [tokens.edition(), tokens.edition()]
    token, _ = make(tokens, "lab")
    editions += [tokens.edition(), tokens.edition()]
    TokenFile(tmp_path).revoke(token.id, revoked_by="cli", now=NOW)
    editions.append(tokens.edition())
    (tmp_path / TOKENS_FILE).unlink()
    editions.append(tokens.edition())

    assert editions == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "entries": []}',
        '{"version": 1, "entries": [{"digest": "d"}]}',
    ],
)
def test_a_damaged_file_opens_nothing_and_is_kept(tmp_path: Path, text: str) -> None:
    """Neither read as empty nor written over: who had access is nowhere else."""
    tokens = TokenFile(tmp_path)
    _, secret = make(tokens, "lab")
    file = tmp_path / TOKENS_FILE
    whole = file.read_text()
    file.write_text(text)

    with pytest.raises(TokenFileError, match="damaged"):
        TokenFile(tmp_path)
    with pytest.raises(TokenFileError):
        tokens.find(secret, TokenKind.TOKEN)
    with pytest.raises(TokenFileError):
        make(tokens, "other")

    assert file.read_text() == text
    file.write_text(whole)
    assert tokens.find(secret, TokenKind.TOKEN) is not None


def test_a_crash_while_writing_changes_nothing(tmp_path: Path) -> None:
    """What a killed process left half-written is no obstacle, and is never read."""
    tokens = TokenFile(tmp_path)
    make(tokens, "lab")
    (tmp_path / f"{TOKENS_FILE}.tmp").write_text('{"version": 1, "ent')

    assert [t.name for t in TokenFile(tmp_path).tokens()] == ["lab"]
    make(tokens, "next")
    assert len(json.loads((tmp_path / TOKENS_FILE).read_text())["entries"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == [TOKENS_FILE]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that could not be kept is not handed out."""
    tokens = TokenFile(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenFileError, match="No space left"):
        make(tokens, "lab")

    assert TokenFile(tmp_path).tokens() == []
