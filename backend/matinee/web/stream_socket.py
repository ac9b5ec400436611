"""The live stream over a WebSocket."""

from __future__ import annotations

from fastapi import WebSocket

from matinee.contracts.stream import (
    CLIENT_FRAME_ADAPTER,
    MAX_CLIENT_FRAME_BYTES,
    ClientFrame,
    SubscribeFrame,
)
from matinee.web.connection_ends import StreamEndedError
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.sockets import ClientFrames, send_message, serve_until_it_ends
from matinee.web.stream import LiveStream

MAX_CLIENT_FRAMES = 100
CLIENT_FRAME_WINDOW_S = 60.0


async def serve_socket(
    websocket: WebSocket,
    dependencies: WebDependencies,
    principal: Principal,
    *,
    first: SubscribeFrame | None,
) -> None:
    """Serve one WebSocket until it ends, and close it with the reason."""

    async def send(frame: str, _cursor: int | None) -> None:
        await send_message(websocket, frame)

    async def serve() -> StreamEndedError:
        stream = LiveStream(dependencies, principal, send=send)
        frames: ClientFrames[ClientFrame] = ClientFrames(
            websocket,
            CLIENT_FRAME_ADAPTER,
            max_bytes=MAX_CLIENT_FRAME_BYTES,
            most=MAX_CLIENT_FRAMES,
            window_s=CLIENT_FRAME_WINDOW_S,
            window="minute",
        )
        return await stream.serve(lambda: frames.listen(stream.handle), first=first)

    await serve_until_it_ends(websocket, dependencies, principal, serve)
