"""Roles, names and ends of tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from matinee.contracts.access import RESERVED_NAMES, Role, Token, TokenKind, TokenRequest
from matinee.contracts.identifiers import new_ulid

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_token(**changes: object) -> Token:
    """One that works for a day."""
    facts: dict[str, object] = {
        "id": new_ulid(),
        "name": "lab",
        "kind": TokenKind.TOKEN,
        "role": Role.VIEWER,
        "created_at": NOW,
        "created_by": "cli",
        "expires_at": NOW + timedelta(days=1),
    }
    return Token.model_validate(facts | changes)


def test_each_role_may_what_those_before_it_may() -> None:
    """A viewer least, an admin all."""
    order = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]

    for rank, role in enumerate(order):
        assert [role.allows(needed) for needed in order] == [n <= rank for n in range(3)]


def test_a_token_ends_when_it_expires_or_is_revoked() -> None:
    """From the moment of its expiry on, not before; one that was revoked at once."""
    token = make_token()

    assert not token.has_ended(NOW + timedelta(days=1) - timedelta(microseconds=1))
    assert token.has_ended(NOW + timedelta(days=1))
    assert not make_token(expires_at=None).has_ended(NOW + timedelta(days=36_500))
    assert make_token(revoked_at=NOW, revoked_by="cli").has_ended(NOW)


@pytest.mark.parametrize("name", ["lab", "Frau Müller", "ci@gpu1", "教室", "a" * 60])
def test_names_are_texts_that_can_be_shown(name: str) -> None:
    """In any language, up to 60 characters."""
    assert TokenRequest(name=name, role=Role.VIEWER).name == name


@pytest.mark.parametrize(
    "name", ["", " lab", "lab ", "a\nb", "a\x1b[31m", "\u202elab", "a" * 61, "SERVER", "Cli"]
)
def test_names_that_would_mislead_are_refused(name: str) -> None:
    """Nothing that breaks a line or a terminal, and nobody who acts under another's name."""
    with pytest.raises(ValidationError):
        TokenRequest(name=name, role=Role.VIEWER)


def test_all_actors_are_reserved() -> None:
    """The names under which the program itself acts."""
    assert {"browser", "token", "cli", "server", "signal", "plan", "run process"} <= RESERVED_NAMES


def test_a_token_lasts_ninety_days_unless_told_otherwise() -> None:
    """And for ever only if somebody says so."""
    assert TokenRequest(name="lab", role=Role.VIEWER).expires_in_s == 90 * 86_400
    assert TokenRequest(name="lab", role=Role.VIEWER, expires_in_s=None).expires_in_s is None
