"""Whom somebody means who types as little as possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.records import NOW, SPEC
from matinee.cli.run_choice import find_checkpoint_of, find_run, run_folders
from matinee.contracts.events import CheckpointSaved
from matinee.errors import InvalidInputError, NotFoundError
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders

RUNS = ("01AAAAAAAAAAAAAAAAAAAAAAA1", "01BBBBBBBBBBBBBBBBBBBBBBB2")


@pytest.fixture
def folders(data_dir: Path) -> RunFolders:
    """Two runs; the first has two checkpoints."""
    folders = RunFolders(data_dir)
    for run_id in RUNS:
        folders.create(run_id, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None)
    with JournalWriter(folders.path(RUNS[0])) as writer:
        for checkpoint_id in RUNS:
            writer.append(
                CheckpointSaved,
                env_step=1,
                checkpoint_id=checkpoint_id,
                cause="end",
                size_bytes=1,
            )
    return folders


@pytest.mark.parametrize("text", [RUNS[0], "01a", "a1"])
def test_enough_of_an_id_is_enough(folders: RunFolders, data_dir: Path, text: str) -> None:
    """Its beginning or its end, in any case, of a run and of a checkpoint."""
    assert find_run(folders, text) == RUNS[0]
    assert find_checkpoint_of(folders, RUNS[0], text) == RUNS[0]
    assert run_folders(data_dir).root == folders.root


def test_too_little_and_too_much_are_told(folders: RunFolders) -> None:
    """What fits, and where to look."""
    with pytest.raises(InvalidInputError, match=f"2 runs: {RUNS[0]}, {RUNS[1]}"):
        find_run(folders, "01")
    with pytest.raises(InvalidInputError, match="2 checkpoints"):
        find_checkpoint_of(folders, RUNS[0], "01")
    with pytest.raises(NotFoundError, match="matinee runs list"):
        find_run(folders, "zz")
    with pytest.raises(NotFoundError, match="checkpoints list"):
        find_checkpoint_of(folders, RUNS[1], "01a")
