"""systemd hears when the server is ready, alive and about to leave."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from matinee.bootstrap.service_notices import READY, ServiceNotices


@pytest.fixture
def listener(runtime_dir: Path) -> Iterator[socket.socket]:
    """A service manager's end."""
    path = runtime_dir / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        receiver.settimeout(10)
        yield receiver
    path.unlink()


def test_it_is_told(listener: socket.socket) -> None:
    """At the address from the environment, which no child process inherits."""
    environment = {"NOTIFY_SOCKET": listener.getsockname(), "PATH": "/bin"}
    ServiceNotices(environment).tell(READY)
    assert listener.recv(100) == b"READY=1"
    assert environment == {"PATH": "/bin"}


def test_it_is_told_now_and_then_that_the_loop_turns(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every turn."""
    manager = ServiceNotices({"NOTIFY_SOCKET": listener.getsockname()})
    clock_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock_s[0])
    for clock_s[0] in (100.0, 101.0, 104.9, 105.0, 106.0):
        manager.tell_alive()
    listener.setblocking(False)
    assert [listener.recv(100) for _ in range(2)] == [b"WATCHDOG=1"] * 2
    with pytest.raises(BlockingIOError):
        listener.recv(100)


def test_without_one_nothing_happens() -> None:
    """In a terminal or a container there is nobody to tell."""
    with capture_logs() as logs:
        ServiceNotices({}).tell(READY)
    assert logs == []


def test_one_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    """The server goes on, and its log has the reason."""
    with capture_logs() as logs:
        ServiceNotices({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell(READY)
        ServiceNotices({"NOTIFY_SOCKET": "@nobody-listens-here"}).tell(READY)
    assert [line["event"] for line in logs] == ["service_notice_not_sent"] * 2
