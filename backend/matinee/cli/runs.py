"""`matinee runs`: look at runs, export what they have recorded, fork and stop them."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.checkpoints import checkpoints_app, fork
from matinee.cli.evaluation import evaluate
from matinee.cli.exports import export
from matinee.cli.options import DataDir
from matinee.cli.run_choice import RunId, find_run, run_folders
from matinee.errors import ConflictError, MatineeError

if TYPE_CHECKING:
    from matinee.contracts.run import Run
    from matinee.runs.folders import RunFolders

runs_app = typer.Typer(
    help="Look at runs, export what they have recorded, fork and stop them. Reads the data "
    "directory; a server is needed where the help says so.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_MIN_TABLE_WIDTH = 100


@runs_app.command("list")
def list_runs(
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """List runs, newest first."""
    from rich.console import Console
    from rich.table import Table

    folders = run_folders(data_dir)
    ids = sorted(folders.run_ids(), reverse=True)[:limit]
    runs = [run for run_id in ids if (run := _readable(folders, run_id)) is not None]
    if as_json:
        for run in runs:
            typer.echo(run.model_dump_json(by_alias=True))
        return
    if not runs:
        typer.echo(f"no runs in {folders.root}; try: matinee train --preset cartpole-a3c")
        return
    table = Table(box=None, header_style="bold")
    table.add_column("id", no_wrap=True, overflow="ignore")
    table.add_column("name", overflow="fold")
    table.add_column("state", no_wrap=True, overflow="ignore")
    table.add_column("environment", overflow="fold")
    for column in ("env steps", "return (100)", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    for run in runs:
        mean = run.progress.mean_return_100
        table.add_row(
            run.id,
            run.name,
            run.state.value,
            run.environment.id,
            f"{run.progress.env_steps:,}",
            "–" if mean is None else f"{mean:.1f}",
            f"{run.progress.seconds:.1f}",
        )
    console = Console(markup=False, emoji=False)
    # Narrower, rich would cut ids, which people copy: rather let the terminal wrap the lines.
    console.width = max(console.width, _MIN_TABLE_WIDTH)
    console.print(table)


@runs_app.command("show")
def show(run: RunId, data_dir: DataDir = None) -> None:
    """Print one run as JSON, as `GET /api/v1/runs/{id}` does."""
    folders = run_folders(data_dir)
    typer.echo(folders.assemble(find_run(folders, run)).model_dump_json(indent=2, by_alias=True))


@runs_app.command("ledger")
def ledger(run: RunId, data_dir: DataDir = None) -> None:
    """Print everything that was asked of a run, as `matinee train --replay` takes it.

    Who, when, what, before and after, at which env step; and a plan by which another run does the
    same, on this seed or another.

        matinee runs ledger RUN > LEDGER.json
        matinee train --replay LEDGER.json --seed 2
    """
    from matinee.runs.ledger import export_ledger

    folders = run_folders(data_dir)
    file = export_ledger(folders.reader(find_run(folders, run)))
    typer.echo(file.model_dump_json(indent=2, by_alias=True))


@runs_app.command("stop")
def stop(
    run: RunId,
    data_dir: DataDir = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout", help="How long to wait for the end, in seconds.")
    ] = 30.0,
) -> None:
    """Stop a run: it finishes its rollout, writes a checkpoint and evaluates."""
    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    ended = asyncio.run(_stop(folders, run_id, timeout_s=timeout_s))
    typer.echo(f"{ended.name}: {ended.state.value}" + (f", {ended.reason}" if ended.reason else ""))
    from matinee.contracts.run_state import ENDED_STATES

    sys.exit(0 if ended.state in ENDED_STATES else 1)


runs_app.command()(evaluate)
runs_app.command()(export)
runs_app.command()(fork)
runs_app.add_typer(checkpoints_app, name="checkpoints")


def _readable(folders: RunFolders, run_id: str) -> Run | None:
    """One damaged record, or one that goes this moment, must not hide all others."""
    try:
        return folders.assemble(run_id)
    except MatineeError as error:
        typer.secho(f"matinee: {run_id} left out: {error}", err=True, fg=typer.colors.YELLOW)
        return None


async def _stop(folders: RunFolders, run_id: str, *, timeout_s: float) -> Run:
    from pathlib import Path

    from matinee.contracts.commands import Stop
    from matinee.contracts.control import CommandFrame
    from matinee.contracts.identifiers import new_ulid
    from matinee.contracts.run_state import ACTIVE_STATES
    from matinee.runs.control_link import ControlLink

    run = folders.assemble(run_id)
    if run.state not in ACTIVE_STATES:
        raise ConflictError(f"{run.name} is {run.state.value} already")
    process = folders.reader(run_id).process()
    if process is None:
        raise ConflictError(f"{run.name} is {run.state.value} and has no process")
    try:
        link = await ControlLink.connect(Path(process.socket_path), timeout_s=2.0)
    except (OSError, TimeoutError) as error:
        raise ConflictError(
            f"the process of {run.name} is gone; start a server to repair its record"
        ) from error
    listening = asyncio.create_task(
        link.listen(on_committed=lambda _seq: None, on_heartbeat=lambda _steps: None)
    )
    try:
        ack = await link.send(CommandFrame(command_id=new_ulid(), actor="cli", action=Stop()))
        if not ack.accepted:
            raise ConflictError(f"{run.name} does not stop: {ack.reason}")
        async with asyncio.timeout(timeout_s):
            await listening
    except TimeoutError:
        listening.cancel()
    return folders.assemble(run_id)
