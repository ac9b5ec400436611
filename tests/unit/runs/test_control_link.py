"""The server's end of a run's control socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.house import becomes, eventually
from matinee.contracts.commands import Pause
from matinee.contracts.control import (
    MAX_FRAME_BYTES,
    SERVER_FRAME_ADAPTER,
    AckFrame,
    CommandFrame,
    CommittedFrame,
    HeartbeatFrame,
    HelloFrame,
)
from matinee.errors import RunUnreachableError
from matinee.runs import control_link
from matinee.runs.control_link import ControlLink

pytestmark = pytest.mark.anyio

HELLO = HelloFrame(protocol=1, run_id="run", pid=1, process_started_at=1.0)


class RunEnd:
    """A run's end of the socket that says what a test wants."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received: list[CommandFrame] = []
        self.wishes = 0
        self.greeting: bytes | None = HELLO.model_dump_json().encode() + b"\n"
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self.greeting is not None:
            writer.write(self.greeting)
        while line := await reader.readline():
            frame = SERVER_FRAME_ADAPTER.validate_json(line)
            if isinstance(frame, CommandFrame):
                self.received.append(frame)
            else:
                self.wishes += 1

    def say(self, line: bytes) -> None:
        """Send a line to everybody."""
        for writer in self._writers:
            writer.write(line + b"\n")

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()

    async def close(self) -> None:
        """Stop listening."""
        self.hang_up()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()


@pytest.fixture
async def run_end(runtime_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[RunEnd]:
    """A listening run."""
    end = RunEnd(runtime_dir / f"{abs(hash(request.node.name)):x}.sock")
    await end.open()
    yield end
    await end.close()


async def connect(run_end: RunEnd) -> ControlLink:
    """Connect."""
    return await ControlLink.connect(run_end.path, timeout_s=10)


def frame(command_id: str = "c1") -> CommandFrame:
    """A command."""
    return CommandFrame(command_id=command_id, actor="token", action=Pause())


async def test_it_hears_who_answers(run_end: RunEnd) -> None:
    """The first thing that a link knows is who is there."""
    link = await connect(run_end)
    assert link.hello == HELLO
    await link.close()
    await link.close()


async def test_nobody_there(runtime_dir: Path) -> None:
    """Where nothing listens, connecting fails at once."""
    with pytest.raises(FileNotFoundError):
        await ControlLink.connect(runtime_dir / "nothing.sock", timeout_s=10)


@pytest.mark.parametrize(
    "greeting",
    [
        HELLO.model_copy(update={"protocol": 99}).model_dump_json().encode() + b"\n",
        CommittedFrame(seq=1).model_dump_json().encode() + b"\n",
    ],
)
async def test_a_foreign_protocol_is_refused(run_end: RunEnd, greeting: bytes) -> None:
    """Somebody who does not speak our protocol is not taken for a run."""
    run_end.greeting = greeting
    with pytest.raises(RunUnreachableError, match="does not speak control protocol 1"):
        await connect(run_end)


@pytest.mark.parametrize("greeting", [b"hello there\n", b"", b"{}\n"])
async def test_a_broken_greeting_is_a_lost_connection(run_end: RunEnd, greeting: bytes) -> None:
    """A process that dies while it greets can be tried again."""
    run_end.greeting = greeting
    if not greeting:
        asyncio.get_running_loop().call_later(0.05, run_end.hang_up)
    with pytest.raises(OSError, match="left while greeting"):
        await connect(run_end)


async def test_silence_ends_in_time(run_end: RunEnd) -> None:
    """Somebody who accepts and says nothing is given up."""
    run_end.greeting = None
    with pytest.raises(TimeoutError):
        await ControlLink.connect(run_end.path, timeout_s=0.05)


async def test_only_a_run_that_knows_how_is_asked_for_its_policy(run_end: RunEnd) -> None:
    """One of an older version would hang up; and nobody hears on a closed link."""
    old = await connect(run_end)
    knows = HELLO.model_copy(update={"shares_policy": True})
    run_end.greeting = knows.model_dump_json().encode() + b"\n"
    new = await connect(run_end)

    assert (old.ask_for_policy(), new.ask_for_policy()) == (False, True)
    await becomes(lambda: run_end.wishes == 1)
    await new.close()
    assert not new.ask_for_policy()
    await old.close()


async def test_each_command_gets_its_own_ack(run_end: RunEnd) -> None:
    """Acks find the commands that they belong to, in whatever order they come."""
    link = await connect(run_end)
    listening = asyncio.create_task(
        link.listen(on_committed=lambda _: None, on_heartbeat=lambda _: None)
    )
    sending = [asyncio.create_task(link.send(frame(f"c{number}"))) for number in range(3)]

    async def all_arrived() -> bool:
        return len(run_end.received) == 3

    await eventually(all_arrived)
    for command_id in ("c2", "nobody's", "c0", "c1"):
        ack = AckFrame(command_id=command_id, accepted=command_id != "c1", reason="no")
        run_end.say(ack.model_dump_json().encode())
    acks = await asyncio.gather(*sending)
    assert [ack.command_id for ack in acks] == ["c0", "c1", "c2"]
    assert [ack.accepted for ack in acks] == [True, False, True]
    await link.close()
    await listening


async def test_news_are_passed_on(run_end: RunEnd) -> None:
    """Commits and heartbeats reach whoever listens; a second hello does no harm."""
    link = await connect(run_end)
    commits: list[int] = []
    beats: list[HeartbeatFrame] = []
    listening = asyncio.create_task(
        link.listen(on_committed=commits.append, on_heartbeat=beats.append)
    )
    run_end.say(CommittedFrame(seq=4).model_dump_json().encode())
    run_end.say(HELLO.model_dump_json().encode())
    run_end.say(HeartbeatFrame(pid=1, env_steps=70, monotonic_s=1.0).model_dump_json().encode())
    run_end.say(CommittedFrame(seq=9).model_dump_json().encode())

    async def heard() -> bool:
        return commits == [4, 9]

    await eventually(heard)
    assert [beat.env_steps for beat in beats] == [70]
    run_end.hang_up()
    await asyncio.wait_for(listening, 10)


@pytest.mark.parametrize("nonsense", [b"what?", b'{"type":"dance"}', b"x" * (MAX_FRAME_BYTES + 1)])
async def test_nonsense_ends_the_link(run_end: RunEnd, nonsense: bytes) -> None:
    """A frame that is none ends the connection, and whoever waits hears of it."""
    link = await connect(run_end)
    listening = asyncio.create_task(
        link.listen(on_committed=lambda _: None, on_heartbeat=lambda _: None)
    )
    sending = asyncio.create_task(link.send(frame()))

    async def arrived() -> bool:
        return bool(run_end.received)

    await eventually(arrived)
    run_end.say(nonsense)
    await asyncio.wait_for(listening, 10)
    with pytest.raises(RunUnreachableError):
        await sending
    with pytest.raises(RunUnreachableError, match="has closed"):
        await link.send(frame("late"))


async def test_no_ack_in_time(run_end: RunEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is not acknowledged is given up after a bounded time."""
    monkeypatch.setattr(control_link, "ACK_TIMEOUT_S", 0.05)
    link = await connect(run_end)
    with pytest.raises(RunUnreachableError, match=r"did not answer within 0\.05 s"):
        await link.send(frame())
    assert link._acks == {}
    await link.close()
