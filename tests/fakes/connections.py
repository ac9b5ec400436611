"""Connections of a server as the loop shows them: how much waits to be sent, and a way to cut."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FakeTransport:
    """Holds back what the test says."""

    waiting_bytes: int
    cuts: int = 0

    def get_write_buffer_size(self) -> int:
        """As asyncio has it."""
        return self.waiting_bytes

    def abort(self) -> None:
        """As asyncio has it."""
        self.cuts += 1


@dataclass(eq=False)
class FrozenConnection:
    """One whose peer takes nothing, until the test changes what waits."""

    transport: FakeTransport = field(default_factory=lambda: FakeTransport(1_000))
