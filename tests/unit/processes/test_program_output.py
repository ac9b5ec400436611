"""A child process writes, and what it writes is passed on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
import pytest
import structlog

from fakes.house import becomes
from matinee.errors import ProgramError
from matinee.processes import program_output
from matinee.processes.program_output import output_of

pytestmark = pytest.mark.anyio

SILENCE_S = 3.0
"""A shell has written its first line long before."""
WRITES_THEN_HANGS = ["sh", "-c", "echo go; exec sleep 600"]


def program(text: str) -> list[str]:
    """A Python program."""
    return [sys.executable, "-c", text]


async def take(output: AsyncIterator[bytes], into: list[bytes]) -> None:
    """All parts, until it ends in some way."""
    async for part in output:
        into.append(part)  # noqa: PERF401 - what came before an error is kept


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """However it ends, no process stays behind."""
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) <= before


async def test_all_that_is_written_is_given() -> None:
    """However large it is, in order."""
    parts = [part async for part in output_of(program("print('x' * 1_000_000)"), what="it")]
    assert b"".join(parts) == b"x" * 1_000_000 + b"\n"


async def test_a_failure_half_way_is_told_with_its_last_words() -> None:
    """A file that was cut short is not taken for a whole one; its beginning was given."""
    text = "print('half', flush=True)\nraise ValueError('no such thing')"
    parts: list[bytes] = []
    with pytest.raises(ProgramError, match=r"^it could not be made: ValueError: no such thing$"):
        await take(output_of(program(text), what="it"), parts)
    assert b"".join(parts) == b"half\n"


async def test_a_program_that_is_killed_is_told_with_the_signal() -> None:
    """Who has no last words, as when memory runs out, is told apart from who is done."""
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(ProgramError, match="ended by SIGKILL"):
        await take(output_of(program(text), what="it"), [])


async def test_a_flood_of_complaints_is_read_and_only_its_end_kept() -> None:
    """A program that complains a lot is not held up by it, and its last line is the reason."""
    text = "import sys\nfor n in range(50_000): print('no', n, file=sys.stderr)\nsys.exit(3)"
    with pytest.raises(ProgramError, match=r"it could not be made: no 49999$"):
        await take(output_of(program(text), what="it"), [])


@pytest.mark.parametrize(
    ("command", "came"), [(["sleep", "600"], b""), (WRITES_THEN_HANGS, b"go\n")]
)
async def test_a_program_that_hangs_is_ended(command: list[str], came: bytes) -> None:
    """Nobody waits for ever: neither for the first byte nor for one after others."""
    parts: list[bytes] = []
    output = output_of(command, what="it", silence_s=SILENCE_S)
    async with asyncio.timeout(60):
        with pytest.raises(ProgramError, match="wrote nothing for 3 s, and was ended") as refused:
            await take(output, parts)
    assert refused.value.code == "program_silent"
    assert b"".join(parts) == came


@pytest.mark.parametrize("closes", ["os.close(1)", "os.close(1); os.close(2)"])
async def test_a_program_that_closes_its_output_and_stays_is_ended(
    monkeypatch: pytest.MonkeyPatch, closes: str
) -> None:
    """An output that has ended is no whole file before the program is done without an error."""
    monkeypatch.setattr(program_output, "END_S", 0.5)
    text = f"import os, time\n{closes}\ntime.sleep(600)"
    async with asyncio.timeout(60):
        with pytest.raises(ProgramError, match="does not end"):
            await take(output_of(program(text), what="it"), [])


async def test_the_program_ends_with_its_listener() -> None:
    """Who leaves early leaves no process behind."""
    parts = output_of(WRITES_THEN_HANGS, what="it")
    before = set(psutil.Process().children())
    assert await anext(parts) == b"go\n"
    (child,) = set(psutil.Process().children()) - before
    await parts.aclose()
    assert not child.is_running()


async def test_one_that_writes_without_end_ends_with_its_listener(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once, and its pipes are closed, although more was written than anybody took."""
    started: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def create_and_note(*command: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(await create(*command, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", create_and_note)
    open_before = psutil.Process().num_fds()
    parts = output_of(["sh", "-c", "while :; do echo more; done"], what="it")
    with structlog.testing.capture_logs() as logs:
        assert await anext(parts)
        (process,) = started
        # Who holds more than is taken reads on no more, and so does not see the end, either.
        await becomes(lambda: process.stdout is not None and process.stdout._paused)  # type: ignore[attr-defined]
        await parts.aclose()
    assert process.returncode == -signal.SIGKILL
    assert logs == []
    assert psutil.Process().num_fds() == open_before


async def test_secrets_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of the server is not in the environment of the program."""
    monkeypatch.setitem(os.environ, "MATINEE_TOKEN", "secret")
    text = "import os\nprint('MATINEE_TOKEN' in os.environ, flush=True)"
    assert b"".join([part async for part in output_of(program(text), what="it")]) == b"False\n"
