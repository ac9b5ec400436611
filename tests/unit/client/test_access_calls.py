"""Scripts give and take access, and see who did what."""

from __future__ import annotations

import pytest

from fakes.credentials import TOKEN
from matinee.client import AsyncMatineeClient, access_calls
from matinee.contracts.access import Role
from matinee.errors import AuthenticationError, ForbiddenError, InvalidInputError

pytestmark = pytest.mark.anyio


async def test_a_script_gives_and_takes_access(address: str) -> None:
    """A token that is made opens what its role allows, is listed without its secret, and opens
    nothing once it is revoked; the trail has it all.
    """
    async with AsyncMatineeClient(address, token=TOKEN) as admin:
        made = await admin.create_token("lab", Role.VIEWER, expires_in_s=None)
        async with AsyncMatineeClient(address, token=made.token) as viewer:
            mine = await viewer.me()
            with pytest.raises(ForbiddenError, match="needs the role admin"):
                await viewer.tokens()
            listed = (await admin.tokens()).items
            await admin.revoke_token(made.details.id)
            with pytest.raises(AuthenticationError, match="revoked"):
                await viewer.me()
        trail = await admin.audit(limit=1)
        older = await admin.audit(cursor=trail.next_cursor)

    assert (mine.name, mine.role, made.details.expires_at) == ("lab", Role.VIEWER, None)
    assert [token.name for token in listed] == ["lab"]
    actions = [entry.action for entry in [*trail.items, *older.items]]
    assert actions == ["revokeToken", "createToken"]


async def test_a_script_shares_a_link(address: str) -> None:
    """For one browser, or under a name for many, with a role of its own."""
    async with AsyncMatineeClient(address, token=TOKEN) as admin:
        once = await admin.share()
        many = await admin.share("class", role=Role.VIEWER, expires_in_s=3600)
    assert (once.id, once.role) == (None, Role.ADMIN)
    assert (many.id is not None, many.role, many.expires_in_s) == (True, Role.VIEWER, 3600)
    assert many.path.startswith("/login?code=mtn_")


def test_what_is_wrong_is_told_before_it_is_sent() -> None:
    """With the field, and what is allowed."""
    with pytest.raises(InvalidInputError) as token:
        access_calls.create_token("cli", "king", 3)
    assert {field.loc for field in token.value.fields} == {("name",), ("role",), ("expires_in_s",)}
    with pytest.raises(InvalidInputError):
        access_calls.share("x" * 61, None, None)
