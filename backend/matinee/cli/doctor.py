"""`matinee doctor`: examine records, and repair them."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import DataDir


def doctor(
    run: Annotated[
        str | None, typer.Argument(help="A run's id; left out: everything.", metavar="[RUN]")
    ] = None,
    data_dir: DataDir = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended. Old files are kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """Examine the data directory: records, checkpoints, the catalogue, the disk.

    Ends with 0 if all is well, or was repaired, and with 1 if something is left. A run that a
    process is writing is only looked at. `--repair` of the catalogue, and of a run whose process is
    gone, needs the server stopped; such a run is interrupted then, and can be resumed.
    """
    import json

    from matinee.bootstrap.data_dir_lock import is_looked_after, lock_data_dir
    from matinee.errors import MatineeError, TokenFileError
    from matinee.runs.doctor import DESERTED, Diagnosis, Doctor
    from matinee.settings import read_settings
    from matinee.storage.token_file import TokenFile

    folder = read_settings(data_dir=data_dir).data_dir

    def tokens_complaint() -> str | None:
        try:
            TokenFile(folder)
        except TokenFileError as error:
            return str(error)
        return None

    examiner = Doctor(
        folder, is_served=lambda: is_looked_after(folder), tokens_complaint=tokens_complaint
    )

    def mend(diagnosis: Diagnosis) -> str | None:
        try:
            if diagnosis.finding.code in ("catalogue_damaged", DESERTED):
                with lock_data_dir(folder):
                    return examiner.repair(diagnosis)
            return examiner.repair(diagnosis)
        except MatineeError as error:
            typer.secho(f"  not repaired: {error}", err=True, fg=typer.colors.RED)
            return None

    left = 0
    for diagnosis in list(examiner.examine(run)) if folder.exists() else []:
        done = mend(diagnosis) if repair else None
        left += done is None
        finding = diagnosis.finding
        if as_json:
            document = {
                "where": diagnosis.where,
                "code": finding.code,
                "what": finding.what,
                "repairable": finding.repairable,
                "repaired": done,
            }
            typer.echo(json.dumps(document))
        else:
            hint = " (--repair can mend this)" if finding.repairable and not repair else ""
            typer.echo(f"{diagnosis.where}: {finding.what}{hint}")
            if done is not None:
                typer.echo(f"  repaired: {done}")
    if left:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("all is well")
