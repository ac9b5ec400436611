"""`matinee runs checkpoints` and `matinee runs fork`: go back, go on elsewhere, take away.

What only reads works on the data directory. What changes something asks the server, which looks
after the runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matinee.cli.assignments import settings_of
from matinee.cli.options import DataDir
from matinee.cli.run_choice import (
    CheckpointId,
    RunId,
    find_checkpoint_of,
    find_run,
    run_folders,
)
from matinee.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from matinee.client import MatineeClient
    from matinee.contracts.checkpoints import Checkpoint
    from matinee.contracts.commands import Command

checkpoints_app = typer.Typer(
    help="List, save, keep and download checkpoints, and go back to one.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

WAIT_S = 20.0
_MIN_TABLE_WIDTH = 100

Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="MATINEE_URL",
        help="Address of the server. Default: this machine's, at $MATINEE_PORT or 8000.",
        show_default=False,
    ),
]


class Format(StrEnum):
    """What a checkpoint is downloaded as."""

    ZIP = "zip"
    ONNX = "onnx"


@checkpoints_app.command("list")
def list_checkpoints(
    run: RunId,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """List the checkpoints of a run that are on disk, newest first; no server is needed."""
    from rich.console import Console
    from rich.table import Table

    from matinee.journal.checkpoint_rows import read_checkpoints

    folders = run_folders(data_dir)
    entries = read_checkpoints(folders.path(find_run(folders, run)))
    if as_json:
        for entry in entries:
            typer.echo(entry.model_dump_json())
        return
    if not entries:
        typer.echo("no checkpoints yet; one is saved as the run trains, or by: checkpoints save")
        return
    table = Table(box=None, header_style="bold")
    table.add_column("id", no_wrap=True, overflow="ignore")
    for column in ("env step", "return (100)", "kB"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("saved", no_wrap=True)
    table.add_column("")
    for entry in entries:
        mean = entry.mean_return_100
        table.add_row(
            entry.id,
            f"{entry.env_step:,}",
            "–" if mean is None else f"{mean:.1f}",
            f"{entry.size_bytes / 1000:,.0f}",
            entry.cause,
            _marks(entry),
        )
    console = Console(markup=False, emoji=False)
    console.width = max(console.width, _MIN_TABLE_WIDTH)
    console.print(table)


@checkpoints_app.command("save")
def save(
    run: RunId,
    data_dir: DataDir = None,
    server: Server = None,
    pinned: Annotated[
        bool, typer.Option("--pin/--no-pin", help="Keep it until somebody unpins it.")
    ] = True,
) -> None:
    """Save a checkpoint of a run that trains, now; needs the server, and prints its id."""
    run_id = find_run(run_folders(data_dir), run)
    with connected_client(data_dir, server) as client:
        _tell(client.save_checkpoint(run_id, pinned=pinned, wait_s=WAIT_S))


@checkpoints_app.command("pin")
def pin(
    run: RunId,
    checkpoint: CheckpointId,
    data_dir: DataDir = None,
    server: Server = None,
    off: Annotated[bool, typer.Option("--off", help="It may go again.")] = False,
) -> None:
    """Keep a checkpoint whatever comes after it, with --off no longer; needs the server."""
    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    checkpoint_id = find_checkpoint_of(folders, run_id, checkpoint)
    with connected_client(data_dir, server) as client:
        _tell(client.pin_checkpoint(run_id, checkpoint_id, pinned=not off, wait_s=WAIT_S))


@checkpoints_app.command("rewind")
def rewind(
    run: RunId, checkpoint: CheckpointId, data_dir: DataDir = None, server: Server = None
) -> None:
    """Go back to a checkpoint, in place: its weights and its settings are in use again.

    Needs the server. The axis goes on, what came after it is kept and marked. A run that has ended
    starts from there. Where both courses are wanted, fork the run instead.
    """
    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    checkpoint_id = find_checkpoint_of(folders, run_id, checkpoint)
    with connected_client(data_dir, server) as client:
        _tell(client.rewind(run_id, checkpoint_id, wait_s=WAIT_S))


@checkpoints_app.command("download")
def download(
    run: RunId,
    checkpoint: Annotated[
        str | None,
        typer.Argument(
            help="A checkpoint's id, or enough of its beginning or end. Left out: the newest.",
            metavar="[CHECKPOINT]",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    file_format: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="All of it, or its policy and value as an ONNX model; that needs the extra "
            "`matinee[onnx]`.",
        ),
    ] = Format.ZIP,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file. Default: RUN-CHECKPOINT.zip or .onnx in this folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a checkpoint to a zip file, with what plays its policy anywhere; needs no server.

    `python play.py` in it plays in the environment as it was at the checkpoint, and needs NumPy,
    safetensors and what the environment takes (Gymnasium, for Atari ale-py); `README.md` says what
    to install, and `policy.json` how observations become actions:

        matinee runs checkpoints download RUN -o policy.zip
        unzip policy.zip && python checkpoint-*/play.py

    An ONNX model is the network alone: from observations, a row each, to `logits` (or `mean` and
    `log_std`) and `value`. Normalisation is inside; how observations and actions are coded is in
    its metadata, as in `policy.json`. An LSTM's state goes in and comes out, too: `h_in`, `c_in`
    (0 where an episode begins), `h_out`, `c_out`:

        matinee runs checkpoints download RUN --format onnx -o policy.onnx
    """
    from matinee.runs.checkpoint_reading import read_newest

    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    run_dir = folders.path(run_id)
    if checkpoint is None:
        checkpoint_id = read_newest(run_dir).entry.id
    else:
        checkpoint_id = find_checkpoint_of(folders, run_id, checkpoint)
    pieces = _pieces(run_dir, checkpoint_id, file_format)
    path = output or Path(f"{run_id}-{checkpoint_id}.{file_format.value}")
    try:
        with path.open("xb") as file:
            file.writelines(pieces)
    except FileExistsError as error:
        raise InvalidInputError(f"{path} is there already; name another with --output") from error
    except OSError as error:
        raise InvalidInputError(f"{path} can't be written: {error.strerror}") from error
    typer.echo(path)


def _pieces(run_dir: Path, checkpoint_id: str, file_format: Format) -> Iterable[bytes]:
    from matinee.journal.schema import CHECKPOINTS
    from matinee.runs.checkpoint_reading import read_whole
    from matinee.runs.downloads import archive
    from matinee.runs.onnx_policy import onnx_model

    if file_format is Format.ONNX:
        return [onnx_model(read_whole(run_dir, checkpoint_id).contents)]
    return archive(run_dir / CHECKPOINTS / checkpoint_id)


def fork(
    run: RunId,
    *,
    data_dir: DataDir = None,
    server: Server = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            help="Where to begin. Left out: where the run stands now, or its newest checkpoint.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="What shall differ, such as learning_rate=1e-3, or a schedule as for "
            "`matinee train`. Repeatable.",
        ),
    ] = None,
    env_steps: Annotated[
        int | None,
        typer.Option(
            "--env-steps",
            help="Train until here, counted from the parent's beginning. Left out: the parent's "
            "budget.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the new run.", show_default=False)
    ] = None,
) -> None:
    """Start a new run where this one stands, or at one of its checkpoints; this one goes on.

    Needs a server, which trains it. Prints the new run's id. Its chart goes on along the parent's
    axis, and its budget counts on from there, too.

        matinee runs fork RUN --set learning_rate=1e-3
        matinee runs fork RUN --checkpoint CHECKPOINT --env-steps 2000000 --name second-try
    """
    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    request: dict[str, Any] = {"hyperparameters": settings_of(settings or ())}
    if checkpoint is not None:
        request["checkpoint_id"] = find_checkpoint_of(folders, run_id, checkpoint)
    if env_steps is not None:
        request["budget"] = {"env_steps": env_steps}
    if name is not None:
        request["name"] = name
    with connected_client(data_dir, server) as client:
        typer.echo(client.fork_run(run_id, request, wait_s=WAIT_S).id)


def connected_client(data_dir: DataDir, server: str | None) -> MatineeClient:
    """A client of the server that looks after this data directory."""
    from matinee.client import MatineeClient
    from matinee.settings import access_token, read_settings

    settings = read_settings(data_dir=data_dir)
    url = server or f"http://127.0.0.1:{settings.port or 8000}"
    return MatineeClient(url, token=access_token(settings))


def _tell(command: Command) -> None:
    """Say what became of it; a refusal is an error.

    Raises:
        ConflictError: the run has rejected it.
    """
    from matinee.contracts.commands import CommandState

    if command.state is CommandState.REJECTED:
        raise ConflictError(f"rejected: {command.error}")
    if command.state is not CommandState.APPLIED:
        typer.echo(f"not applied within {WAIT_S:g} s; the ledger will tell: {command.id}", err=True)
        sys.exit(1)
    typer.echo(command.checkpoint_id)


def _marks(entry: Checkpoint) -> str:
    marks = {"best": entry.is_best, "pinned": entry.pinned, "gone back behind": entry.abandoned}
    return ", ".join(mark for mark, holds in marks.items() if holds)
