"""`matinee backup` and `matinee restore`: a copy of all runs, made while they go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from matinee.cli.options import DataDir

if TYPE_CHECKING:
    from matinee.runs.backup_manifest import BackupManifest

_TELL_EVERY_S: Final = 10.0
"""Where nobody watches a bar: in a log, or a job of cron."""


def backup(
    destination: Annotated[
        Path,
        typer.Argument(metavar="DEST", help="A new folder, outside the data directory."),
    ],
    data_dir: DataDir = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Afterwards, read every byte back and examine the databases."
        ),
    ] = False,
) -> None:
    """Copy all runs, while the server and they go on, into a new folder.

    Each run is copied as it is at one moment: its record, the checkpoints in it, films, log and
    notes. Also named tokens, as digests, and the trail of who did what. **Not** in it: the server's
    own token, logins of browsers, the server's log. DEST appears when it is whole; a backup that is
    cut short leaves nothing by this name. It takes as much space as the runs do.

        matinee backup /mnt/backups/matinee-$(date +%F) --verify
        matinee restore /mnt/backups/matinee-2026-11-29 --data-dir /srv/matinee

    Ends with 1 if something could not be read and is missing. Which backups to keep is yours to
    decide: each is complete by itself, and may be moved, packed and deleted like any folder.
    """
    from matinee.runs.backup import make_backup
    from matinee.runs.restoring import verify_backup
    from matinee.settings import read_settings
    from matinee.storage.audit_file import audit_file_names
    from matinee.storage.token_file import TOKENS_FILE

    folder = read_settings(data_dir=data_dir).data_dir
    with _shown() as progress:
        manifest = make_backup(
            folder,
            destination,
            small_files=(TOKENS_FILE, *audit_file_names()),
            progress=progress,
        )
        if verify:
            verify_backup(destination, progress)
    checked = ", every byte read back" if verify else ""
    typer.echo(f"{destination}: {_summary(manifest)}{checked}")
    for left_out in manifest.left_out:
        typer.secho(f"  missing: {left_out.path}: {left_out.why}", err=True, fg=typer.colors.RED)
    if manifest.left_out:
        raise typer.Exit(1)


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="A folder that `matinee backup` made.")
    ],
    data_dir: DataDir = None,
    only_verify: Annotated[
        bool, typer.Option("--only-verify", help="Examine the backup, and restore nothing.")
    ] = False,
) -> None:
    """Make a data directory of a backup, after every byte of it was checked.

    The data directory must not exist, or be empty: nothing is ever overwritten. Runs that were
    active are then interrupted, and can be resumed. The server that is started on it makes a new
    token of its own and prints a new link; named tokens work as they did when the backup was made,
    **also those that were revoked since**: look at `matinee token list`.

        matinee restore /mnt/backups/matinee-2026-11-29 --data-dir /srv/matinee
        matinee serve --data-dir /srv/matinee
    """
    from matinee.runs.restoring import restore_backup, verify_backup
    from matinee.settings import read_settings

    with _shown() as progress:
        if only_verify:
            typer.echo(f"{source} is whole: {_summary(verify_backup(source, progress))}")
            return
        folder = read_settings(data_dir=data_dir).data_dir
        manifest = restore_backup(source, folder, progress)
    typer.echo(f"{folder}: {_summary(manifest)}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
    for left_out in manifest.left_out:
        typer.echo(f"  was missing in the backup: {left_out.path}: {left_out.why}", err=True)


def _summary(manifest: BackupManifest) -> str:
    runs = len(manifest.runs)
    checkpoints = sum(len(run.checkpoints) for run in manifest.runs)
    return (
        f"{runs} run{'s' * (runs != 1)}, {checkpoints} checkpoint{'s' * (checkpoints != 1)}, "
        f"{manifest.size_bytes / 1e6:,.1f} MB"
    )


@contextmanager
def _shown() -> Iterator[Callable[[str, int, int], None]]:
    """How far it is: a bar where somebody watches, else a line now and then. On stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _told_by_lines()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def show(what: str, done_bytes: int, total_bytes: int) -> None:
            bar.update(task, description=what, completed=done_bytes, total=total_bytes)

        yield show


def _told_by_lines() -> Callable[[str, int, int], None]:
    told_at_s = time.monotonic()

    def tell(what: str, done_bytes: int, total_bytes: int) -> None:
        nonlocal told_at_s
        if time.monotonic() - told_at_s >= _TELL_EVERY_S:
            told_at_s = time.monotonic()
            typer.echo(f"{what}: {done_bytes / 1e6:,.0f} of {total_bytes / 1e6:,.0f} MB", err=True)

    return tell
