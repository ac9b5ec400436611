"""The run process's end of its control socket."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.control_peer import ControlPeer
from matinee.contracts.commands import Pause
from matinee.contracts.control import (
    MAX_FRAME_BYTES,
    AckFrame,
    CommandFrame,
    CommittedFrame,
    HelloFrame,
    SharePolicyFrame,
)
from matinee.worker import control_channel
from matinee.worker.control_channel import ControlChannel, Reply


@pytest.fixture
def path(runtime_dir: Path, request: pytest.FixtureRequest) -> Path:
    """A socket's path."""
    return runtime_dir / "channel" / f"{abs(hash(request.node.name)):x}.sock"


@pytest.fixture
def heard() -> list[CommandFrame]:
    """Commands that came in."""
    return []


@pytest.fixture
def channel(path: Path, heard: list[CommandFrame]) -> Iterator[ControlChannel]:
    """An open channel that accepts every command."""

    def accept(frame: CommandFrame, reply: Reply) -> None:
        heard.append(frame)
        reply(AckFrame(command_id=frame.command_id, accepted=True))

    channel = ControlChannel(path, run_id="the-run", hosted_by="terminal", on_command=accept)
    channel.open()
    yield channel
    channel.close()


def test_it_says_who_it_is(channel: ControlChannel, path: Path) -> None:
    """The first frame names run, process and kind of host."""
    with ControlPeer(path) as peer:
        hello = peer.read()
    assert hello == channel.hello
    assert isinstance(hello, HelloFrame)
    assert (hello.run_id, hello.pid, hello.hosted_by) == ("the-run", os.getpid(), "terminal")


@pytest.mark.usefixtures("channel")
def test_only_its_owner_may_connect(path: Path) -> None:
    """The socket and its folder are closed to other users."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.usefixtures("channel")
def test_each_command_gets_its_answer(path: Path, heard: list[CommandFrame]) -> None:
    """Commands arrive as they were sent, each answered to the peer that sent it."""
    with ControlPeer(path) as one, ControlPeer(path) as two:
        acks = [one.ask(Pause(), actor="cli"), two.ask(Pause(), actor="token")]
    assert [ack.command_id for ack in acks] == [frame.command_id for frame in heard]
    assert [frame.actor for frame in heard] == ["cli", "token"]


def test_who_watches_can_ask_for_the_policy(path: Path) -> None:
    """Without an answer; the greeting says whether the run knows of it."""
    asked = threading.Event()
    channel = ControlChannel(
        path, run_id="the-run", on_command=lambda _frame, _reply: None, on_share=asked.set
    )
    channel.open()
    with ControlPeer(path) as peer:
        hello = peer.read()
        peer.send_raw(SharePolicyFrame().model_dump_json().encode() + b"\n")
        assert asked.wait(30)
    channel.close()

    assert isinstance(hello, HelloFrame)
    assert hello.shares_policy


def test_all_peers_hear_of_commits(channel: ControlChannel, path: Path) -> None:
    """A notice goes to everybody, also after somebody has left."""
    with ControlPeer(path) as stays:
        with ControlPeer(path) as leaves:
            leaves.read_until(HelloFrame)
            stays.read_until(HelloFrame)
            channel.broadcast(CommittedFrame(seq=1))
            assert leaves.read_until(CommittedFrame).seq == 1
        channel.broadcast(CommittedFrame(seq=2))
        channel.broadcast(CommittedFrame(seq=3))
        assert [stays.read_until(CommittedFrame).seq for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    "nonsense", [b"hello\n", b'{"type":"command"}\n', b"\xff\xfe\n", b"x" * (MAX_FRAME_BYTES + 2)]
)
def test_nonsense_ends_the_connection_and_nothing_else(
    channel: ControlChannel, path: Path, nonsense: bytes
) -> None:
    """Who does not speak the protocol is hung up on; others are not disturbed."""
    with ControlPeer(path) as good, ControlPeer(path) as bad:
        bad.read_until(HelloFrame)
        try:
            bad.send_raw(nonsense)
            assert bad.read() is None
        except ConnectionError:
            pass  # It hung up before it had everything.
        assert good.ask(Pause()).accepted
    assert channel.hello.run_id == "the-run"


def test_a_peer_that_does_not_read_is_given_up(
    channel: ControlChannel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen peer delays the others once, for a bounded time, and is then dropped."""
    monkeypatch.setattr(control_channel, "_SEND_TIMEOUT_S", 0.05)
    with ControlPeer(path) as frozen, ControlPeer(path) as awake:
        frozen.read_until(HelloFrame)
        awake.read_until(HelloFrame)
        heard = 0
        while channel.peers == 2:
            channel.broadcast(CommittedFrame(seq=heard + 1))
            heard += 1
            assert awake.read_until(CommittedFrame).seq == heard
            assert heard < 1_000_000
        assert channel.peers == 1
        channel.broadcast(CommittedFrame(seq=heard + 1))
        assert awake.read_until(CommittedFrame).seq == heard + 1


def test_closing_leaves_nothing_behind(channel: ControlChannel, path: Path) -> None:
    """Closing, also twice, ends connections and threads and removes the socket."""
    with ControlPeer(path) as peer:
        peer.read_until(HelloFrame)
        channel.close()
        channel.close()
        assert peer.read() is None
    assert not path.exists()
    assert not any(thread.name == "control-accept" for thread in threading.enumerate())


def test_a_dead_processes_socket_is_replaced(path: Path) -> None:
    """A socket that a killed process left does not stop the next one."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch()
    channel = ControlChannel(path, run_id="next", on_command=lambda _frame, _reply: None)
    channel.open()
    with ControlPeer(path) as peer:
        assert peer.read() == channel.hello
    channel.close()


def test_coming_and_going_leaks_nothing(channel: ControlChannel, path: Path) -> None:
    """After many connections there are as many threads and descriptors as before."""
    with ControlPeer(path) as peer:
        peer.ask(Pause())

    def settled() -> tuple[int, int]:
        while channel.peers:
            threading.Event().wait(0.001)
        for thread in threading.enumerate():
            if thread.name == "control-peer":
                thread.join(5)
        return threading.active_count(), len(list(Path("/dev/fd").iterdir()))

    before = settled()
    for _ in range(30):
        with ControlPeer(path) as peer:
            peer.ask(Pause())
    assert settled() == before
