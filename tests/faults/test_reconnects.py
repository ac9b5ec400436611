"""A client on a bad network gets everything once, and comes back soon."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from fakes.flaky_proxy import FlakyProxy, flaky
from integration.live_server import LONG_RUN, LiveServer
from matinee.client import AsyncMatineeClient

CONNECTIONS = 30
"""`python -m benchmarks.reconnects` makes 1,000."""


@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_a_flaky_network_loses_and_repeats_nothing(
    new_server: Callable[..., LiveServer],
) -> None:
    """Late, sliced, reset and closed connections: each event comes once, in order, none is missing.

    Both the stream and the requests of the client go through the bad network.
    """
    proxy = FlakyProxy(random.Random(3), calm_after=CONNECTIONS)
    seqs: list[int] = []
    async with flaky(proxy):
        name = f"127.0.0.1:{proxy.port}"
        server = new_server(MATINEE_ALLOWED_HOSTS=name)
        try:
            await asyncio.to_thread(server.start)
            proxy.server = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
            run = await asyncio.to_thread(server.create, LONG_RUN, wait=20)
            stopping = None
            async with AsyncMatineeClient(f"http://{name}", token=server.token) as client:
                async for event in client.follow(run["id"]):
                    seqs.append(event.seq)
                    if stopping is None and proxy.connections >= CONNECTIONS:
                        stopping = asyncio.create_task(
                            asyncio.to_thread(server.command, run["id"], "stop")
                        )
            assert stopping is not None
            assert (await stopping)["state"] == "applied"
            last = (await asyncio.to_thread(server.run, run["id"]))["last_seq"]
        finally:
            await asyncio.to_thread(server.clean_up)

    assert seqs == list(range(1, last + 1))
