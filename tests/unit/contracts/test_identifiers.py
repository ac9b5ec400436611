"""Identifiers: ours have the form that we accept, and nothing that could be a path has."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from matinee.contracts.identifiers import ULID_PATTERN, Ulid, new_ulid

ULIDS: TypeAdapter[str] = TypeAdapter(Ulid)


def test_what_we_make_we_accept() -> None:
    """New identifiers match the pattern, are unique, and sort by the time they were made."""
    made = [new_ulid() for _ in range(100)]

    assert [ULIDS.validate_python(each) for each in made] == made
    assert len(set(made)) == len(made)
    assert [each[:10] for each in made] == sorted(each[:10] for each in made)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../etc", "01M84P4J1M3ES24RAPCWANXQV", "01M84P4J1M3ES24RAPCWANXQVRX",
     "01m84p4j1m3es24rapcwanxqvr", "01M84P4J1M3ES24RAPCWANXQV/", "01M84P4J1M3ES24RAPCWANXQVU",
     "01M84P4J1M3ES24RAPCWANXQVR\n"],
)  # fmt: skip
def test_what_we_could_not_have_made_is_refused(name: str) -> None:
    """Paths, other lengths, other letters and a trailing line break are no identifiers."""
    with pytest.raises(ValidationError):
        ULIDS.validate_python(name)
    assert re.fullmatch(ULID_PATTERN, name) is None
