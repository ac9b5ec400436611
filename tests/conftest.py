"""What all tests share: a clean environment, deterministic searches, a data folder of their own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from integration.live_server import LiveServer

# Before anything imports torch: as the run process does, so that figures and threads agree.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Plain lines: structlog's default draws every local variable of a traceback, which takes seconds.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)

# A developer's own server settings must not reach the servers that tests start.
for _name in [name for name in os.environ if name.startswith("MATINEE_")]:
    if not _name.startswith("MATINEE_TEST_"):
        del os.environ[_name]
# Nor may a test that names no data folder meet the developer's own: this one can't be made.
os.environ["MATINEE_DATA_DIR"] = "/dev/null/every-test-names-its-own"

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


@pytest.fixture(scope="session")
def runtime_dir() -> Iterator[Path]:
    """For control sockets: short, because a socket's path may have no more than 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def environment_cache(tmp_path_factory: pytest.TempPathFactory, runtime_dir: Path) -> Path:
    """What is installed here, looked at once for all servers and all pytest processes."""
    from integration.live_server import child_environment

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "environment-cache"
    with (shared / "environment-cache.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            code = (
                "import asyncio, sys, pathlib\n"
                "from matinee.processes.environment_probe import EnvironmentProbe\n"
                "probe = EnvironmentProbe(cache_dir=pathlib.Path(sys.argv[1]))\n"
                "asyncio.run(probe.environments())\n"
            )
            subprocess.run(
                [sys.executable, "-c", code, str(folder)],
                env=child_environment(runtime_dir=runtime_dir),
                check=True,
                timeout=110,
            )
    return folder


@pytest.fixture(scope="session")
def new_server(
    tmp_path_factory: pytest.TempPathFactory, runtime_dir: Path, environment_cache: Path
) -> Callable[..., LiveServer]:
    """Makes servers that are not started yet; who starts one cleans it up."""
    from integration.live_server import LiveServer

    def make(data_dir: Path | None = None, *flags: str, **variables: str) -> LiveServer:
        folder = data_dir or tmp_path_factory.mktemp("data")
        folder.chmod(0o700)
        if not (folder / "cache").exists():
            shutil.copytree(environment_cache, folder / "cache")
        return LiveServer(folder, runtime_dir, flags=flags, variables=variables)

    return make


@pytest.fixture(scope="session")
def live_server(new_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A real server that all tests of this process share; each makes runs of its own."""
    server = new_server().start()
    yield server
    server.clean_up()


@pytest.fixture(autouse=True)
def no_run_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the runs that a test leaves on the shared server: they would slow what follows."""
    if "live_server" not in request.fixturenames:
        yield
        return
    server: LiveServer = request.getfixturevalue("live_server")
    before = server.active_run_ids()
    yield
    for run_id in server.active_run_ids() - before:
        server.command(run_id, "abort")


@pytest.fixture
def own_server(new_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """A real server for one test, which may stop, kill and start it again."""
    server = new_server().start()
    yield server
    server.clean_up()
