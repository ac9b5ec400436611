"""How fast, how complete and how cheap the live stream is for many clients while runs train.

    python -m benchmarks.fan_out [--clients 200] [--seconds 30] [--runs 2] [--frozen 0]

Each client follows one run. Latency is from the moment at which the newest event of a frame was
written down, just before its commit, to the client. With `--frozen 1` one more client asks for
everything and reads nothing: it tells when the server got rid of it, and what that did to others.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import uvloop

from benchmarks.fresh_process import ProgramFailedError
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.ours import train_document
from benchmarks.report import table
from benchmarks.served import Server, serving
from benchmarks.watchers import Decoder, Tally, Watcher, stream_request
from matinee.environments.catalogue import preset

SETTLING_S = 5.0
FROZEN_PATIENCE_S = 90.0
LOOK_EVERY_S = 0.5
SOCKETS = Path("/proc/net/tcp")
_ESTABLISHED = "01"
FROZEN_BUFFER_BYTES = 4_096
"""Of the kernel for the frozen reader: the stream is small, and the server's side takes MBs."""
BYTES_PER_KIB = 1024
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Phase:
    """What all clients together saw over some seconds.

    Attributes:
        name: Who else was there.
        tally: What came.
        seconds: How long it lasted.
        server_cores: Processor time of the server per second.
    """

    name: str
    tally: Tally
    seconds: float
    server_cores: float


class FanOut:
    """Clients on one server. Lives as long as its event loop's `run`."""

    def __init__(self, server: Server, run_ids: Sequence[str], clients: int) -> None:
        address = urlsplit(server.address)
        assert address.hostname is not None
        assert address.port is not None
        self._host, self._port = address.hostname, address.port
        self._token = server.headers["Authorization"].removeprefix("Bearer ")
        self._process = psutil.Process(server.pid)
        self._run_ids = run_ids
        self._clients = clients
        self._decoders = {run_id: Decoder() for run_id in run_ids}
        self._tally = Tally()
        self.memory_kib = 0.0
        self.frozen_closed_s: float | None = None

    async def run(self, *, seconds: float, cursors: dict[str, int], frozen: bool) -> list[Phase]:
        """Connect all, look at what they get, with and without one that reads nothing."""
        before = self._process.memory_info().rss
        watchers = [
            await self._connected(self._run_ids[number % len(self._run_ids)], cursors)
            for number in range(self._clients)
        ]
        await asyncio.sleep(SETTLING_S)
        phases = [await self._phase("all read", asyncio.sleep(seconds))]
        self.memory_kib = (self._process.memory_info().rss - before) / BYTES_PER_KIB / self._clients
        if frozen:
            with self._frozen_reader() as port:
                lasting = self._until_closed(port)
                phases.append(await self._phase("one more reads nothing", lasting))
        for watcher in watchers:
            watcher.leave()
        return phases

    async def _connected(self, run_id: str, cursors: dict[str, int]) -> Watcher:
        decoder = self._decoders[run_id]
        request = self._request(run_id, cursors[run_id])
        _, watcher = await asyncio.get_running_loop().create_connection(
            lambda: Watcher(request, decoder, lambda: self._tally, cursor=cursors[run_id]),
            self._host,
            self._port,
        )
        return watcher

    def _request(self, run_id: str, after: int) -> bytes:
        host = f"{self._host}:{self._port}"
        return stream_request(host, run_id, after=after, token=self._token)

    async def _phase(self, name: str, lasting: Awaitable[None]) -> Phase:
        tally = self._tally = Tally()
        began_s, used_s = time.monotonic(), _processor_s(self._process)
        await lasting
        self._tally = Tally()
        elapsed_s = time.monotonic() - began_s
        cores = (_processor_s(self._process) - used_s) / elapsed_s
        return Phase(name, tally, elapsed_s, cores)

    @contextmanager
    def _frozen_reader(self) -> Iterator[int]:
        run_id = self._run_ids[0]
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FROZEN_BUFFER_BYTES)
            peer.connect((self._host, self._port))
            peer.sendall(
                stream_request(f"{self._host}:{self._port}", run_id, after=0, token=self._token)
            )
            yield int(peer.getsockname()[1])

    async def _until_closed(self, port: int) -> None:
        began_s = time.monotonic()
        while time.monotonic() - began_s < FROZEN_PATIENCE_S:
            await asyncio.sleep(LOOK_EVERY_S)
            if not is_connected(port):
                self.frozen_closed_s = time.monotonic() - began_s
                return


def is_connected(port: int) -> bool:
    """Whether somebody on this machine still has the other end of a connection from this port.

    The kernel's own list, as looking through the server's files takes tens of milliseconds, which
    the clients in this process would count as latency.
    """
    rows = (line.split() for line in SOCKETS.read_text(encoding="ascii").splitlines()[1:])
    return any(
        there.endswith(f":{port:04X}") and state == _ESTABLISHED for _, _, there, state, *_ in rows
    )


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def report(found: FanOut, phases: Sequence[Phase], *, clients: int) -> str:
    """A row for each phase."""
    rows = []
    for phase in phases:
        tally = phase.tally
        if not tally.latencies_ms:
            raise ProgramFailedError("no client got any event")
        shares = " | ".join(
            f"{value:.0f}" for value in np.percentile(tally.latencies_ms, PERCENTILES)
        )
        rate = tally.frames / phase.seconds / clients
        rows.append(
            f"| {phase.name} | {shares} | {rate:.1f} | {tally.gaps} | {tally.repeated} "
            f"| {tally.closed} | {phase.server_cores:.2f} |"
        )
    head = (
        "| | p50, ms | p95, ms | p99, ms | frames/s each | gaps | twice | closed | server, cores |"
    )
    lines = [table(head, rows), f"\nMemory of the server: {found.memory_kib:.0f} KiB a client."]
    if len(phases) > 1:
        closed = found.frozen_closed_s
        told = "was not closed" if closed is None else f"was cut after {closed:.1f} s"
        lines.append(f"The one that reads nothing {told}.")
    return "\n".join(lines)


MAX_CUT_S = 30.0
MAX_P99_CHANGE = 0.2


def judge_frozen(found: FanOut, phases: Sequence[Phase]) -> list[tuple[str, str, bool]]:
    """What was promised about a reader that takes nothing, what was seen, and whether it holds."""
    closed_s = found.frozen_closed_s
    before, beside = (np.percentile(phase.tally.latencies_ms, 99) for phase in phases)
    broken = sum(p.tally.gaps + p.tally.repeated + p.tally.closed for p in phases)
    return [
        (
            f"it is cut within {MAX_CUT_S:g} s",
            "it was not" if closed_s is None else f"after {closed_s:.1f} s",
            closed_s is not None and closed_s < MAX_CUT_S,
        ),
        (
            f"p99 of the others changes by less than {MAX_P99_CHANGE:.0%}",
            f"{before:.0f} ms before, {beside:.0f} ms beside it",
            bool(beside < before * (1 + MAX_P99_CHANGE)),
        ),
        ("the others get all, once", f"{broken} gaps, repetitions and ends", broken == 0),
    ]


def document(seconds: float) -> dict[str, Any]:
    """A run at full speed."""
    chosen = preset("cartpole-a3c")
    assert chosen is not None
    budget = {"env_steps": None, "target_return": None, "seconds": seconds}
    return train_document(chosen, {"budget": budget, "evaluation": {"episodes": 0}})


def measured(
    *, clients: int, seconds: float, runs: int, frozen: bool
) -> tuple[FanOut, list[Phase]]:
    """Start a server and runs, connect all, and look."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        endless = document(3600.0)
        run_ids = [
            str(
                server.client.post("/runs", json=endless, params={"wait": 30})
                .raise_for_status()
                .json()["id"]
            )
            for _ in range(runs)
        ]
        time.sleep(SETTLING_S)
        cursors = {
            run_id: int(server.client.get(f"/runs/{run_id}").json()["last_seq"])
            for run_id in run_ids
        }
        found = FanOut(server, run_ids, clients)
        phases = uvloop.run(found.run(seconds=seconds, cursors=cursors, frozen=frozen))
        for run_id in run_ids:
            server.client.post(f"/runs/{run_id}/abort", params={"wait": 20}).raise_for_status()
    return found, phases


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0, help="while all read")
    parser.add_argument("--runs", type=int, default=2, help="that train at full speed")
    parser.add_argument("--frozen", type=int, choices=(0, 1), default=0)
    arguments = parser.parse_args(words)
    found, phases = measured(
        clients=arguments.clients,
        seconds=arguments.seconds,
        runs=arguments.runs,
        frozen=arguments.frozen == 1,
    )
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    print(f"{arguments.clients} clients, {arguments.runs} runs at full speed:\n")
    print(report(found, phases, clients=arguments.clients))
    return 0


if __name__ == "__main__":
    sys.exit(main())
