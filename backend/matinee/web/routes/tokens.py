"""Named tokens and links: made, listed, revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, status

from matinee.contracts.access import (
    ListedToken,
    NewToken,
    Role,
    Token,
    TokenKind,
    TokenList,
    TokenRequest,
)
from matinee.contracts.identifiers import ULID_PATTERN
from matinee.web.audit import note_target
from matinee.web.dependencies import CurrentPrincipal, Dependencies, WebDependencies
from matinee.web.roles import least
from matinee.web.routes.parameters import refusals
from matinee.web.strict_json import StrictJsonRoute
from matinee.web.token_watch import log_created, log_revoked

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"], route_class=StrictJsonRoute)

TokenId = Annotated[str, Path(pattern=ULID_PATTERN, description="ULID of the token or link.")]


@router.get("", operation_id="listTokens", responses=refusals(503))
@least(Role.ADMIN)
async def list_tokens(dependencies: Dependencies) -> TokenList:
    """Named tokens and links, without their secrets; the server's own token is none of them."""
    noted = dependencies.token_uses.noted()
    return await asyncio.to_thread(_listed, dependencies, noted, now=dependencies.clock())


def _listed(
    dependencies: WebDependencies, noted: Mapping[str, datetime], *, now: datetime
) -> TokenList:
    """With what is known of their use; blocks."""
    tokens, sessions = dependencies.tokens, dependencies.sessions
    uses = {**sessions.token_uses(), **noted}
    counts = sessions.count_sessions(now=now)

    def listed(token: Token) -> ListedToken:
        works = tokens.find_working(token.id, now=now) is not None
        return ListedToken(
            **token.model_dump(),
            works=works,
            last_used_at=uses.get(token.id),
            # Those of one that has ended open nothing, and expire.
            sessions=counts.get(token.id, 0) if works else 0,
        )

    return TokenList(items=[listed(token) for token in tokens.tokens()])


@router.post(
    "",
    operation_id="createToken",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(409, 413, 415, 422, 429, 503),
)
@least(Role.ADMIN)
async def create_token(
    request: TokenRequest,
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    connection: Request,
) -> NewToken:
    """Make a named token. Its secret is in the answer, and nowhere else from then on."""
    now = dependencies.clock()
    lifetime_s = request.expires_in_s
    token, secret = await asyncio.to_thread(
        dependencies.tokens.create,
        request.name,
        kind=TokenKind.TOKEN,
        role=request.role,
        expires_at=None if lifetime_s is None else now + timedelta(seconds=lifetime_s),
        created_by=principal.actor,
        now=now,
    )
    log_created(token)
    note_target(connection.scope, token_id=token.id)
    return NewToken(token=secret, details=token)


@router.delete(
    "/{token_id}",
    operation_id="revokeToken",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(404, 422, 503),
)
@least(Role.ADMIN)
async def revoke_token(
    token_id: TokenId, dependencies: Dependencies, principal: CurrentPrincipal
) -> None:
    """Let a token or link open nothing from now on; sessions and streams of it end at once."""
    token = await asyncio.to_thread(
        dependencies.tokens.revoke,
        token_id,
        revoked_by=principal.actor,
        now=dependencies.clock(),
    )
    dependencies.access_bell.ring()
    log_revoked(token)
