"""`matinee serve`: the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee.cli.options import DataDir


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0: any free one. Default: 8000.")
    ] = None,
    data_dir: DataDir = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the dashboard in a browser.")
    ] = False,
    keep_runs: Annotated[
        bool | None,
        typer.Option(
            "--keep-runs/--end-runs",
            help="Leave runs training when the server stops; a server started later adopts them.",
            show_default=False,
        ),
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option(
            "--insecure", help="Allow a --host that other machines can reach, without TLS."
        ),
    ] = None,
    behind_proxy: Annotated[
        bool | None,
        typer.Option(
            "--behind-proxy",
            help="A reverse proxy ends TLS; docs/deployment.md has one. It is believed what it "
            "says about its clients if it comes from MATINEE_PROXY_ADDRESSES.",
        ),
    ] = None,
    path_prefix: Annotated[
        str | None,
        typer.Option(help="Path below which the proxy shows this server, such as /matinee."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Serve HTTPS with this certificate chain (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key of the certificate.")] = None,
    log_file: Annotated[
        Path | None,
        typer.Option(help="Write the server's log here. Default: <data dir>/server.log."),
    ] = None,
) -> None:
    """Start the dashboard and print a link that logs you in.

    Ctrl-C stops the server and, unless --keep-runs is given, its runs: each writes a checkpoint
    and can be resumed later.
    """
    from matinee.spare_memory import (
        imports_set_apart,
        make_room_for_arrays,
        make_room_for_names,
        share_one_heap,
    )

    share_one_heap()
    with imports_set_apart():
        from matinee.bootstrap.serving import run_server
        from matinee.settings import read_settings
    make_room_for_names()
    make_room_for_arrays()

    settings = read_settings(
        host=host,
        port=port,
        data_dir=data_dir,
        keep_runs=keep_runs,
        insecure=insecure,
        behind_proxy=behind_proxy,
        path_prefix=path_prefix,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
    )
    run_server(settings, open_page=open_browser, log_file=log_file)
