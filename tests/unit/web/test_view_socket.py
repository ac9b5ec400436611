"""Watching over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fakes.credentials import BEARER
from fakes.house import becomes
from fakes.watching_use_cases import FakeWatching
from matinee.contracts.access import Role, TokenKind
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.playing import WantPicture
from matinee.contracts.view import HEAD_LENGTH, MAX_UNSEEN
from matinee.errors import LimitExceededError, NotFoundError
from matinee.web import view_socket as module
from matinee.web.dependencies import WebDependencies

pytestmark = pytest.mark.anyio

RUN_ID = new_ulid()


@pytest.fixture
async def socket(listening: str) -> AsyncIterator[ClientConnection]:
    """A connection with the token."""
    address = f"{listening.replace('http', 'ws')}/api/v1/runs/{RUN_ID}/view"
    async with connect(address, additional_headers=BEARER) as connection:
        yield connection


async def receive(connection: ClientConnection) -> tuple[dict[str, Any], bytes]:
    """A status or the head of a frame, and the image."""
    message = await asyncio.wait_for(connection.recv(), 30)
    if isinstance(message, str):
        return json.loads(message), b""
    (length,) = HEAD_LENGTH.unpack(message[: HEAD_LENGTH.size])
    body = message[HEAD_LENGTH.size :]
    return json.loads(body[:length]), body[length:]


async def frame(connection: ClientConnection) -> dict[str, Any]:
    """The next frame; what is told in between is skipped."""
    while (head := (await receive(connection))[0])["type"] != "frame":
        pass
    return head


async def seen(connection: ClientConnection, number: int) -> None:
    """Tell that it was shown."""
    await connection.send(json.dumps({"type": "seen", "number": number}))


async def closed(connection: ClientConnection) -> tuple[int, str]:
    """Code and reason of a close that comes now, after anything else."""
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whichever message it is
        while True:
            await asyncio.wait_for(connection.recv(), 30)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def test_status_comes_first_and_then_frames(
    socket: ClientConnection, watching: FakeWatching
) -> None:
    """With their images, as the player sent them."""
    status, _ = await receive(socket)
    head = await frame(socket)

    assert (status["type"], status["watchers"]) == ("status", 1)
    assert (head["number"], head["return"]) == (1, 1.0)
    assert watching.asked == [(RUN_ID, None)]


async def test_no_more_is_sent_than_was_seen(
    socket: ClientConnection, watching: FakeWatching
) -> None:
    """A client that shows nothing gets two frames, and the player draws no more for it."""
    for number in range(1, MAX_UNSEEN + 1):
        assert (await frame(socket))["number"] == number
    (show,) = watching.shows
    show.arrive()
    while (told := (await receive(socket))[0])["type"] != "status" or told["watchers"] != 2:
        assert told["type"] == "status"
    (player,) = watching.players.started
    drawn = sum(isinstance(order, WantPicture) for order in player.orders)
    assert drawn == MAX_UNSEEN

    await seen(socket, 1)
    assert (await frame(socket))["number"] == MAX_UNSEEN + 1


async def test_who_sees_late_gets_poorer_pictures(
    socket: ClientConnection, watching: FakeWatching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quality follows how long a frame takes there and back."""
    monkeypatch.setattr(module, "QUICK_S", -1.0)
    monkeypatch.setattr(module, "SLOW_S", -1.0)
    number = (await frame(socket))["number"]
    await seen(socket, number)
    (player,) = watching.players.started

    def asked_for(quality: int) -> bool:
        return WantPicture(quality=quality) in player.orders

    await becomes(lambda: asked_for(module.POOR_QUALITY))
    monkeypatch.setattr(module, "QUICK_S", 1000.0)
    drawn = len(player.orders)
    while WantPicture(quality=module.FINE_QUALITY) not in player.orders[drawn:]:
        await seen(socket, (await frame(socket))["number"])


async def test_orders_reach_the_show(socket: ClientConnection, watching: FakeWatching) -> None:
    """Speed, pause, one step; and another checkpoint is another show."""
    await frame(socket)
    checkpoint_id = new_ulid()
    await socket.send(json.dumps({"type": "set", "speed": 4, "paused": True}))
    await socket.send(json.dumps({"type": "step"}))
    await socket.send(json.dumps({"type": "set", "checkpoint_id": checkpoint_id}))
    await becomes(lambda: len(watching.shows) == 2)
    await socket.send(json.dumps({"type": "set", "checkpoint_id": None}))
    await becomes(lambda: len(watching.shows) == 3)

    first = watching.players.started[0]
    assert [order.type for order in first.orders if order.type in ("settings", "step")] == [  # type: ignore[attr-defined]
        "settings",
        "step",
    ]
    assert [asked for _, asked in watching.asked] == [None, checkpoint_id, None]
    assert [show.watchers for show in watching.shows] == [0, 0, 1]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": "dance"}', 1008),
        ('{"type": "set", "speed": 9}', 1008),
        ('{"type": "set", "checkpoint_id": "../x"}', 1008),
        (b"\x00", 1003),
        ('"' + "a" * 2000 + '"', 1009),
    ],
)
async def test_what_is_no_frame_ends_the_connection(
    socket: ClientConnection, message: str | bytes, code: int
) -> None:
    """With the reason."""
    await socket.send(message)

    assert (await closed(socket))[0] == code


async def test_a_chatterbox_is_closed(socket: ClientConnection) -> None:
    """More than a hundred frames a second."""
    for _ in range(module.MAX_CLIENT_FRAMES_PER_SECOND + 1):
        await socket.send('{"type": "seen", "number": 0}')

    code, reason = await closed(socket)
    assert (code, "a second" in reason) == (1008, True)


async def test_who_sees_nothing_for_long_is_closed(
    socket: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that hangs holds no player."""
    monkeypatch.setattr(module, "SEND_TIMEOUT_S", 0.0)
    monkeypatch.setattr(module, "TICK_S", 0.01)
    await frame(socket)

    assert (await closed(socket))[0] == 4408


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(LimitExceededError("8 are being played"), 1013), (NotFoundError("there is no run"), 1008)],
)
async def test_refusals_close_with_their_reason(
    listening: str, watching: FakeWatching, refusal: Exception, code: int
) -> None:
    """A page can show it."""
    watching.refusal = refusal
    address = f"{listening.replace('http', 'ws')}/api/v1/runs/{RUN_ID}/view"
    async with connect(address, additional_headers=BEARER) as connection:
        assert await closed(connection) == (code, str(refusal))


async def test_the_end_of_the_server_is_told(
    socket: ClientConnection, dependencies: WebDependencies
) -> None:
    """With 1012: come back in a moment."""
    await frame(socket)
    dependencies.closing.set()

    assert (await closed(socket))[0] == 1012


async def test_a_connection_without_news_is_kept_alive(
    socket: ClientConnection, watching: FakeWatching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status comes again."""
    monkeypatch.setattr(module, "TICK_S", 0.01)
    for _ in range(MAX_UNSEEN):
        await frame(socket)

    assert [(await receive(socket))[0]["type"] for _ in range(3)] == ["status"] * 3
    assert len(watching.shows) == 1


@pytest.mark.parametrize(
    "frame_text",
    [
        '{"type": "set", "paused": true}',
        '{"type": "set", "speed": "max"}',
        '{"type": "set", "deterministic": true}',
        '{"type": "step"}',
    ],
)
async def test_a_viewer_can_not_change_the_show_of_others(
    listening: str, watching: FakeWatching, dependencies: WebDependencies, frame_text: str
) -> None:
    """Speed, pause and steps are everybody's: a viewer who asks for them is told which role it
    takes, and nothing changes. Another checkpoint is watched by oneself, and is no such thing.
    """
    _, secret = dependencies.tokens.create(
        "class",
        kind=TokenKind.TOKEN,
        role=Role.VIEWER,
        expires_at=None,
        created_by="cli",
        now=dependencies.clock(),
    )
    address = f"{listening.replace('http', 'ws')}/api/v1/runs/{RUN_ID}/view"
    bearer = {"Authorization": f"Bearer {secret}"}
    async with connect(address, additional_headers=bearer) as connection:
        await receive(connection)
        await connection.send('{"type": "set", "checkpoint_id": null}')
        await becomes(lambda: len(watching.asked) == 2)
        before = watching.shows[-1].status
        await connection.send(frame_text)

        code, reason = await closed(connection)

    assert code == 1008
    assert "needs the role operator; yours is viewer" in reason
    after = watching.shows[-1].status
    assert (after.speed, after.paused) == (before.speed, before.paused)
    assert after.deterministic == before.deterministic
