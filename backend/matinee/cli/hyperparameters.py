"""`matinee hyperparameters`: what can be set, what it means, and what may be changed live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from matinee.errors import InvalidInputError

if TYPE_CHECKING:
    from matinee.contracts.hyperparameter_definition import (
        EnvironmentRange,
        HyperparameterDefinition,
    )

_MIN_TABLE_WIDTH = 100


def hyperparameters(
    name: Annotated[
        str | None,
        typer.Argument(help="One of them, such as learning_rate.", show_default=False),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """List what `--set` and a live change can set; with a name: what that one means."""
    from matinee.contracts.hyperparameters import HYPERPARAMETERS, check_setting

    if name is None:
        chosen = list(HYPERPARAMETERS.values())
    elif name in HYPERPARAMETERS:
        chosen = [HYPERPARAMETERS[name]]
    else:
        (unknown,) = check_setting(name, 0)
        raise InvalidInputError(unknown.message, fields=[unknown])
    if as_json:
        for definition in chosen:
            typer.echo(definition.model_dump_json())
    elif name is None:
        _print_table(chosen)
    else:
        typer.echo(_in_full(chosen[0]))


def _print_table(definitions: list[HyperparameterDefinition]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column in ("name", "default", "allowed", "used by", "live"):
        table.add_column(column, no_wrap=column == "name", overflow="fold")
    for d in definitions:
        table.add_row(d.name, str(d.default), _allowed(d), ", ".join(d.algorithms), _live(d))
    console = Console(markup=False, emoji=False)
    console.width = max(console.width, _MIN_TABLE_WIDTH)
    console.print(table)


def _in_full(d: HyperparameterDefinition) -> str:
    others = "".join(f", in {mode} {value}" for mode, value in d.default_by_algorithm.items())
    if d.default_continuous is not None:
        others += f"; {d.default_continuous:g} where actions are numbers"
    schedule = "; can follow a schedule" if d.schedulable else ""
    lines = [
        f"{d.name}: {d.label}",
        f"  {d.meaning} {d.guidance}".rstrip(),
        f"  default   {d.default}{others}",
        f"  allowed   {_allowed(d)}{schedule}",
        f"  used by   {', '.join(d.algorithms)}",
        *(
            f"  in        {environment}: {own.default:g}{_unit(own)}, from {own.minimum:g} to "
            f"{own.maximum:g}{_unit(own)}"
            for environment, own in d.environments.items()
        ),
        f"  live      {_live(d)}; in effect: {d.takes_effect}",
        f"  source    {d.source}",
    ]
    return "\n".join(lines)


def _unit(own: EnvironmentRange) -> str:
    return f" {own.unit}" if own.unit else ""


def _allowed(d: HyperparameterDefinition) -> str:
    return f"{d.allowed} {d.unit}".rstrip()


def _live(d: HyperparameterDefinition) -> str:
    return d.live_class.value.replace("_", " ")
