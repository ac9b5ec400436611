"""`matinee runs evaluate`: test episodes of a run's checkpoint, played beside its training."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.checkpoints import Server, connected_client
from matinee.cli.options import DataDir
from matinee.cli.run_choice import RunId, find_checkpoint_of, find_run, run_folders


def evaluate(
    *,
    run: RunId,
    data_dir: DataDir = None,
    server: Server = None,
    episodes: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 10,
    sampled: Annotated[
        bool,
        typer.Option(
            "--sampled", help="Actions are drawn, as in training; else the most probable ones."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Plays the same episodes again.")
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(help="A checkpoint's id, or enough of it. Default: the newest."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Play test episodes with a checkpoint, and tell what they came to; needs the server."""
    from matinee.contracts.episodes import EvaluationRequest

    folders = run_folders(data_dir)
    run_id = find_run(folders, run)
    request = EvaluationRequest(
        episodes=episodes,
        deterministic=not sampled,
        seed=seed,
        checkpoint_id=None
        if checkpoint is None
        else find_checkpoint_of(folders, run_id, checkpoint),
    )
    with connected_client(data_dir, server) as client:
        report = client.evaluate(run_id, request)
    if as_json:
        typer.echo(report.model_dump_json())
        return
    kind = "most probable" if report.deterministic else "drawn"
    typer.echo(
        f"return {report.mean_return:g} ± {report.std_return:g} over {len(report.returns)} "
        f"episodes ({min(report.returns):g} to {max(report.returns):g}), at env step "
        f"{report.env_step:,}, actions {kind}, seed {report.seed}"
    )
