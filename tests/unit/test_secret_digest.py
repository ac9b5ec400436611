"""What is kept in place of a secret."""

from __future__ import annotations

from matinee.secret_digest import secret_digest


def test_it_is_sha_256() -> None:
    """As FIPS 180-4 has it, of the three letters of its example."""
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert secret_digest("abc") == expected


def test_whatever_is_sent_has_a_digest() -> None:
    """Half a character of UTF-16 is no secret of ours, and no error either."""
    assert secret_digest("\ud800") != secret_digest("\ud801")
