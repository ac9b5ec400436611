"""Passes on what a child process writes, as it writes it, and waits for nothing without a bound."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

import structlog

from matinee.errors import ProgramError
from matinee.processes.child_environment import child_environment

CHUNK_BYTES = 256 * 1024
SILENCE_S = 60.0
"""On a machine that is very busy, a program that is well takes seconds until its first byte."""
LAST_WORDS_BYTES = 4_096
END_S = 5.0
"""After it was killed, or has closed its output: a process then ends at once."""

log = structlog.get_logger(__name__)


async def output_of(
    command: Sequence[str], *, what: str, silence_s: float = SILENCE_S
) -> AsyncGenerator[bytes, None]:
    """What a program writes to its standard output. It is killed when nobody wants more of it.

    Time counts only while somebody waits for it: who takes the parts slowly ends nothing.

    Args:
        command: Program and arguments.
        what: What it makes, for people: the beginning of an error's message.
        silence_s: It is ended after so long without a byte.

    Raises:
        ProgramError: it failed or fell silent; what it had written before was given.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=child_environment()
    )
    assert process.stdout is not None
    assert process.stderr is not None
    last_words = asyncio.create_task(_last_words(process.stderr))
    try:
        while part := await _in_time(process.stdout, what, silence_s):
            yield part
        if (code := await _end(process)) != 0:
            reason = await _last_line(last_words) or _exit_words(code)
            raise ProgramError(f"{what} could not be made: {reason}")
    finally:
        if process.returncode is None:
            process.kill()
            # Who holds more than was taken reads on no more, and a process that was waited for has
            # ended only with its pipes.
            await asyncio.gather(_end(process), _drain(process.stdout))
        # A process of its own that lives on would hold the pipe open.
        last_words.cancel()
        await asyncio.gather(last_words, return_exceptions=True)


async def _in_time(output: asyncio.StreamReader, what: str, silence_s: float) -> bytes:
    try:
        async with asyncio.timeout(silence_s):
            return await output.read(CHUNK_BYTES)
    except TimeoutError as error:
        raise ProgramError(
            f"{what} could not be made: the program that makes it wrote nothing for "
            f"{silence_s:g} s, and was ended",
            code="program_silent",
        ) from error


async def _end(process: Process) -> int | None:
    """The exit code; None: it does not end, which only a kernel can be guilty of after a kill."""
    try:
        async with asyncio.timeout(END_S):
            return await process.wait()
    except TimeoutError:
        log.warning("program_does_not_end", pid=process.pid)
        return None


async def _drain(output: asyncio.StreamReader) -> None:
    """Read on, for nobody: within the same bound, for a child of its own may write on, too."""
    with suppress(TimeoutError):
        async with asyncio.timeout(END_S):
            while await output.read(CHUNK_BYTES):
                pass


async def _last_words(complaints: asyncio.StreamReader) -> str:
    """The end of what it complains, however much that is."""
    tail = b""
    while part := await complaints.read(LAST_WORDS_BYTES):
        tail = (tail + part)[-LAST_WORDS_BYTES:]
    return tail.decode(errors="replace")


async def _last_line(last_words: asyncio.Task[str]) -> str:
    """Of what it complained; empty: of nothing, or it goes on and has not said its last."""
    try:
        async with asyncio.timeout(END_S):
            words = await asyncio.shield(last_words)
    except TimeoutError:
        return ""
    return words.strip().rpartition("\n")[2]


def _exit_words(code: int | None) -> str:
    if code is None:
        return "the program that makes it closed its output, but does not end"
    if code < 0:
        return f"the program that makes it was ended by {signal.Signals(-code).name}"
    return f"the program that makes it ended with exit code {code}"
