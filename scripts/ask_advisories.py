"""Asks whether weaknesses of our dependencies are known: `make audit`.

Packages of Python by pip-audit, those of the page by npm audit. Both need a service that not every
network lets through. One that could not be asked says nothing about any package: that is printed,
and never passes for "nothing is known". With `--must-ask` it is an error.

Known ones that don't concern us are in `[tool.matinee.accepted-advisories]` of pyproject.toml, by
id, each with its reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 180.0
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")


@dataclass(frozen=True)
class Advisory:
    """A known weakness of a package."""

    id: str
    package: str
    text: str


@dataclass(frozen=True)
class Answer:
    """What one service said.

    Attributes:
        about: Packages of what.
        asked: About how many it knows what it knows.
        silent: About how many nothing was learned.
        why: It was silent about these.
        advisories: What is known.
    """

    about: str
    asked: int
    silent: int
    why: str = ""
    advisories: Sequence[Advisory] = field(default_factory=tuple)


def ask_pypi() -> Answer:
    """About everything in constraints.txt, at exactly these versions."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if PIN.match(line)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write("\n".join(pins))
        requirements.flush()
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip"]
        options = ["--format", "json", "--progress-spinner", "off", "-r", requirements.name]
        told = _tell(command + options)
    return read_pip_audit(told, pinned=len(pins))


def read_pip_audit(told: str, *, pinned: int) -> Answer:
    """What it printed, as an answer; anything but its report means that it could not ask."""
    try:
        found = json.loads(told[told.index("{") :])["dependencies"]
    except (ValueError, KeyError):
        return Answer("Python packages", 0, pinned, _last_line(told))
    skipped = [each["skip_reason"] for each in found if "skip_reason" in each]
    advisories = [
        Advisory(weakness["id"], f"{each['name']} {each['version']}", weakness["description"])
        for each in found
        for weakness in each.get("vulns", ())
    ]
    asked = len(found) - len(skipped)
    return Answer(
        "Python packages", asked, pinned - asked, skipped[0] if skipped else "", advisories
    )


def ask_npm() -> Answer:
    """About everything in the lock file of the page."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    locked = sum(bool(name) for name in lock["packages"])
    told = _tell([sys.executable, "scripts/node_toolchain.py", "audit", "--json"])
    return read_npm_audit(told, locked=locked)


def read_npm_audit(told: str, *, locked: int) -> Answer:
    """What it printed, as an answer; anything but its report means that it could not ask."""
    try:
        report = json.loads(told[told.index("{") :])
        found = report["vulnerabilities"]
    except (ValueError, KeyError):
        return Answer("npm packages", 0, locked, _last_line(told))
    advisories = [
        Advisory(via["url"].rpartition("/")[2], name, via["title"])
        for name, each in found.items()
        for via in each["via"]
        # Those that are only in danger through another are named with that one.
        if isinstance(via, dict)
    ]
    return Answer("npm packages", locked, 0, "", advisories)


def _tell(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {TIMEOUT_S:g} s"
    return done.stdout if "{" in done.stdout else done.stderr


def _last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    messages = [line for line in lines if "message" in line or "rror" in line]
    return (messages or lines or ["it said nothing"])[0][:200]


def accepted() -> dict[str, str]:
    """Known weaknesses that don't concern us, and why."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    reasons: dict[str, str] = project["tool"]["matinee"]["accepted-advisories"]
    return reasons


def report(answers: Sequence[Answer], reasons: dict[str, str], *, must_ask: bool) -> int:
    """Print what is known and what is not; 1: something is, 2: one could not be asked."""
    status = 0
    for answer in answers:
        new = [each for each in answer.advisories if each.id not in reasons]
        for each in answer.advisories:
            print(f"  {each.id}: {each.package}: {reasons.get(each.id, each.text)}")
        if answer.asked:
            print(f"{answer.about}: {answer.asked} asked about, {len(new)} new advisories")
        if answer.silent:
            print(
                f"{answer.about}: NOT ASKED about {answer.silent}: nothing is known of them. "
                f"{answer.why}"
            )
        if new:
            status = 1
        elif answer.silent and must_ask and status == 0:
            status = 2
    known = {each.id for answer in answers for each in answer.advisories}
    idle = reasons.keys() - known
    if idle and not any(answer.silent for answer in answers):
        print(f"accepted, but not known any more: {', '.join(sorted(idle))}")
        status = status or 1
    return status


if __name__ == "__main__":
    sys.exit(report([ask_pypi(), ask_npm()], accepted(), must_ask="--must-ask" in sys.argv[1:]))
