"""How the layers are put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from fakes.serving import serving
from matinee.web.app import create_app
from matinee.web.dependencies import WebDependencies

pytestmark = pytest.mark.anyio


async def test_the_lifespan_surrounds_the_requests(dependencies: WebDependencies) -> None:
    """What bootstrap starts is up before the first request, and ended after streams were told."""
    order: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        assert app.state.dependencies is dependencies
        order.append("up")
        yield
        order.append(f"down, closing={dependencies.closing.is_set()}")

    async with (
        serving(create_app(dependencies, lifespan=lifespan)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        assert (await client.get("/livez")).status_code == 200
        order.append("request")

    assert order == ["up", "request", "down, closing=True"]


async def test_nothing_is_left_running(dependencies: WebDependencies) -> None:
    """After the server has ended, no task of it is left."""
    before = asyncio.all_tasks()
    async with serving(create_app(dependencies)) as url, httpx.AsyncClient(base_url=url) as client:
        await client.get("/livez")
        during = asyncio.all_tasks()

    assert len(during) > len(before)
    assert asyncio.all_tasks() == before


async def test_there_is_no_public_documentation(stranger: httpx.AsyncClient) -> None:
    """The API does not describe itself to strangers, and loads no page from elsewhere."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await stranger.get(path)).status_code in (404, 503)
