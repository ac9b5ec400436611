"""Data directories on disk for tests: runs with checkpoints, a catalogue, a token."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from fakes.records import NOW, SPEC, episodes
from matinee.contracts.access import Role, TokenKind
from matinee.contracts.checkpoints import (
    CHECKPOINT_FORMAT,
    TENSORS_FILE,
    CheckpointManifest,
)
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.identifiers import new_ulid
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.journal.schema import CHECKPOINTS
from matinee.journal.writer import JournalWriter
from matinee.runs.folders import RunDetails, RunFolders
from matinee.storage.catalogue import SqliteCatalogue
from matinee.storage.sessions import SqliteSessionStore
from matinee.storage.token_file import TokenFile

WEIGHTS = {TENSORS_FILE: b"weights" * 1000}
OWN_TOKEN = "mtn_" + "the-servers-own" * 2


def save_checkpoint(writer: JournalWriter, run_dir: Path, name: str) -> None:
    """A small one, on disk and in the record."""
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=1,
        mean_return_100=None,
        files=manifest_files(WEIGHTS),
    )
    write_folder(run_dir / CHECKPOINTS / name, WEIGHTS, manifest)
    writer.append(
        CheckpointSaved, env_step=1, checkpoint_id=name, cause="schedule", size_bytes=7000
    )
    writer.commit()


def furnish_data_dir(data_dir: Path, *, returns: Sequence[float] = (1.0,) * 40) -> str:
    """Everything that a server leaves in its folder, with one run; its id."""
    data_dir.mkdir(mode=0o700, exist_ok=True)
    (data_dir / "token").write_text(OWN_TOKEN)
    (data_dir / "server.log").write_text("{}\n")
    tokens = TokenFile(data_dir)
    tokens.create(
        "lab", kind=TokenKind.TOKEN, role=Role.VIEWER, expires_at=None, created_by="cli", now=NOW
    )
    run_id, folders = new_ulid(), RunFolders(data_dir)
    run_dir = folders.create(
        run_id, spec=SPEC, details=RunDetails(name="first"), created_at=NOW, start=None
    )
    with JournalWriter(run_dir) as writer:
        writer.append_episodes(episodes(returns), updates=1)
        save_checkpoint(writer, run_dir, new_ulid())
    (run_dir / "worker.log").write_text("hello\n")
    (run_dir / "recordings").mkdir()
    (run_dir / "recordings" / "film.gif").write_bytes(b"GIF")
    (run_dir / "recordings" / ".half.gif").write_bytes(b"G")
    with closing(SqliteCatalogue(data_dir / "catalogue.db")) as catalogue:
        catalogue.save_run(folders.assemble(run_id))
        SqliteSessionStore(catalogue).add_session(
            "d" * 64,
            role=Role.ADMIN,
            owner="own-x",
            expires_at=NOW + timedelta(days=36_500),
            now=NOW,
        )
    return run_id
