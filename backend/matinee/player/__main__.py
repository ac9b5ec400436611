"""`python -m matinee.player`: does one order from its standard input; see `contracts.playing`.

It gives way to training, and ends with the server: at once, wherever it is, when its standard
input ends.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matinee.contracts.playing import ShowOrder
    from matinee.player.show import Send

NICENESS_AT_FIRST = 5
"""As run processes: somebody waits, and imports are over soon."""
NICENESS = 15
"""From then on training comes first, but a busy machine shows something, too."""


def main() -> int:
    """Do the order; the exit code says whether it could be done."""
    os.nice(NICENESS_AT_FIRST)
    # Environments print what they like: only messages may reach the server.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    from matinee.player.scene import without_windows

    without_windows()
    orders: queue.SimpleQueue[ShowOrder] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), name="orders", daemon=True).start()
    code = _perform(line, orders, out)
    with suppress(OSError):
        out.close()
    sys.stderr.flush()
    # Threads of simulators must not keep a process that has said all it had to say.
    os._exit(code)


def _perform(line: bytes, orders: queue.SimpleQueue[ShowOrder], out: BinaryIO) -> int:
    from matinee.contracts.playing import PlayerFailed, framed
    from matinee.errors import MatineeError, TrainingError

    def send(head: bytes, body: bytes = b"") -> None:
        out.write(framed(head, body))
        out.flush()

    try:
        for head in _answer(line, orders, send):
            send(head)
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked shall be told
        traceback.print_exc()
        if isinstance(error, MatineeError):
            failed = PlayerFailed(code=error.code, detail=str(error))
        else:
            words = f"{type(error).__name__}: {error}"
            failed = PlayerFailed(code=TrainingError.code, detail=words)
        send(failed.model_dump_json().encode())
        return 1
    return 0


def _answer(line: bytes, orders: queue.SimpleQueue[ShowOrder], send: Send) -> Iterator[bytes]:
    """Heads of messages, one after the other."""
    from matinee.contracts.playing import PLAYER_ORDER_ADAPTER, Evaluate, Show
    from matinee.player.episodes import evaluate, in_parts, play_episode
    from matinee.player.show import Performance

    order = PLAYER_ORDER_ADAPTER.validate_json(line)
    os.nice(NICENESS - NICENESS_AT_FIRST)
    if isinstance(order, Show):
        Performance(order, orders, send).run()
    if isinstance(order, Evaluate):
        yield evaluate(order).model_dump_json().encode()
    else:
        yield from in_parts(play_episode(order))


def _hear(orders: queue.SimpleQueue[ShowOrder]) -> None:
    """Pass on what comes, and leave with whoever says it."""
    from pydantic import ValidationError

    from matinee.contracts.playing import SHOW_ORDER_ADAPTER

    while line := sys.stdin.buffer.readline():
        try:
            orders.put(SHOW_ORDER_ADAPTER.validate_json(line))
        except ValidationError:
            traceback.print_exc()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
