"""The live stream as Server-Sent Events: the same frames, for `curl` and strict proxies."""

from __future__ import annotations

from typing import NoReturn

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from matinee.contracts.stream import ErrorFrame, SubscribeFrame
from matinee.web.connection_ends import CloseCode, StreamEndedError
from matinee.web.credentials import Principal
from matinee.web.dependencies import WebDependencies
from matinee.web.stream import LiveStream


class EventStreamResponse(Response):
    """Sends one run's frames until the client leaves or the server shuts down."""

    media_type = "text/event-stream"

    def __init__(
        self, dependencies: WebDependencies, principal: Principal, *, first: SubscribeFrame
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._dependencies = dependencies
        self._principal = principal
        self._first = first

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; ASGI calls this."""
        places = self._dependencies.stream_places
        with places.hold(self._principal.grant), self._dependencies.telemetry.stream():
            await self._serve(receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )

        async def send_event(frame: str, cursor: int | None) -> None:
            number = "" if cursor is None else f"id: {cursor}\n"
            body = f"{number}data: {frame}\n\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})

        async def listen() -> NoReturn:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise StreamEndedError(CloseCode.NORMAL, "the client has left", cause="client")

        stream = LiveStream(self._dependencies, self._principal, send=send_event)
        ended = await stream.serve(listen, first=self._first)
        self._dependencies.telemetry.count_disconnect(ended.cause)
        if ended.cause == "logged_out":
            farewell = ErrorFrame(run_id=None, code="unauthenticated", detail=ended.reason)
            await send_event(farewell.model_dump_json(), None)
        if ended.cause in {"shutdown", "logged_out"}:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
