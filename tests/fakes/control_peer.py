"""The server's end of a control socket, as plainly as can be: blocking, one frame at a time."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from matinee.contracts.commands import Action
from matinee.contracts.control import RUN_FRAME_ADAPTER, AckFrame, CommandFrame, RunFrame
from matinee.contracts.identifiers import new_ulid

PATIENCE_S = 30.0

_Frame = TypeVar("_Frame")


class ControlPeer:
    """One connection. Used as a context manager."""

    def __init__(self, path: Path) -> None:
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.settimeout(PATIENCE_S)
        try:
            self.connection.connect(str(path))
        except OSError:
            self.connection.close()
            raise
        self._lines = self.connection.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.connection.close()

    def read(self) -> RunFrame | None:
        """The next frame; None at the end."""
        line = self._lines.readline()
        return RUN_FRAME_ADAPTER.validate_json(line) if line else None

    def read_until(
        self, kind: type[_Frame], condition: Callable[[_Frame], bool] = lambda _: True
    ) -> _Frame:
        """The next frame of a kind; others are skipped."""
        while (frame := self.read()) is not None:
            if isinstance(frame, kind) and condition(frame):
                return frame
        raise EOFError(f"the connection ended before a {kind.__name__}")

    def send_raw(self, line: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(line)

    def ask(self, action: Action, *, actor: str = "token") -> AckFrame:
        """Send a command; returns its ack."""
        command_id = new_ulid()
        frame = CommandFrame(command_id=command_id, actor=actor, action=action)
        self.send_raw(frame.model_dump_json(by_alias=True).encode() + b"\n")
        return self.read_until(AckFrame, lambda ack: ack.command_id == command_id)
