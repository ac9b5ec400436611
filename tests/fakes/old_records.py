"""Records as older Matinees wrote them: made by the code of the commits that had those layouts."""

from __future__ import annotations

import gzip
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures"
OLD_VERSIONS = (1, 2)
OLD_RUN_ID = "01JGOLD0000000000000000000"
OLD_EPISODES = 80
OLD_FLUSHES = 40
OLD_CHECKPOINT = "01JCHECK000000000000000000"
"""Saved after half of the episodes and flushes."""


def old_record(run_dir: Path, version: int) -> Path:
    """A folder with a record of that layout."""
    run_dir.mkdir(parents=True, exist_ok=True)
    packed = (FIXTURES / f"run-v{version}.db.gz").read_bytes()
    (run_dir / "run.db").write_bytes(gzip.decompress(packed))
    return run_dir
