"""Players as the server holds them."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from fakes.played_runs import checkpoint_at
from matinee.contracts.playing import PLAYER_ANSWER_ADAPTER, Evaluate, Evaluated, PolicySource
from matinee.errors import ConflictError
from matinee.processes.player_program import PlayerProgram

pytestmark = pytest.mark.anyio

ORDER = Evaluate(source=PolicySource(checkpoint="/none"), episodes=1, deterministic=True, seed=1)


async def test_what_it_says_comes_through(tmp_path: Path) -> None:
    """From a real player, whole."""
    source = PolicySource(checkpoint=str(checkpoint_at(tmp_path / "one")))
    player = await PlayerProgram().start(ORDER.model_copy(update={"source": source}))

    messages = [message async for message in player.messages()]
    await player.close()

    ((head, body),) = messages
    assert isinstance(PLAYER_ANSWER_ADAPTER.validate_json(head), Evaluated)
    assert body == b""


async def test_secrets_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs foreign code, which must not read the access token from its environment."""
    monkeypatch.setenv("MATINEE_TOKEN", "secret-of-this-server")
    code = "import os, sys; sys.stdin.readline(); sys.exit(os.environ.get('MATINEE_TOKEN', 'none'))"
    player = await PlayerProgram([sys.executable, "-c", code]).start(ORDER)

    assert [message async for message in player.messages()] == []
    assert await player.last_words() == "none"
    await player.close()


async def test_one_that_does_not_leave_is_ended_with_all_it_has_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child of its own, too: its session dies as a whole."""
    monkeypatch.setattr("matinee.processes.player_program.LEAVE_TIMEOUT_S", 0.2)
    code = (
        "import struct, subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "head = str(child.pid).encode(); "
        "sys.stdout.buffer.write(struct.pack('>II', len(head), 0) + head); "
        "sys.stdout.flush(); time.sleep(600)"
    )
    player = await PlayerProgram([sys.executable, "-c", code]).start(ORDER)
    async for head, _ in player.messages():
        child = psutil.Process(int(head))
        break

    await player.close()
    await player.close()

    assert not psutil.pid_exists(player.pid)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


async def test_a_program_that_is_not_there_is_a_refusal() -> None:
    """In words, with a code."""
    with pytest.raises(ConflictError, match="no process could be started"):
        await PlayerProgram(["/none/such"]).start(ORDER)


async def test_a_length_that_nobody_would_send_ends_it() -> None:
    """Memory is not filled with what a broken program claims to say, and it is told in words."""
    code = "import sys; sys.stdin.readline(); sys.stdout.buffer.write(b'\\xff' * 64)"
    player = await PlayerProgram([sys.executable, "-c", code]).start(ORDER)

    assert [message async for message in player.messages()] == []
    assert await player.last_words() == "it said more at once than is taken"
    await player.close()
