"""`matinee schema export`: write the API's OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

schema_app = typer.Typer(help="The API's contract.", no_args_is_help=True)


@schema_app.callback()
def _group() -> None:
    """The API's contract."""


@schema_app.command("export")
def export(
    path: Annotated[
        Path, typer.Argument(help="Where to write it; `-` for the terminal.", allow_dash=True)
    ] = Path("frontend/openapi.json"),
) -> None:
    """Write the OpenAPI document of `/api/v1`, without starting a server."""
    from matinee.web.openapi import openapi_document

    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"
    if str(path) == "-":
        typer.echo(text, nl=False)
        return
    path.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {path}")
