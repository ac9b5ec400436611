"""`python -m matinee.worker`: a run process.

It first gets warm (the imports take seconds), then waits for one line on its standard input, an
`Assignment`. If the line never comes because the server went away, it leaves.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from pathlib import Path

from matinee.training.torch_threads import limit_library_threads

# Before anything loads a maths library.
limit_library_threads(os.environ)

NICENESS = 5
"""Training gives way to the server, so that requests stay fast on a machine that is busy."""


def main() -> int:
    """Host the assigned run; the exit code says how it ended."""
    from matinee.contracts.commands import Interrupt
    from matinee.contracts.control import Assignment
    from matinee.contracts.identifiers import new_ulid
    from matinee.contracts.run_state import RunState
    from matinee.journal.schema import WORKER_LOG
    from matinee.worker.commands import Request
    from matinee.worker.host import RunHost
    from matinee.worker.logs import configure_worker_log
    from matinee.worker.signals import on_termination
    from matinee.worker.warm_up import warm_up

    warm_up()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    assignment = Assignment.model_validate_json(line)
    run_dir = Path(assignment.run_dir)
    _redirect_output(run_dir / WORKER_LOG)
    configure_worker_log(sys.stderr)
    faulthandler.enable()
    os.nice(NICENESS)
    host = RunHost(
        run_dir,
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
    state = host.run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that hang in an environment must not keep a process that has said all it had to say.
    os._exit(1 if state is RunState.FAILED else 0)


def _redirect_output(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
