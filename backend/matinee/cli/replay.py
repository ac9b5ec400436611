"""`matinee train --replay`: from a ledger file to the request for a run that does the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matinee.cli.documents import read_document
from matinee.errors import InvalidInputError


def replay_of(path: Path) -> dict[str, Any]:
    """A run spec as plain data: the file's, with its plan, to the env step where that run ended.

    The name of its preset is left out: the file says all of it, and a preset may have changed.

    Raises:
        InvalidInputError: the file can't be read, or is none of ours.
    """
    from pydantic import ValidationError

    from matinee.contracts.ledger_file import LedgerFile
    from matinee.contracts.validation import field_errors

    try:
        ledger = LedgerFile.model_validate_json(read_document(path))
    except ValidationError as error:
        raise InvalidInputError(
            f"{path} is no ledger as `matinee runs ledger` prints it", fields=field_errors(error)
        ) from error
    document: dict[str, Any] = ledger.spec.model_dump(
        mode="json", by_alias=True, exclude={"preset", "plan"}
    )
    document["plan"] = [change.model_dump(mode="json", by_alias=True) for change in ledger.plan]
    if ledger.until_env_step:
        document["budget"] = {
            "env_steps": ledger.until_env_step,
            "seconds": None,
            "target_return": None,
        }
    return document
