"""Identifiers are ULIDs: 26 characters, sortable by time, made by us and never by a client."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from ulid import ULID

ULID_PATTERN = r"^[0-9A-HJKMNP-TV-Z]{26}$"
Ulid = Annotated[str, Field(pattern=ULID_PATTERN)]


def new_ulid() -> str:
    """A new identifier."""
    return str(ULID())
