"""Exceptions to the security rules of the linter each have a reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY_RULE = re.compile(r"#\s*noqa:\s*[A-Z0-9, ]*\bS\d{3}\b[A-Z0-9, ]*(?P<reason>.*)")
SILENCED = re.compile(r"#\s*(?:(?:ruff:\s*)?noqa(?!:)|nosec)", re.IGNORECASE)
FOLDERS = ("backend", "tests", "benchmarks", "scripts")


def lines() -> list[tuple[str, str]]:
    """Every line of Python of ours, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
    ]


def test_each_says_why() -> None:
    """`# noqa: S603 - why`, in words; and none silences everything."""
    silent = [
        place
        for place, line in lines()
        if (match := SECURITY_RULE.search(line)) and len(match["reason"].strip(" -–")) < 5
    ]
    assert silent == []
    assert [place for place, line in lines() if SILENCED.search(line)] == []


def test_rules_that_are_off_say_why() -> None:
    """Every rule of the security group that pyproject.toml turns off has a comment, and the group
    itself is on.
    """
    text = (ROOT / "pyproject.toml").read_text()
    lint = tomllib.loads(text)["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert not {"S", "ALL"} & set(lint["ignore"])
    off = re.findall(r'^.*"S\d{3}".*$', text, flags=re.MULTILINE)
    assert off
    assert [line for line in off if not re.search(r"# \w+", line)] == []


@pytest.mark.parametrize("line", ["x  # noqa: S603", "x  # noqa: S603, E501 - ", "x  # noqa: S1"])
def test_what_is_too_little(line: str) -> None:
    """The patterns themselves."""
    match = SECURITY_RULE.search(line)
    assert match is None or len(match["reason"].strip(" -–")) < 5
