"""A server of our own on a free port, for measurements over HTTP and WebSocket."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.fresh_process import ROOT, ProgramFailedError

_STOP_TIMEOUT_S = 30.0
_ANSWER_TIMEOUT_S = 40.0
_FIRST_LOOK_TIMEOUT_S = 300.0
"""Until the server knows what is installed here."""
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(frozen=True)
class Server:
    """Where it is and how to ask it.

    Attributes:
        address: `http://127.0.0.1:<port>`.
        client: Logged in, below `/api/v1`.
        headers: For other clients.
        pid: Of its process.
    """

    address: str
    client: httpx.Client
    headers: dict[str, str]
    pid: int

    def stream_address(self, run_id: str) -> str:
        """The socket that tells everything about a run, from its beginning."""
        base = self.address.replace("http", "ws", 1)
        return f"{base}/api/v1/stream?run={run_id}&after=0"


@contextmanager
def serving(
    data_dir: Path, variables: Mapping[str, str] | None = None, *, port: int = 0
) -> Iterator[Server]:
    """Start `matinee serve`, and stop it at the end.

    Args:
        data_dir: Of the server.
        variables: Of the environment, besides those that are set.
        port: To listen on; 0: any free one.

    Raises:
        ProgramFailedError: it did not come up; what it said is on stderr.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "matinee.cli.main",
            "serve",
            "--port",
            str(port),
            "--data-dir",
            str(data_dir),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
    )
    try:
        assert process.stdout is not None
        found = next(filter(None, map(_ADDRESS.search, process.stdout)), None)
        if found is None:
            raise ProgramFailedError("matinee serve ended before it told its address")
        headers = {"Authorization": f"Bearer {(data_dir / 'token').read_text().strip()}"}
        with httpx.Client(
            base_url=f"{found[0]}/api/v1", headers=headers, timeout=_ANSWER_TIMEOUT_S
        ) as client:
            # The first run would have to wait for it.
            client.get("/environments", timeout=_FIRST_LOOK_TIMEOUT_S).raise_for_status()
            yield Server(found[0], client, headers, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
