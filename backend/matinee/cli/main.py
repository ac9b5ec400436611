"""`matinee`: the command line. Starts fast: each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from matinee import __version__
from matinee.cli.backup import backup, restore
from matinee.cli.doctor import doctor
from matinee.cli.hyperparameters import hyperparameters
from matinee.cli.runs import runs_app
from matinee.cli.schema import schema_app
from matinee.cli.serve import serve
from matinee.cli.token import token_app
from matinee.cli.train import train
from matinee.errors import InvalidInputError, MatineeError

typer_app = typer.Typer(
    name="matinee",
    help="Train A3C agents, and watch and steer the training while it happens.\n\n"
    "Begin with `matinee serve --open` (the dashboard) or "
    "`matinee train --preset cartpole-a3c` (in this terminal).",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
typer_app.command()(serve)
typer_app.command()(train)
typer_app.add_typer(runs_app, name="runs")
typer_app.command()(hyperparameters)
typer_app.command()(doctor)
typer_app.command()(backup)
typer_app.command()(restore)
typer_app.add_typer(token_app, name="token")
typer_app.add_typer(schema_app, name="schema")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"matinee {__version__}")
        raise typer.Exit


@typer_app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    _ = version


def app() -> None:
    """Run the command line; errors that people can mend are told in one or a few lines."""
    try:
        typer_app()
    except InvalidInputError as error:
        typer.secho(f"matinee: {error}", err=True, fg=typer.colors.RED)
        for field in error.fields:
            typer.echo(f"  {'.'.join(map(str, field.loc))}: {field.message}", err=True)
        sys.exit(2)
    except MatineeError as error:
        typer.secho(f"matinee: {error}", err=True, fg=typer.colors.RED)
        sys.exit(1)


if __name__ == "__main__":
    app()
