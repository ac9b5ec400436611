"""The ASGI application: routes, behind a gate, inside a boundary, above the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from matinee.web.audit import Auditor
from matinee.web.body_limit import BodyLimit
from matinee.web.boundary import Boundary
from matinee.web.dependencies import WebDependencies
from matinee.web.forwarded import Forwarded
from matinee.web.openapi import bare_app
from matinee.web.path_prefix import PathPrefix
from matinee.web.problems import install_problem_handlers
from matinee.web.security import Gate
from matinee.web.static import PageFiles
from matinee.web.token_watch import watch_tokens

_PAGE_GZIP_BYTES = 1024


@asynccontextmanager
async def _nothing_around(_app: FastAPI) -> AsyncIterator[None]:
    yield


def create_app(
    dependencies: WebDependencies,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] = _nothing_around,
) -> FastAPI:
    """Put the server together.

    Args:
        dependencies: What the routes call.
        lifespan: Entered before the first request, left after the last.
    """

    @asynccontextmanager
    async def run_within(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app):
            tasks = {
                asyncio.create_task(dependencies.telemetry.sample_loop_lag()),
                asyncio.create_task(watch_tokens(dependencies)),
            }
            try:
                yield
            finally:
                dependencies.closing.set()
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    app = bare_app(lifespan=run_within)
    app.state.dependencies = dependencies
    app.router.default = GZipMiddleware(
        PageFiles(dependencies.page_dir, dependencies.path_prefix), minimum_size=_PAGE_GZIP_BYTES
    )
    install_problem_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(Gate, dependencies=dependencies)
    app.add_middleware(
        Boundary,
        telemetry=dependencies.telemetry,
        auditor=Auditor(dependencies.audit, dependencies.clock),
    )
    app.add_middleware(PathPrefix, prefix=dependencies.path_prefix)
    app.add_middleware(Forwarded, proxies=dependencies.proxies)
    return app
