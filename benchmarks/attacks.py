"""Does anybody keep the server from others: by dawdling, flooding, freezing, or all at once?

    python -m benchmarks.attacks [--only slow flood frozen herd] [--share 1.0]

A real server, attackers in this process, and somebody in a process of their own who asks on a new
connection fifty times a second. Ends with 1 if a promise is broken. `--share` makes all smaller.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil

from benchmarks.fan_out import document, judge_frozen, measured
from benchmarks.fresh_process import ROOT
from benchmarks.honest_client import Answers, asking
from benchmarks.machine import describe_machine, describe_versions, load_per_core
from benchmarks.report import table
from benchmarks.served import Server, serving
from benchmarks.watchers import Decoder, Tally, Watcher, stream_request
from matinee.client.backoff import Backoff

# Bytes that no library would send, as the tests do.
sys.path.insert(0, str(ROOT / "tests"))

from fakes.raw_connection import UPGRADE, head, masked, raw_connection

SLOW_CLIENTS = 500
SLOW_SECONDS = 35.0
BYTE_EVERY_S = 10.0
CUT_WITHIN_S = 12.5
"""Ten seconds, a look a second, and what a busy machine adds."""
FLOOD_SECONDS = 20.0
FLOODERS = 4
OPENS = 2_000
MAX_P99_MS = 500.0
MAX_MEMORY_MB = 64.0
HERD = 500
HERD_PATIENCE_S = 60.0
BACK_WITHIN_S = 30.0
HERD_P99_MS = 1_000.0
SAMPLE_S = 0.1
POLL_S = 0.1
TEXT, BINARY = 0x1, 0x2


@dataclass(frozen=True)
class Verdict:
    """One promise: what was seen, and whether it holds."""

    attack: str
    promise: str
    seen: str
    holds: bool


class Peak:
    """How much memory a process has at most while the context lasts."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._most = self._process.memory_info().rss

    async def watch(self) -> None:
        """Look for ever; to be cancelled."""
        while True:
            self._most = max(self._most, self._process.memory_info().rss)
            await asyncio.sleep(SAMPLE_S)

    @property
    def more_mb(self) -> float:
        """Than at first."""
        return (self._most - self._before) / 1e6


def p99_ms(answers: Answers) -> float:
    """Of the answers; endless if there was none."""
    found = answers.latencies_ms
    return float(np.percentile(found, 99)) if found else float("inf")


def served_well(attack: str, answers: Answers, *, at_most_ms: float) -> list[Verdict]:
    """That the one who only asks got answers, and in time."""
    p99 = p99_ms(answers)
    others = ", ".join(f"{n} x {what}" for what, n in Counter(answers.others).items())
    return [
        Verdict(
            attack,
            f"p99 of GET /livez < {at_most_ms:g} ms",
            f"{p99:.0f} ms of {len(answers.latencies_ms)} answers",
            p99 < at_most_ms,
        ),
        Verdict(attack, "every question is answered", others or "all", not answers.others),
    ]


def port_of(server: Server) -> int:
    """Where it listens."""
    port = urlsplit(server.address).port
    assert port is not None
    return port


async def _dawdle(port: int, until_s: float, lived_s: list[float]) -> None:
    """Send a byte of a request now and then; come back when cut."""
    loop_s = asyncio.get_running_loop().time
    while loop_s() < until_s:
        # Before it connects: the server's clock may run before this side knows of it.
        began_s = loop_s()
        async with raw_connection(port) as connection:
            ending = asyncio.create_task(connection.rest())
            while not ending.done() and loop_s() < until_s:
                await connection.send(b"G" if loop_s() - began_s < 1 else b"E")
                await asyncio.wait({ending}, timeout=min(BYTE_EVERY_S, until_s - loop_s()))
            if ending.done():
                lived_s.append(loop_s() - began_s)
            else:
                ending.cancel()


async def slow(server: Server, share: float) -> list[Verdict]:
    """Requests that arrive a byte at a time (case 11)."""
    loop_s = asyncio.get_running_loop().time
    clients, lived_s = max(1, int(SLOW_CLIENTS * share)), list[float]()
    with asking(server.address) as answers:
        until_s = loop_s() + SLOW_SECONDS
        async with asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(_dawdle(port_of(server), until_s, lived_s))
    shortest, longest = min(lived_s, default=0.0), max(lived_s, default=float("inf"))
    return [
        Verdict(
            f"{clients} slow requests",
            f"each is cut after 10 to {CUT_WITHIN_S:g} s",
            f"{len(lived_s)} cuts after {shortest:.1f} to {longest:.1f} s",
            len(lived_s) >= clients and shortest >= 10.0 and longest <= CUT_WITHIN_S,
        ),
        *served_well(f"{clients} slow requests", answers, at_most_ms=MAX_P99_MS),
    ]


async def _socket_end(port: int, token: str, payload: bytes, *lines: str) -> str:
    """Open a WebSocket and send this as fast as it goes: status, or code of the end."""
    bearer = f"Authorization: Bearer {token}"
    host = f"Host: 127.0.0.1:{port}"
    request = head("GET /api/v1/stream HTTP/1.1", host, bearer, *UPGRADE, *lines)
    async with raw_connection(port) as connection:
        await connection.send(request)
        words = (await connection.head()).split(b" ", 2)
        status = words[1].decode() if len(words) > 1 else "closed"
        if status != "101":
            return status
        sending = asyncio.create_task(connection.send(payload))
        code = await connection.close_code()
        await sending
        return str(code)


async def _flood(port: int, token: str, until_s: float, ends: dict[str, Counter[str]]) -> None:
    message = masked(TEXT, b'{"type":"unsubscribe","run_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}')
    ways = {
        "a frame of 16 MiB": masked(BINARY, bytes(16 * 1024 * 1024)),
        "a packed frame": b"\xc1" + masked(TEXT, bytes(60_000))[1:],
        "10,000 messages at once": message * 10_000,
        "10,000 pings at once": masked(0x9) * 10_000,
        "endless fragments": masked(TEXT, final=False) + masked(0x0, final=False) * 10_000,
    }
    offer = "Sec-WebSocket-Extensions: permessage-deflate"
    loop = asyncio.get_running_loop()
    while loop.time() < until_s:
        for way, payload in ways.items():
            ends[way][await _socket_end(port, token, payload, offer)] += 1


async def _open_all(port: int, token: str, count: int) -> Counter[str]:
    """So many WebSockets at the same time; what each handshake was answered with."""
    statuses: Counter[str] = Counter()
    answered = asyncio.Event()
    request = head(
        "GET /api/v1/stream HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {token}",
        *UPGRADE,
    )

    async def hold() -> None:
        async with raw_connection(port) as connection:
            await connection.send(request)
            try:
                words = (await connection.head()).split(b" ", 2)
                status = words[1].decode() if len(words) > 1 else "closed"
            except TimeoutError:
                status = "no answer"
            statuses[status] += 1
            if statuses.total() == count:
                answered.set()
            async with asyncio.timeout(HERD_PATIENCE_S):
                await answered.wait()

    await asyncio.gather(*(hold() for _ in range(count)))
    return statuses


async def flood(server: Server, share: float) -> list[Verdict]:
    """Giant and packed frames, floods of messages, more sockets than places (case 12)."""
    port = port_of(server)
    own = server.headers["Authorization"].removeprefix("Bearer ")
    made = server.client.post("/tokens", json={"name": "attacker", "role": "viewer"})
    token = made.raise_for_status().json()["token"]
    opens = max(10, int(OPENS * share))
    loop = asyncio.get_running_loop()
    ends: dict[str, Counter[str]] = {
        way: Counter()
        for way in (
            "a frame of 16 MiB",
            "a packed frame",
            "10,000 messages at once",
            "10,000 pings at once",
            "endless fragments",
        )
    }
    peak = Peak(server.pid)
    watching = asyncio.create_task(peak.watch())
    with asking(server.address) as answers:
        until_s = loop.time() + FLOOD_SECONDS * share
        async with asyncio.TaskGroup() as tasks:
            for _ in range(FLOODERS):
                tasks.create_task(_flood(port, token, until_s, ends))
        of_viewer = await _open_all(port, token, opens)
        of_own = await _open_all(port, own, opens)
    watching.cancel()
    allowed = {
        "a frame of 16 MiB": {"1009"},
        "a packed frame": {"1002"},
        "10,000 messages at once": {"1008"},
        "10,000 pings at once": {"1008"},
        "endless fragments": {"1008", "1009"},
    }
    verdicts = [
        Verdict(
            way,
            f"ends with {' or '.join(sorted(allowed[way]))}",
            _told(seen),
            seen.keys() <= allowed[way] and bool(seen),
        )
        for way, seen in ends.items()
    ]
    for whose, statuses, places in (("a viewer", of_viewer, 200), ("the admin", of_own, 500)):
        verdicts.append(
            Verdict(
                f"{opens:,} sockets of {whose} at once",
                f"at most {places} open, the others get 503 or make room",
                _told(statuses),
                0 < statuses["101"] <= places and statuses.keys() <= {"101", "503", "closed"},
            )
        )
    verdicts.append(
        Verdict(
            "all of these",
            f"memory grows by less than {MAX_MEMORY_MB:g} MB",
            f"{peak.more_mb:.1f} MB",
            peak.more_mb < MAX_MEMORY_MB,
        )
    )
    return [*verdicts, *served_well("all of these", answers, at_most_ms=MAX_P99_MS)]


def _told(seen: Counter[str]) -> str:
    return ", ".join(f"{count:,} x {what}" for what, count in sorted(seen.items())) or "nothing"


class _HerdMember:
    """One page: follows a run, and comes back as pages do."""

    def __init__(self, host: str, port: int, request: bytes, decoder: Decoder) -> None:
        self._where = host, port
        self._request = request
        self._decoder = decoder
        self.tally = Tally()
        self.watcher: Watcher | None = None
        self.back_at_s: float | None = None

    async def connect(self) -> None:
        """Once it is in, it has got a frame."""
        loop = asyncio.get_running_loop()
        _, self.watcher = await loop.create_connection(
            lambda: Watcher(self._request, self._decoder, lambda: self.tally, cursor=0),
            *self._where,
        )
        async with asyncio.timeout(10):
            while self.tally.frames == 0:
                if self.tally.closed:
                    raise ConnectionError
                await asyncio.sleep(POLL_S)

    async def come_back(self) -> None:
        """Try until it is there again."""
        assert self.watcher is not None
        while not self.tally.closed:  # noqa: ASYNC110 - a counter
            await asyncio.sleep(POLL_S)
        backoff = Backoff()
        while True:
            await asyncio.sleep(backoff.next_wait_s())
            self.tally = Tally()
            try:
                await self.connect()
            except (OSError, TimeoutError):
                continue
            self.back_at_s = asyncio.get_running_loop().time()
            return


async def herd(folder: Path, share: float) -> list[Verdict]:
    """A server restarts and all its clients come back (case 24)."""
    clients = max(1, int(HERD * share))
    decoder, loop = Decoder(), asyncio.get_running_loop()
    # Far above what systems give away by themselves, and free at the moment.
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    stack = serving(folder, port=port)
    server = await asyncio.to_thread(stack.__enter__)
    try:
        created = server.client.post("/runs", json={**document(60.0), "start": False})
        run_id = created.raise_for_status().json()["id"]
        token = server.headers["Authorization"].removeprefix("Bearer ")
        request = stream_request(f"127.0.0.1:{port}", run_id, after=0, token=token)
        members = [_HerdMember("127.0.0.1", port, request, decoder) for _ in range(clients)]
        for member in members:
            await member.connect()
        coming = [asyncio.create_task(member.come_back()) for member in members]
    finally:
        await asyncio.to_thread(stack.__exit__, None, None, None)
    stack = serving(folder, port=port)
    server = await asyncio.to_thread(stack.__enter__)
    try:
        ready_s = loop.time()
        with asking(server.address) as answers:
            await asyncio.wait(coming, timeout=HERD_PATIENCE_S)
            await asyncio.sleep(1)
        back_s = [m.back_at_s - ready_s for m in members if m.back_at_s is not None]
        for task, member in zip(coming, members, strict=True):
            task.cancel()
            if member.watcher is not None:
                member.watcher.leave()
    finally:
        await asyncio.to_thread(stack.__exit__, None, None, None)
    last = max(back_s, default=float("inf"))
    return [
        Verdict(
            f"a restart with {clients} clients",
            f"all are back within {BACK_WITHIN_S:g} s",
            f"{len(back_s)}, the last after {last:.1f} s",
            len(back_s) == clients and last < BACK_WITHIN_S,
        ),
        *served_well(f"a restart with {clients} clients", answers, at_most_ms=HERD_P99_MS),
    ]


def frozen(share: float) -> list[Verdict]:
    """One reader that takes nothing among many (case 22)."""
    clients = max(2, int(200 * share))
    found, phases = measured(clients=clients, seconds=30.0 * share, runs=2, frozen=True)
    return [
        Verdict(f"one of {clients} readers freezes", promise, seen, holds)
        for promise, seen, holds in judge_frozen(found, phases)
    ]


ATTACKS = ("slow", "flood", "frozen", "herd")


def judged(names: Sequence[str], share: float) -> list[Verdict]:
    """Make these attacks, one after the other."""
    verdicts: list[Verdict] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            began_s = time.monotonic()
            if name == "frozen":
                verdicts += frozen(share)
            elif name == "herd":
                verdicts += asyncio.run(herd(Path(folder), share))
            else:
                attack = slow if name == "slow" else flood
                with serving(Path(folder)) as server:
                    verdicts += asyncio.run(attack(server, share))
            print(f"{name}: {time.monotonic() - began_s:.0f} s", file=sys.stderr)
    return verdicts


def main(words: Sequence[str] | None = None) -> int:
    """Attack, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ATTACKS, default=list(ATTACKS))
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    arguments = parser.parse_args(words)
    verdicts = judged(arguments.only, arguments.share)
    print(f"{describe_machine()}; {describe_versions()}; load per core {load_per_core():.1f}\n")
    rows = [
        f"| {each.attack} | {each.promise} | {each.seen} | {'yes' if each.holds else '**no**'} |"
        for each in verdicts
    ]
    print(table("| | promise | seen | holds |", rows))
    return 0 if all(each.holds for each in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
