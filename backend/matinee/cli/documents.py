"""Reads what somebody gives a command as a file: text, and not more of it than makes sense."""

from __future__ import annotations

import sys
from pathlib import Path

from matinee.errors import InvalidInputError

MAX_CHARACTERS = 64 * 2**20
"""A ledger with every change of a long run has a few megabytes."""


def read_document(path: Path) -> str:
    """The text of a file, or of the standard input for `-`.

    Raises:
        InvalidInputError: it can't be read, is no text, or is larger than anything that is meant.
    """
    try:
        if str(path) == "-":
            text = sys.stdin.read(MAX_CHARACTERS + 1)
        else:
            with path.open(encoding="utf-8") as file:
                text = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise InvalidInputError(f"can't read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not JSON: {error}") from error
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(
            f"{path} is too large; allowed: up to {MAX_CHARACTERS:,} characters"
        )
    return text
