"""Log in and out: by link for people, by token for scripts that want a cookie; and who one is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from pydantic import ConfigDict

from matinee.contracts.access import (
    CODE_LIFETIME_S,
    LINK_LIFETIME_S,
    LinkRequest,
    LoginLink,
    Me,
    Role,
    TokenKind,
)
from matinee.contracts.json_body import JsonBody
from matinee.errors import AuthenticationError, FieldError, InvalidInputError
from matinee.web.audit import note_target
from matinee.web.credentials import Actor, BadCode, Grant, Principal, grant_of
from matinee.web.dependencies import CurrentPrincipal, Dependencies, WebDependencies
from matinee.web.roles import anybody, least, role_too_low
from matinee.web.routes.parameters import refusals
from matinee.web.security import grant_for
from matinee.web.sessions import close_session, forget_cookie, open_session
from matinee.web.strict_json import StrictJsonRoute
from matinee.web.token_watch import log_created

_log = structlog.get_logger(__name__)

router = APIRouter(tags=["sessions"], route_class=StrictJsonRoute)


class TokenLogin(JsonBody):
    """A token, to be exchanged for a session cookie."""

    model_config = ConfigDict(frozen=True)

    # No bounds: a refusal would quote the value, and the value may be nearly right.
    token: str


@router.get("/login", include_in_schema=False)
@anybody
async def log_in_by_code(
    request: Request,
    dependencies: Dependencies,
    code: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Use a login code up, or a link that many have; set the cookie, go to the page."""
    home = f"{dependencies.path_prefix}/"
    if not code or request.headers.get("sec-purpose", "").startswith("prefetch"):
        # A browser that merely looks ahead must not use the code up.
        return RedirectResponse(home, status.HTTP_303_SEE_OTHER)
    grant = dependencies.login_codes.redeem(code)
    if grant is BadCode.UNKNOWN:
        grant = await _redeem_link(dependencies, code)
    response = RedirectResponse(home, status.HTTP_303_SEE_OTHER)
    if not isinstance(grant, BadCode):
        try:
            await open_session(dependencies, request, response, grant)
        except AuthenticationError:
            grant = BadCode.UNKNOWN
        else:
            _log_login(request, grant, way="link")
            return response
    return RedirectResponse(f"{home}?login={grant}", status.HTTP_303_SEE_OTHER)


async def _redeem_link(dependencies: WebDependencies, code: str) -> Grant | BadCode:
    """What a link that many have gives."""
    link = await asyncio.to_thread(dependencies.tokens.find, code, TokenKind.LINK)
    return BadCode.UNKNOWN if link is None else grant_of(link)


def _log_login(request: Request, grant: Grant, *, way: str) -> None:
    # From now on log and audit trail know who this is.
    request.scope["matinee.principal"] = Principal(Actor.BROWSER, grant)
    _log.info(
        "logged_in",
        way=way,
        name=grant.name,
        role=grant.role.value,
        token_id=grant.token_id,
        peer=_peer(request),
    )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post(
    "/login",
    operation_id="logIn",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(413, 415, 422, 429),
)
@anybody
async def log_in_by_token(
    login: TokenLogin, request: Request, dependencies: Dependencies, response: Response
) -> None:
    """Exchange a token for a session cookie, which ends with it and has its role."""
    peer = _peer(request)
    now = dependencies.clock()
    dependencies.login_limit.check(peer, now=now)
    try:
        grant = await grant_for(dependencies, login.token)
        await open_session(dependencies, request, response, grant)
    except AuthenticationError as error:
        dependencies.login_limit.count_failure(peer, now=now)
        _log.warning("login_refused", reason=error.code, peer=peer)
        raise
    _log_login(request, grant, way="token")


@router.post(
    "/logout",
    operation_id="logOut",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(),
)
@least(Role.VIEWER)
async def log_out(
    request: Request, dependencies: Dependencies, principal: CurrentPrincipal, response: Response
) -> None:
    """End the session: its cookie is worthless from now on."""
    await close_session(dependencies, principal)
    forget_cookie(dependencies, request, response)


@router.get("/api/v1/me", operation_id="getMe", responses=refusals())
@least(Role.VIEWER)
async def get_me(principal: CurrentPrincipal) -> Me:
    """Who one is to this server, and what one may do."""
    return Me(
        name=principal.grant.name,
        role=principal.grant.role,
        through="token" if principal.session is None else "session",
        expires_at=principal.grant.expires_at,
    )


@router.post(
    "/api/v1/login-codes",
    operation_id="createLoginLink",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(409, 413, 415, 422, 429, 503),
)
@least(Role.OPERATOR)
async def create_login_link(
    dependencies: Dependencies,
    principal: CurrentPrincipal,
    request: Request,
    body: Annotated[LinkRequest | None, Body()] = None,
) -> LoginLink:
    """Make a link that logs one browser in, once, or under a name any number of browsers.

    It ends with the token with which it was made, and so does what was opened with it.
    """
    asked = body or LinkRequest()
    grant = principal.grant
    role = asked.role or grant.role
    if not grant.role.allows(role):
        raise role_too_low(principal, role)
    if asked.name is not None:
        link = await _share(dependencies, principal, asked, role=role, name=asked.name)
        assert link.id is not None
        note_target(request.scope, token_id=link.id)
        return link
    lifetime_s = asked.expires_in_s or CODE_LIFETIME_S
    if lifetime_s > CODE_LIFETIME_S:
        raise InvalidInputError(
            "a link that works once does not last that long",
            fields=[
                FieldError(
                    ("expires_in_s",),
                    f"{lifetime_s} is not allowed; allowed: at most {CODE_LIFETIME_S}, or a name",
                )
            ],
        )
    code = dependencies.login_codes.create(
        replace(grant, role=role), lifetime=timedelta(seconds=lifetime_s)
    )
    return LoginLink(
        path=dependencies.login_path(code), role=role, expires_in_s=lifetime_s, id=None
    )


async def _share(
    dependencies: WebDependencies,
    principal: Principal,
    asked: LinkRequest,
    *,
    role: Role,
    name: str,
) -> LoginLink:
    now = dependencies.clock()
    expires_at = now + timedelta(seconds=asked.expires_in_s or LINK_LIFETIME_S)
    if principal.grant.expires_at is not None:
        expires_at = min(expires_at, principal.grant.expires_at)
    link, secret = await asyncio.to_thread(
        dependencies.tokens.create,
        name,
        kind=TokenKind.LINK,
        role=role,
        expires_at=expires_at,
        created_by=principal.actor,
        now=now,
        made_with=principal.grant.token_id,
    )
    log_created(link)
    return LoginLink(
        path=dependencies.login_path(secret),
        role=role,
        expires_in_s=(expires_at - now).total_seconds(),
        id=link.id,
    )
