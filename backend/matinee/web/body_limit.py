"""No request body larger than this server has any use for."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matinee.web.problems import problem_response

MAX_BODY_BYTES = 1024 * 1024
_REFUSAL = f"a body has at most {MAX_BODY_BYTES:,} bytes"


class BodyLimit:
    """ASGI middleware: refuses a body by its announced length, else as soon as it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > MAX_BODY_BYTES:
            refusal = problem_response(
                scope,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                code="body_too_large",
                detail=_REFUSAL,
                headers={"Connection": "close"},
            )
            await refusal(scope, receive, send)
            return
        received_bytes = 0

        async def receive_counted() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > MAX_BODY_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _REFUSAL)
            return message

        await self._app(scope, receive_counted, send)
