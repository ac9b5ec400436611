"""The address of the view socket."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fakes.credentials import BEARER
from fakes.watching_use_cases import FakeWatching
from matinee.contracts.identifiers import new_ulid
from matinee.web.routes import view as module

pytestmark = pytest.mark.anyio

RUN_ID = new_ulid()


async def test_the_address_can_name_a_checkpoint(listening: str, watching: FakeWatching) -> None:
    """`?checkpoint=…`."""
    checkpoint_id = new_ulid()
    path = module.router.prefix.format(run_id=RUN_ID)
    address = f"{listening.replace('http', 'ws')}{path}/view?checkpoint={checkpoint_id}"
    async with connect(address, additional_headers=BEARER) as connection:
        await connection.recv()

    assert watching.asked == [(RUN_ID, checkpoint_id)]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/api/v1/runs/{RUN_ID}/view", {}),
        (f"/api/v1/runs/{RUN_ID}/view", {"Origin": "https://elsewhere.example", **BEARER}),
        (f"/api/v1/runs/{RUN_ID}/view?checkpoint=x", BEARER),
        ("/api/v1/runs/x/view", BEARER),
    ],
    ids=["a stranger", "another page", "no checkpoint", "no run"],
)
async def test_others_never_see_anything(
    listening: str, watching: FakeWatching, path: str, headers: dict[str, str]
) -> None:
    """Without token, from another page, with nonsense: no show begins."""
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - before or after the handshake
        async with connect(
            listening.replace("http", "ws") + path, additional_headers=headers
        ) as connection:
            await connection.recv()

    assert not isinstance(refusal.value, ConnectionClosed) or refusal.value.rcvd is not None
    assert watching.asked == []
