"""A run in this very process, for `matinee train`: the same host and record, no server.

A server that is pointed at the data directory, now or later, shows the run; while it trains it can
even be steered from there, because the control socket is the real one.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from matinee.bootstrap.presets import BuiltInPresets
from matinee.contracts.commands import Interrupt, Start
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_spec import RunRequest, RunSpec
from matinee.contracts.run_state import RunState
from matinee.cores import usable_cores
from matinee.journal.schema import WORKER_LOG
from matinee.processes.environment_probe import EnvironmentProbe
from matinee.runs.folders import RunFolders
from matinee.runs.planning import plan_run
from matinee.runs.steering import new_command
from matinee.settings import Settings, prepare_data_dir, socket_dir

if TYPE_CHECKING:
    from matinee.worker.host import OnProgress

_HOST_MODULE = "matinee.worker.host"


@dataclass(frozen=True)
class LocalRun:
    """A run that is made and ready to be hosted here."""

    run_id: str
    name: str
    run_dir: Path
    spec: RunSpec
    start_command_id: str

    def host(self, *, on_progress: OnProgress | None) -> RunState:
        """Train until the end; Ctrl-C and SIGTERM checkpoint and end it in good order."""
        from matinee.worker.commands import Request
        from matinee.worker.host import RunHost
        from matinee.worker.logs import configure_worker_log
        from matinee.worker.signals import on_termination

        with (self.run_dir / WORKER_LOG).open("a", encoding="utf-8", buffering=1) as log:
            configure_worker_log(log)
            host = RunHost(
                self.run_dir,
                run_id=self.run_id,
                socket_path=socket_dir(self.run_dir.parents[1]) / f"{self.run_id}.sock",
                hosted_by="terminal",
                start_command_id=self.start_command_id,
                on_progress=on_progress,
            )
            on_termination(
                lambda name: host.request_from_signal_handler(
                    Request(new_ulid(), "cli", Interrupt(reason=f"interrupted by {name}"))
                )
            )
            return host.run()


def plan_local_run(settings: Settings, request: RunRequest) -> LocalRun:
    """Check the request and make the run's folder.

    Raises:
        InvalidInputError: naming every wrong field and what is allowed.
    """
    prepare_data_dir(settings.data_dir)
    run_id = new_ulid()
    registry = EnvironmentProbe(cache_dir=settings.data_dir / "cache")
    with nullcontext() if registry.is_quick() else _importing_meanwhile():
        spec, details = asyncio.run(
            plan_run(
                request,
                run_id=run_id,
                presets=BuiltInPresets(),
                registry=registry,
                limits=settings.limits,
                cores=usable_cores(),
                machine_bytes=psutil.virtual_memory().total,
            )
        )
    # Before there is a run: Ctrl-C during these seconds must not leave one that waits for ever.
    importlib.import_module(_HOST_MODULE)
    command = new_command(run_id, Start(), new_ulid(), actor="cli")
    run_dir = RunFolders(settings.data_dir).create(
        run_id, spec=spec, details=details, created_at=datetime.now(UTC), start=command
    )
    return LocalRun(run_id, details.name, run_dir, spec, command.id)


@contextmanager
def _importing_meanwhile() -> Iterator[None]:
    """Import torch in a thread: both it and the look at the environments take seconds."""
    importing = threading.Thread(target=importlib.import_module, args=(_HOST_MODULE,))
    importing.start()
    try:
        yield
    finally:
        importing.join()
