"""`python -m matinee.worker`: a run process.

It first gets warm (the imports take seconds), then waits for one line on its standard input, an
`Assignment`. If the line never comes because the server went away, it leaves.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from matinee.contracts.run_state import RunState
from matinee.spare_memory import imports_set_apart, share_one_heap
from matinee.training.torch_threads import limit_library_threads

if TYPE_CHECKING:
    from matinee.contracts.control import Assignment

# Before anything loads a maths library.
limit_library_threads(os.environ)

NICENESS = 5
"""Training gives way to the server, so that requests stay fast on a machine that is busy."""


def main() -> int:
    """Host the assigned run; the exit code says how it ended."""
    # Before the warm-up: also a spare's must not slow the runs and requests of the moment.
    os.nice(NICENESS)
    share_one_heap()
    from matinee.contracts.control import Assignment
    from matinee.journal.schema import WORKER_LOG
    from matinee.worker.spare import be_first_to_go, leaving_with_the_server

    be_first_to_go()
    with leaving_with_the_server(sys.stdin.fileno()):
        unfit = _get_warm()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    assignment = Assignment.model_validate_json(line)
    _redirect_output(Path(assignment.run_dir) / WORKER_LOG)
    faulthandler.enable()
    if unfit is not None:
        # Raised only now, so that it stands in the log of a run, where people look.
        raise unfit
    state = _host(assignment)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that hang in an environment must not keep a process that has said all it had to say.
    os._exit(1 if state is RunState.FAILED else 0)


def _get_warm() -> Exception | None:
    try:
        with imports_set_apart():
            from matinee.worker.warm_up import warm_up

            importlib.import_module("matinee.worker.host")
            # Some networks need it, and it takes longest.
            importlib.import_module("torch")
        warm_up()
    except Exception as error:  # noqa: BLE001 - whatever it is, the run that comes shall tell it
        return error
    return None


def _host(assignment: Assignment) -> RunState:
    from matinee.contracts.commands import Interrupt
    from matinee.contracts.identifiers import new_ulid
    from matinee.worker.commands import Request
    from matinee.worker.host import RunHost
    from matinee.worker.logs import configure_worker_log
    from matinee.worker.signals import on_termination

    configure_worker_log(sys.stderr)
    host = RunHost(
        Path(assignment.run_dir),
        run_id=assignment.run_id,
        socket_path=Path(assignment.socket_path),
        orphan_grace_s=assignment.orphan_grace_s,
        start_command_id=assignment.start_command_id,
    )
    on_termination(
        lambda name: host.request_from_signal_handler(
            Request(new_ulid(), "signal", Interrupt(reason=f"the run process got {name}"))
        )
    )
    return host.run()


def _redirect_output(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    # What environments print must not end a run when the disk is full either.
    sys.stdout = _tolerant(sys.stdout)
    sys.stderr = _tolerant(sys.stderr)


def _tolerant(stream: TextIO) -> TextIO:
    from matinee.worker.logs import TolerantStream

    return TolerantStream(
        stream.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


if __name__ == "__main__":
    sys.exit(main())
