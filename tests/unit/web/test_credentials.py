"""Tokens, login codes, digests."""

from __future__ import annotations

import pytest

from fakes.clock import StoppedClock
from matinee.errors import LimitExceededError
from matinee.secret_digest import secret_digest
from matinee.web.credentials import (
    LOGIN_CODE_LIFETIME,
    MAX_USED_LOGIN_CODES,
    MAX_WAITING_LOGIN_CODES,
    OWN_GRANT,
    AccessToken,
    BadCode,
    LoginCodes,
    new_secret,
)


@pytest.fixture
def clock() -> StoppedClock:
    """What the codes take for the time."""
    return StoppedClock()


def test_only_the_token_matches() -> None:
    """The exact token matches; prefixes, other cases, longer and non-ASCII texts do not."""
    token = AccessToken("Correct-Horse")

    assert token.matches("Correct-Horse")
    for wrong in ("", "Correct-Hors", "correct-horse", "Correct-Horse ", "Correct-Horsé"):
        assert not token.matches(wrong)


def test_the_token_is_not_kept_in_clear() -> None:
    """Nothing that the object holds shows the token."""
    assert "Correct-Horse" not in repr(vars(AccessToken("Correct-Horse")))


def test_secrets_have_192_bits() -> None:
    """Fresh secrets are 24 random bytes, and never the same."""
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {32}


def test_a_code_opens_once(clock: StoppedClock) -> None:
    """A code is accepted the first time, then known as used; a made-up one is unknown."""
    codes = LoginCodes(clock)
    code = codes.create(OWN_GRANT)

    assert codes.redeem(code) is OWN_GRANT
    assert codes.redeem(code) is BadCode.USED
    assert codes.redeem("made up") is BadCode.UNKNOWN


def test_a_code_expires(clock: StoppedClock) -> None:
    """Ten minutes after it was made a code is gone, used or not."""
    codes = LoginCodes(clock)
    used, unused = codes.create(OWN_GRANT), codes.create(OWN_GRANT)
    codes.redeem(used)

    clock.advance(LOGIN_CODE_LIFETIME)

    assert codes.redeem(used) is BadCode.UNKNOWN
    assert codes.redeem(unused) is BadCode.UNKNOWN


def test_codes_do_not_pile_up(clock: StoppedClock) -> None:
    """Beyond a hundred that nobody used no more are made until some expire."""
    codes = LoginCodes(clock)
    for _ in range(MAX_WAITING_LOGIN_CODES):
        codes.create(OWN_GRANT)
    with pytest.raises(LimitExceededError, match="100 login codes wait to be used"):
        codes.create(OWN_GRANT)

    clock.advance(LOGIN_CODE_LIFETIME)

    assert codes.redeem(codes.create(OWN_GRANT)) is OWN_GRANT


def test_used_codes_leave_room_for_others(clock: StoppedClock) -> None:
    """However many come within ten minutes, each gets in; so many used codes are known."""
    codes = LoginCodes(clock)
    used = [codes.create(OWN_GRANT)]
    assert codes.redeem(used[0]) is OWN_GRANT
    for _ in range(MAX_USED_LOGIN_CODES):
        used.append(codes.create(OWN_GRANT))
        assert codes.redeem(used[-1]) is OWN_GRANT

    assert codes.redeem(used[0]) is BadCode.UNKNOWN
    assert {codes.redeem(code) for code in used[1:]} == {BadCode.USED}


def test_digests_are_sha256() -> None:
    """What is stored in place of a secret is its SHA-256 in hexadecimal."""
    assert secret_digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
