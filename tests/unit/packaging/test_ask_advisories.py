"""What the advisory services said is told as it is; silence never passes for good news."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

import ask_advisories
from ask_advisories import Advisory, Answer, accepted, read_npm_audit, read_pip_audit, report

ROOT = Path(__file__).parents[3]
WEAK = Advisory("PYSEC-2026-1", "starlette 1.0.0", "a Host header passes checks")

PIP_AUDIT = {
    "dependencies": [
        {"name": "fine", "version": "1", "vulns": []},
        {
            "name": "starlette",
            "version": "1.0.0",
            "vulns": [{"id": WEAK.id, "description": WEAK.text, "fix_versions": ["1.3.1"]}],
        },
        {"name": "unknown", "skip_reason": "Dependency not found on PyPI"},
    ]
}
NPM_AUDIT = {
    "vulnerabilities": {
        "deep": {"via": [{"url": "https://x/advisories/GHSA-1", "title": "runs code"}]},
        "outer": {"via": ["deep"]},
    }
}
NPM_REFUSED = {"message": "405 Method Not Allowed", "error": {"summary": "", "detail": ""}}


def test_findings_are_read() -> None:
    """Each weakness once, with its id; what was skipped is counted as not asked."""
    python = read_pip_audit("found 1\n" + json.dumps(PIP_AUDIT), pinned=3)
    page = read_npm_audit(json.dumps(NPM_AUDIT), locked=90)
    assert python == Answer(
        "Python packages", 2, 1, "Dependency not found on PyPI", (WEAK,)
    ) or list(python.advisories) == [WEAK]
    assert (python.asked, python.silent) == (2, 1)
    assert list(page.advisories) == [Advisory("GHSA-1", "deep", "runs code")]
    assert (page.asked, page.silent) == (90, 0)


@pytest.mark.parametrize("told", ["", "Traceback …\nConnectionError: no route", "{"])
def test_no_report_is_no_good_news(told: str) -> None:
    """Whatever else was printed: all packages count as not asked about."""
    for answer in (read_pip_audit(told, pinned=3), read_npm_audit(told, locked=3)):
        assert (answer.asked, answer.silent, list(answer.advisories)) == (0, 3, [])
        assert answer.why


def test_a_refusal_of_npm_is_none() -> None:
    """A report without findings and one that is an error look alike to a hasty reader."""
    answer = read_npm_audit(json.dumps(NPM_REFUSED, indent=2), locked=3)
    assert (answer.asked, answer.silent) == (0, 3)
    assert "405 Method Not Allowed" in answer.why


ASKED = Answer("Python packages", 3, 0)
SILENT = Answer("npm packages", 0, 90, "no route")
FOUND = Answer("Python packages", 3, 0, "", (WEAK,))


@pytest.mark.parametrize(
    ("answers", "reasons", "must_ask", "status"),
    [
        ([ASKED], {}, True, 0),
        ([ASKED, SILENT], {}, False, 0),
        ([ASKED, SILENT], {}, True, 2),
        ([FOUND], {}, False, 1),
        ([FOUND, SILENT], {}, True, 1),
        ([FOUND], {WEAK.id: "not used"}, True, 0),
        ([ASKED], {WEAK.id: "not used"}, False, 1),
        ([SILENT], {WEAK.id: "not used"}, False, 0),
    ],
)
def test_the_exit_code_says_what_is_known(
    answers: Sequence[Answer],
    reasons: dict[str, str],
    must_ask: bool,
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """1 for a weakness that nobody accepted, or an acceptance of none; 2 where an answer was
    demanded and there is none; and silence is spelt out each time.
    """
    assert report(answers, reasons, must_ask=must_ask) == status
    told = capsys.readouterr().out
    silent = sum(answer.silent for answer in answers)
    assert ("NOT ASKED about 90: nothing is known of them. no route" in told) == bool(silent)
    assert (WEAK.id in told) == any(WEAK in a.advisories for a in answers) or reasons


def test_acceptances_have_reasons() -> None:
    """Each id with words."""
    assert all(re.match(r"[A-Z]+-", name) and len(why) > 10 for name, why in accepted().items())


def test_somebody_asks_every_week() -> None:
    """And fails if nobody answers."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/audit.yml").read_text())
    # YAML takes the key `on` for true.
    assert workflow[True]["schedule"]
    steps = [step.get("run") for job in workflow["jobs"].values() for step in job["steps"]]
    assert "make audit AUDIT_ARGS=--must-ask" in steps
    assert ask_advisories.PIN.match("starlette==1.3.1")
