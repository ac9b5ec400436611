"""All that `matinee serve` serves, with real run processes, on the test's own event loop."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from fastapi import FastAPI

from fakes.serving import serving
from integration.live_server import child_environment
from matinee.bootstrap.server import build_server
from matinee.settings import Settings

PATIENCE_S = 60.0
RUN_PATIENCE_S = 200.0
"""On a machine that is busy with other things the import of torch alone takes minutes."""
TOKEN = "the-token-of-this-server"  # noqa: S105 - opens nothing


@dataclass(frozen=True)
class WholeServer:
    """A server in this process.

    Attributes:
        app: What it serves.
        url: Where.
        data_dir: Its data folder.
        client: With its token.
    """

    app: FastAPI
    url: str
    data_dir: Path
    client: httpx.AsyncClient

    async def until(self, run_id: str, *states: str) -> dict[str, Any]:
        """The run once it is in one of these states."""
        async with asyncio.timeout(RUN_PATIENCE_S):
            while True:
                answer = await self.client.get(f"/api/v1/runs/{run_id}")
                run: dict[str, Any] = answer.raise_for_status().json()
                if run["state"] in states:
                    return run
                await asyncio.sleep(0.05)


@asynccontextmanager
async def whole_server(
    data_dir: Path, *, runtime_dir: Path, environment_cache: Path, **settings: Any
) -> AsyncIterator[WholeServer]:
    """Put together by `bootstrap.server`; runs are ended when it stops."""
    if not (data_dir / "cache").exists():
        shutil.copytree(environment_cache, data_dir / "cache")
    with mock.patch.dict(os.environ, child_environment(runtime_dir=runtime_dir)):
        server = build_server(Settings(data_dir=data_dir, token=TOKEN, **settings))
        async with (
            serving(server.app) as url,
            httpx.AsyncClient(
                base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE_S
            ) as client,
        ):
            yield WholeServer(server.app, url, data_dir, client)
