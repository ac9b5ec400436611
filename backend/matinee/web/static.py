"""The built page: hashed assets for ever, `index.html` for every address of the page."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Receive, Scope, Send

from matinee.web.security import PROTECTED_PREFIXES, SAFE_METHODS

INDEX = "index.html"
_RELATIVE = b'"./'
_NOT_BUILT = (
    "The page is not built yet. In a checkout run `make serve`, which builds it first, or\n"
    "`npm ci && npm run build` in frontend/. The API under /api/v1 works without it.\n"
)


class PageFiles:
    """ASGI app behind all routes: files of the page, and its index for addresses within it."""

    def __init__(self, page_dir: Path, path_prefix: str = "") -> None:
        is_built = (page_dir / INDEX).is_file()
        self._files = _CachedFiles(page_dir, path_prefix) if is_built else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, the index, or 404."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope["matinee.route"] = "page"
        response = await self._respond(scope)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        if scope["method"] not in SAFE_METHODS or scope["path"].startswith(PROTECTED_PREFIXES):
            raise HTTPException(404, "there is nothing at this address")
        if self._files is None:
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        try:
            return await self._files.get_response(self._files.get_path(scope), scope)
        except HTTPException as error:
            is_page = "text/html" in Headers(scope=scope).get("accept", "")
            if error.status_code != 404 or not is_page:  # noqa: PLR2004
                raise HTTPException(error.status_code, "there is no such file") from error
            return await self._files.get_response(INDEX, scope)


class _CachedFiles(StaticFiles):
    """Names under assets/ contain a hash of the content: they never change."""

    def __init__(self, page_dir: Path, path_prefix: str) -> None:
        super().__init__(directory=page_dir)
        self._index = page_dir / INDEX
        self._home = f'"{path_prefix}/'.encode()

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with how long it may be kept."""
        if path in {".", INDEX}:
            return await self._index_response(scope)
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return response

    async def _index_response(self, scope: Scope) -> Response:
        """The index, with addresses that hold at whatever depth it is opened.

        It is built with addresses that begin with `./`, and all else that is built finds its
        neighbours by its own address: so one build serves below any prefix.
        """
        built = await asyncio.to_thread(self._index.read_bytes)
        content = built.replace(_RELATIVE, self._home)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        response = Response(content, headers=headers, media_type="text/html")
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response
