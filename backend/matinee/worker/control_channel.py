"""The run process's end of its control socket: takes commands, tells of commits.

A Unix socket in a directory that only its owner can enter. Frames are `contracts.control`: one
JSON document a line. Several peers may be connected, for instance a server and a terminal.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import structlog
from pydantic import ValidationError

from matinee.contracts.control import (
    CONTROL_PROTOCOL_VERSION,
    MAX_FRAME_BYTES,
    SERVER_FRAME_ADAPTER,
    AckFrame,
    CommandFrame,
    HelloFrame,
    HostedBy,
    RunFrame,
    SharePolicyFrame,
)

_SEND_TIMEOUT_S = 1.0
_JOIN_TIMEOUT_S = 2.0

log = structlog.get_logger(__name__)

Reply = Callable[[AckFrame], None]
OnCommand = Callable[[CommandFrame, Reply], None]


class _Peer:
    """One connection. Lives until either side closes it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # Guards the sending half: acks and notices come from different threads.
        self._send_lock = threading.Lock()

    def greet(self, hello: HelloFrame, register: Callable[[], bool]) -> bool:
        """Send the hello, and register so that no later frame is missed or overtakes it."""
        with self._send_lock:
            return register() and self._send(hello)

    def send(self, frame: RunFrame) -> bool:
        """Whether the frame went out; a peer that does not read for a second is given up."""
        with self._send_lock:
            return self._send(frame)

    def _send(self, frame: RunFrame) -> bool:
        try:
            self._connection.sendall(frame.model_dump_json().encode() + b"\n")
        except OSError:
            return False
        return True

    def read_lines(self, on_line: Callable[[bytes], bool]) -> None:
        """Pass on each line until the peer leaves or `on_line` answers False."""
        buffer = b""
        while True:
            try:
                received = self._connection.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not received:
                return
            buffer += received
            *lines, buffer = buffer.split(b"\n")
            if not all(map(on_line, lines)):
                return
            if len(buffer) > MAX_FRAME_BYTES:
                log.warning("control_frame_too_long", allowed_bytes=MAX_FRAME_BYTES)
                return

    def close(self) -> None:
        """End the connection; its reader thread notices."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class ControlChannel:
    """Listens for commands. Lives from `open` to `close`, both called by the host's thread."""

    def __init__(
        self,
        socket_path: Path,
        *,
        run_id: str,
        on_command: OnCommand,
        on_share: Callable[[], None] | None = None,
        on_peer: Callable[[], None] = lambda: None,
        hosted_by: HostedBy = "server",
    ) -> None:
        """Prepare to listen; the callbacks come in threads of their own.

        Args:
            socket_path: Where.
            run_id: Of the run.
            on_command: Somebody orders something.
            on_share: Somebody watches the policy; None: this run shares none.
            on_peer: Somebody has connected, and `peers` counts them.
            hosted_by: Whose process this is.
        """
        self._path = socket_path
        self._on_command = on_command
        self._on_share = on_share
        self._on_peer = on_peer
        process = psutil.Process()
        self.hello = HelloFrame(
            protocol=CONTROL_PROTOCOL_VERSION,
            run_id=run_id,
            pid=process.pid,
            process_started_at=process.create_time(),
            hosted_by=hosted_by,
            shares_policy=on_share is not None,
        )
        self._listener: socket.socket | None = None
        # Guards `_peers` and `_is_open`: reader threads add and remove, the host sends and closes.
        self._peers_lock = threading.Lock()
        self._is_open = False
        self._peers: set[_Peer] = set()
        self._accept_thread: threading.Thread | None = None

    @property
    def peers(self) -> int:
        """How many are connected."""
        with self._peers_lock:
            return len(self._peers)

    def open(self) -> None:
        """Listen from now on."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        listener.listen(16)
        self._is_open = True
        self._listener = listener
        self._accept_thread = threading.Thread(
            target=self._accept, args=(listener,), name="control-accept", daemon=True
        )
        self._accept_thread.start()

    def broadcast(self, frame: RunFrame) -> None:
        """Tell every peer; give up the ones that do not read."""
        with self._peers_lock:
            peers = list(self._peers)
        for peer in peers:
            if not peer.send(frame):
                self._drop(peer)

    def close(self) -> None:
        """Stop listening, end all connections; calling it again does nothing."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        # Closing alone does not wake a thread that stands in accept().
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        with self._peers_lock:
            self._is_open = False
            peers = list(self._peers)
        for peer in peers:
            self._drop(peer)
        if self._accept_thread is not None:
            self._accept_thread.join(_JOIN_TIMEOUT_S)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(_SEND_TIMEOUT_S)
            threading.Thread(
                target=self._serve, args=(_Peer(connection),), name="control-peer", daemon=True
            ).start()

    def _serve(self, peer: _Peer) -> None:
        try:
            if peer.greet(self.hello, lambda: self._register(peer)):
                self._on_peer()
                peer.read_lines(lambda line: self._take(peer, line))
        finally:
            self._drop(peer)

    def _register(self, peer: _Peer) -> bool:
        with self._peers_lock:
            if self._is_open:
                self._peers.add(peer)
            return self._is_open

    def _take(self, peer: _Peer, line: bytes) -> bool:
        try:
            frame = SERVER_FRAME_ADAPTER.validate_json(line)
        except ValidationError as error:
            log.warning("control_frame_refused", error=str(error))
            return False
        if isinstance(frame, SharePolicyFrame):
            if self._on_share is not None:
                self._on_share()
            return True

        def reply(ack: AckFrame) -> None:
            if not peer.send(ack):
                self._drop(peer)

        self._on_command(frame, reply)
        return True

    def _drop(self, peer: _Peer) -> None:
        with self._peers_lock:
            self._peers.discard(peer)
        peer.close()
