"""What all tests share: a clean environment, deterministic searches, a data folder of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports torch: as the run process does, so that figures and threads agree.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A developer's own server settings must not reach the servers that tests start.
for _name in [name for name in os.environ if name.startswith("MATINEE_")]:
    if not _name.startswith("MATINEE_TEST_"):
        del os.environ[_name]

# Time limits per example would fail on a busy machine, not on a broken promise.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True, database=None
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Matinee's server runs on asyncio only."""
    return "asyncio"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder for one test's server, closed to others as a real one is."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder
