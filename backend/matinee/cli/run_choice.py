"""Which run and which checkpoint somebody means on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import DataDir
from matinee.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from matinee.runs.folders import RunFolders

RunId = Annotated[
    str, typer.Argument(help="A run's id, or enough of its beginning or end.", metavar="RUN")
]
CheckpointId = Annotated[
    str,
    typer.Argument(
        help="A checkpoint's id, or enough of its beginning or end.", metavar="CHECKPOINT"
    ),
]


def run_folders(data_dir: DataDir) -> RunFolders:
    """All runs of the data directory."""
    from matinee.runs.folders import RunFolders
    from matinee.settings import read_settings

    return RunFolders(read_settings(data_dir=data_dir).data_dir)


def find_run(folders: RunFolders, text: str) -> str:
    """The one run whose id begins or ends like this, in any case.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: there are several.
    """
    found = _matches(folders.run_ids(), text)
    if not found:
        raise NotFoundError(f"there is no run {text!r} in {folders.root}; see: matinee runs list")
    return _the_one(found, text, "runs")


def find_checkpoint_of(folders: RunFolders, run_id: str, text: str) -> str:
    """The one checkpoint of a run whose id begins or ends like this, in any case.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: there are several.
    """
    from matinee.journal.checkpoint_rows import read_checkpoints

    found = _matches((entry.id for entry in read_checkpoints(folders.path(run_id))), text)
    if not found:
        raise NotFoundError(
            f"run {run_id} has no checkpoint {text!r}; see: matinee runs checkpoints list {run_id}"
        )
    return _the_one(found, text, "checkpoints")


def _matches(ids: Iterable[str], text: str) -> list[str]:
    wanted = text.upper()
    return [each for each in ids if each.startswith(wanted) or each.endswith(wanted)]


def _the_one(found: list[str], text: str, what: str) -> str:
    if len(found) > 1:
        raise InvalidInputError(f"{text!r} fits {len(found)} {what}: {', '.join(found[:5])}")
    return found[0]
