"""Follow a run as a client does, through every lost connection, and keep what came."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

RECONNECT_AFTER_S = 0.05
SILENCE_S = 20.0
"""The server ticks every 5 s; on a busy machine it may be late."""


def digest(event: dict[str, object]) -> str:
    """Of all that an event says."""
    return hashlib.sha1(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()  # noqa: S324 - a mark, no secret


@dataclass
class Follower:
    """One client on one run's stream. Lives from `start` to `stop`.

    Attributes:
        came: Digest of each event by its number, as it first came.
        repeated: How often an event came once more.
        gaps: How often a number was missing before another one.
        connections: How often it connected.
        complaints: Frames with which the server refused to go on.
    """

    run_id: str
    address: str
    token: str
    came: dict[int, str] = field(default_factory=dict)
    last_episode: int = 0
    repeated: Counter[int] = field(default_factory=Counter)
    gaps: int = 0
    connections: int = 0
    complaints: list[str] = field(default_factory=list)
    cursor: int = 0

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> Follower:
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more."""
        self._stopped.set()
        self._thread.join(SILENCE_S + 10)
        assert not self._thread.is_alive(), "a follower does not end"

    def _follow(self) -> None:
        while not self._stopped.is_set() and not self.complaints:
            try:
                self._connected()
            except (OSError, TimeoutError, WebSocketException):
                self._stopped.wait(RECONNECT_AFTER_S)

    def _connected(self) -> None:
        address = f"{self.address}/api/v1/stream?run={self.run_id}&after={self.cursor}"
        headers = {"Authorization": f"Bearer {self.token}"}
        with connect(address, additional_headers=headers, max_size=None, close_timeout=1) as socket:
            self.connections += 1
            while not self._stopped.is_set():
                frame = orjson.loads(socket.recv(timeout=SILENCE_S))
                if frame["type"] == "events":
                    self._take(frame["events"])
                elif frame["type"] in ("error", "resync"):
                    self.complaints.append(str(frame))
                    return

    def _take(self, events: list[dict[str, object]]) -> None:
        for event in events:
            seq = event["seq"]
            assert isinstance(seq, int)
            if seq in self.came:
                self.repeated[seq] += 1
            elif seq != self.cursor + 1:
                self.gaps += 1
            self.came[seq] = digest(event)
            self.cursor = seq
            last_episode = event.get("last_episode")
            if isinstance(last_episode, int):
                self.last_episode = last_episode
