"""Somebody who only asks whether the server is there, from a process of its own, over and over.

    python -m benchmarks.honest_client ADDRESS

Asks on a new connection each time until its standard input ends; then tells every answer as JSON.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.fresh_process import ROOT

PAUSE_S = 0.02
PATIENCE_S = 20.0
END_TIMEOUT_S = 60.0


@dataclass
class Answers:
    """What it got; filled in when it has ended.

    Attributes:
        latencies_ms: Of answers with 200, from before connecting.
        others: Whatever else came, or why nothing did.
    """

    latencies_ms: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@contextmanager
def asking(address: str) -> Iterator[Answers]:
    """Let it ask for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.honest_client", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    answers = Answers()
    assert process.stdout is not None
    try:
        # It says when it has begun.
        process.stdout.readline()
        yield answers
        said = json.loads(process.communicate(timeout=END_TIMEOUT_S)[0])
        answers.latencies_ms, answers.others = said["latencies_ms"], said["others"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(host: str, port: int) -> str:
    """One question: the status of the answer, or what came instead."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as connection:
            head = f"GET /livez HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            answer = connection.recv(4096).split(b" ", 2)
    except OSError as error:
        return type(error).__name__
    return answer[1].decode() if len(answer) > 1 else "closed"


def main() -> int:
    """Ask until nobody listens any more."""
    address = urlsplit(sys.argv[1])
    assert address.hostname is not None
    assert address.port is not None
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    answers = Answers()
    print("begun", flush=True)
    while not ended.wait(PAUSE_S):
        began_s = time.monotonic()
        answer = ask(address.hostname, address.port)
        if answer == "200":
            answers.latencies_ms.append((time.monotonic() - began_s) * 1000)
        else:
            answers.others.append(answer)
    print(json.dumps(vars(answers)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
