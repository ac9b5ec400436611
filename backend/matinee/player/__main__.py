"""`python -m matinee.player`: does one order from its standard input; see `contracts.playing`.

It gives way to training, and ends with the server: at once, wherever it is, when its standard
input ends.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from contextlib import suppress
from typing import BinaryIO, assert_never

NICENESS = 15
"""Run processes have 5: training comes first, but a busy machine shows something, too."""


def main() -> int:
    """Do the order; the exit code says whether it could be done."""
    os.nice(NICENESS)
    # Environments print what they like: only messages may reach the server.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    from matinee.player.scene import without_windows

    without_windows()
    threading.Thread(target=_leave_with_the_server, name="stdin", daemon=True).start()
    code = _perform(line, out)
    with suppress(OSError):
        out.close()
    sys.stderr.flush()
    # Threads of simulators must not keep a process that has said all it had to say.
    os._exit(code)


def _perform(line: bytes, out: BinaryIO) -> int:
    from matinee.contracts.playing import (
        PLAYER_ORDER_ADAPTER,
        Evaluate,
        PlayEpisode,
        PlayerFailed,
        framed,
    )
    from matinee.errors import MatineeError, TrainingError
    from matinee.player.episodes import evaluate, play_episode

    try:
        order = PLAYER_ORDER_ADAPTER.validate_json(line)
        match order:
            case Evaluate():
                answer = evaluate(order).model_dump_json()
            case PlayEpisode():
                answer = play_episode(order).model_dump_json()
            case _:
                assert_never(order)
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked shall be told
        traceback.print_exc()
        if isinstance(error, MatineeError):
            failed = PlayerFailed(code=error.code, detail=str(error))
        else:
            words = f"{type(error).__name__}: {error}"
            failed = PlayerFailed(code=TrainingError.code, detail=words)
        out.write(framed(failed.model_dump_json().encode()))
        return 1
    out.write(framed(answer.encode()))
    return 0


def _leave_with_the_server() -> None:
    while sys.stdin.buffer.readline():
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
