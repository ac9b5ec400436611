"""A secret in a tracked file is found, and nothing is excused without a reason."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

import scan_secrets
from scan_secrets import (
    EXCEPTIONS,
    Finding,
    excuses,
    find_in_parallel,
    find_secrets,
    read_exceptions,
)

KEY_HEAD = "-----BEGIN RSA " + "PRIVATE KEY-----"


def planted(kind: str) -> str:
    """A line with a secret that is made up for this test."""
    random = secrets.token_urlsafe(24)
    return {
        "ours": f"curl -H 'Authorization: Bearer mtn_{random}'",
        "a key": KEY_HEAD,
        "GitHub's": "ghp_" + secrets.token_hex(18),
        "AWS's": "aws = AKIA" + secrets.token_hex(8).upper(),
        "a password": f'password = "{random}"',
        "in an address": f"https://lab:{secrets.token_hex(8)}@example.org/",
    }[kind]


@pytest.mark.parametrize(
    "kind", ["ours", "a key", "GitHub's", "AWS's", "a password", "in an address"]
)
def test_a_planted_secret_is_found(tmp_path: Path, kind: str) -> None:
    """With its place, and only its beginning is shown."""
    line = planted(kind)
    path = tmp_path / "notes.py"
    path.write_text(f"# nothing here\n{line}\n")

    findings = list(find_secrets([path]))

    assert findings
    assert {finding.line for finding in findings} == {2}
    shown = "\n".join(map(str, findings))
    assert str(path) in shown
    assert line not in shown


def test_several_cores_find_the_same(tmp_path: Path) -> None:
    """In the order of the files."""
    files = [tmp_path / f"{number}.py" for number in range(9)]
    for path in files:
        path.write_text(f"{planted('ours')}\n" * 2)
    assert find_in_parallel(files) == list(find_secrets(files))


def test_ordinary_lines_are_none(tmp_path: Path) -> None:
    """Ids, variables and words about secrets."""
    path = tmp_path / "notes.py"
    path.write_text(
        'token = os.environ["MATINEE_TOKEN"]\n'
        "TOKEN=$(.venv/bin/matinee token)\n"
        'ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"\n'
        'path = "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV"\n'
        "password: ${GRAFANA_PASSWORD}\n"
    )
    assert list(find_secrets([path])) == []


def test_every_exception_has_a_reason() -> None:
    """Of ours; and one without is refused."""
    assert all(len(entry["why"]) > 10 for entry in read_exceptions())


@pytest.mark.parametrize("text", ['path = "x"', 'path = "x"\nwhy = " "', 'why = "w"\nwhom = "x"'])
def test_an_exception_without_a_reason_is_refused(tmp_path: Path, text: str) -> None:
    """So is one with anything that means nothing."""
    path = tmp_path / "exceptions.toml"
    path.write_text(f"[[exception]]\n{text}\n")
    with pytest.raises(ValueError, match="needs path, why"):
        read_exceptions(path)


def test_an_exception_is_about_one_file_and_kind() -> None:
    """It does not excuse the next secret in the same file."""
    finding = Finding("a.py", 3, "Secret Keyword", "abcdef")
    assert excuses({"path": "a.py", "kind": "Secret Keyword", "why": ""}, finding)
    assert excuses({"path": "a.py", "begins": "abc", "why": ""}, finding)
    assert not excuses({"path": "b.py", "kind": "Secret Keyword", "why": ""}, finding)
    assert not excuses({"path": "a.py", "kind": "Private Key", "why": ""}, finding)
    assert not excuses({"path": "a.py", "begins": "abd", "why": ""}, finding)


@pytest.mark.parametrize("which", ["a new finding", "an idle exception", "neither"])
def test_it_ends_with_1_if_anything_is_open(
    which: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A finding without an exception, or an exception that fits nothing any more."""
    entry = {"path": "a.py", "begins": "abc", "why": "made up"}
    finding = Finding("a.py", 3, "Secret Keyword", "abcdefghijk")
    monkeypatch.setattr(
        scan_secrets, "find_in_parallel", lambda _: [] if "idle" in which else [finding]
    )
    monkeypatch.setattr(
        scan_secrets, "read_exceptions", lambda: [] if "finding" in which else [entry]
    )
    assert scan_secrets.main() == (0 if which == "neither" else 1)
    told = capsys.readouterr().err
    assert ("a.py:3: Secret Keyword: abcdef…" in told) == ("finding" in which)
    assert ("fits nothing any more" in told) == ("idle" in which)


def test_exceptions_lie_beside_it() -> None:
    """Where the message sends people."""
    assert EXCEPTIONS.exists()
