"""Why a connection ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fakes.clock import StoppedClock
from matinee.contracts.access import Role
from matinee.web import connection_ends as module
from matinee.web.connection_ends import (
    StreamEndedError,
    client_left,
    end_with_access,
    end_with_server,
    first_end,
    refused,
)
from matinee.web.credentials import OWN_GRANT, Actor, Principal
from matinee.web.dependencies import WebDependencies

pytestmark = pytest.mark.anyio


async def test_a_closed_session_ends_it_at_the_next_look(
    dependencies: WebDependencies, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever logs out elsewhere is told to log in, and not before."""
    monkeypatch.setattr(module, "SESSION_CHECK_S", 0.01)
    later = clock.now.replace(year=clock.now.year + 1)
    dependencies.sessions.add_session(
        "d", role=Role.ADMIN, owner=dependencies.token.owner, expires_at=later, now=clock.now
    )
    watching = asyncio.create_task(
        end_with_access(dependencies, Principal(Actor.BROWSER, OWN_GRANT, "d"))
    )
    done, _ = await asyncio.wait({watching}, timeout=0.1)
    assert not done

    dependencies.sessions.remove_session("d")
    with pytest.raises(StreamEndedError) as ended:
        await asyncio.wait_for(watching, 20)
    assert (ended.value.code, ended.value.cause) == (4401, "logged_out")


async def test_a_token_has_no_session_to_end(dependencies: WebDependencies) -> None:
    """Nothing is looked at for a script."""
    await asyncio.wait_for(end_with_access(dependencies, Principal(Actor.TOKEN, OWN_GRANT)), 20)


async def test_the_end_of_the_server_is_an_end(dependencies: WebDependencies) -> None:
    """With 1012: come back in a moment."""
    dependencies.closing.set()
    with pytest.raises(StreamEndedError) as ended:
        await asyncio.wait_for(end_with_server(dependencies), 20)

    assert (ended.value.code, ended.value.cause) == (1012, "shutdown")


def test_of_several_ends_one_is_told() -> None:
    """However deep it lies in groups of groups."""
    first = refused(1008, "no")
    ends: list[Exception] = [ExceptionGroup("inner", [first]), client_left()]
    outer: ExceptionGroup[Any] = ExceptionGroup("outer", ends)

    assert first_end(outer) is first
