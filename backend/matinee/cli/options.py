"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where runs live. Default: $MATINEE_DATA_DIR, else the user's data directory.",
        show_default=False,
    ),
]
