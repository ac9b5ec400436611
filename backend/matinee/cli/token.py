"""`matinee token`: print the access token."""

from __future__ import annotations

import typer

from matinee.cli.options import DataDir


def token(data_dir: DataDir = None) -> None:
    """Print the access token that scripts send as `Authorization: Bearer …`.

    It is made at the first start and kept in `<data dir>/token`, readable by you alone.

        curl -H "Authorization: Bearer $(matinee token)" http://127.0.0.1:8000/api/v1/runs
    """
    from matinee.settings import access_token, read_settings

    typer.echo(access_token(read_settings(data_dir=data_dir)))
