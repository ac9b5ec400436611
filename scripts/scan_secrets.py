"""Looks for secrets in every tracked file; asks nobody. `make check` calls it.

What it finds and what is none is in `secret_exceptions.toml` beside this file, each with its
reason. An exception that fits nothing any more is a finding, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect_secrets.core import scan
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = Path(__file__).with_name("secret_exceptions.toml")
MOST_PROCESSES = 4
LONGEST_SHOWN = 6
"""Characters of a finding: enough to find it, too few to use it."""
OUR_TOKENS = re.compile(r"\bmtn_[A-Za-z0-9_-]{32}\b")
"""As `matinee token` makes them: 24 random bytes."""
OUR_KIND = "Matinee token"

_RANDOM_TEXTS = frozenset({"Base64 High Entropy String", "Hex High Entropy String"})
_AN_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Za-z])")
_NOT_LOOKED_AT = re.compile(
    r"\.(?:png|jpe?g|gif|webp|woff2?|ico)$"  # Pictures and fonts: no text.
    r"|^frontend/package-lock\.json$"  # Checksums of packages, a thousand of them.
    # Generated, of files that are looked at.
    r"|^frontend/openapi\.json$|^frontend/src/api/schema\.gen\.ts$|^docs/reference\.md$"
    r"|^backend/matinee/environments/preset_measurements\.json$"  # Figures and digests of specs.
)
_DETECTORS: dict[str, Any] = {
    "plugins_used": [
        {"name": name}
        for name in (
            "ArtifactoryDetector",
            "AWSKeyDetector",
            "AzureStorageKeyDetector",
            "BasicAuthDetector",
            "CloudantDetector",
            "DiscordBotTokenDetector",
            "GitHubTokenDetector",
            "GitLabTokenDetector",
            "JwtTokenDetector",
            "KeywordDetector",
            "MailchimpDetector",
            "NpmDetector",
            "OpenAIDetector",
            "PrivateKeyDetector",
            "PypiTokenDetector",
            "SendGridDetector",
            "SlackDetector",
            "SquareOAuthDetector",
            "StripeDetector",
            "TwilioKeyDetector",
        )
    ]
    + [
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
    ],
    "filters_used": [
        {"path": f"detect_secrets.filters.heuristic.{name}"}
        for name in (
            "is_likely_id_string",
            "is_not_alphanumeric_string",
            "is_potential_uuid",
            "is_prefixed_with_dollar_sign",
            "is_sequential_string",
            "is_templated_secret",
        )
    ],
}


@dataclass(frozen=True)
class Finding:
    """Something that looks like a secret."""

    path: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        shown = self.text[:LONGEST_SHOWN]
        return f"{self.path}:{self.line}: {self.kind}: {shown}… ({len(self.text)} characters)"


def tracked_files() -> list[Path]:
    """What is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
    paths = (ROOT / name for name in told.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def find_secrets(files: Iterable[Path]) -> Iterator[Finding]:
    """Whatever looks like one."""
    with transient_settings(_DETECTORS):
        for path in files:
            name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
            if _NOT_LOOKED_AT.search(name):
                continue
            for found in scan.scan_file(str(path)):
                secret = found.secret_value or ""
                # Ids are random, too, and no secrets: paths and cursors in tests have them.
                if not (found.type in _RANDOM_TEXTS and _AN_ID.search(secret)):
                    yield Finding(name, found.line_number, found.type, secret)
            text = path.read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                for match in OUR_TOKENS.finditer(line):
                    yield Finding(name, number, OUR_KIND, match[0])


def find_in_parallel(files: list[Path]) -> list[Finding]:
    """As `find_secrets`, on all cores: a dozen detectors look at each line."""
    cores = min(os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(cores) as pool:
        parts = pool.map(_find, [files[start::cores] for start in range(cores)], timeout=600)
        return sorted((f for part in parts for f in part), key=lambda f: (f.path, f.line))


def _find(files: list[Path]) -> list[Finding]:
    return list(find_secrets(files))


def read_exceptions(path: Path = EXCEPTIONS) -> list[dict[str, str]]:
    """What is known to be none: where (a path), what (a beginning, or all of a kind), and why.

    Raises:
        ValueError: one has no reason.
    """
    entries: list[dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))["exception"]
    for entry in entries:
        if not entry.get("why", "").strip() or not entry.keys() <= {
            "path",
            "kind",
            "begins",
            "why",
        }:
            raise ValueError(f"{path.name}: {entry} needs path, why, and kind or begins")
    return entries


def excuses(entry: dict[str, str], finding: Finding) -> bool:
    """Whether an exception is about a finding."""
    return (
        entry["path"] == finding.path
        and entry.get("kind", finding.kind) == finding.kind
        and finding.text.startswith(entry.get("begins", ""))
    )


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    exceptions = read_exceptions()
    findings = find_in_parallel(tracked_files())
    open_ones = [f for f in findings if not any(excuses(entry, f) for entry in exceptions)]
    idle = [entry for entry in exceptions if not any(excuses(entry, f) for f in findings)]
    for finding in open_ones:
        print(f"{finding}", file=sys.stderr)
    for entry in idle:
        print(f"{EXCEPTIONS.name}: fits nothing any more: {entry}", file=sys.stderr)
    if open_ones:
        print(
            "  Take it out of the file and out of the history, and make it worthless where it was "
            f"used. Only what is none goes to scripts/{EXCEPTIONS.name}, with the reason.",
            file=sys.stderr,
        )
    return 1 if open_ones or idle else 0


if __name__ == "__main__":
    sys.exit(main())
