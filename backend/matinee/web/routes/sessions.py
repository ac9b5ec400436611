"""Log in and out: by single-use link for people, by token for scripts that want a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from matinee.errors import AuthenticationError
from matinee.web.credentials import LOGIN_CODE_LIFETIME, Redemption
from matinee.web.dependencies import CurrentPrincipal, Dependencies
from matinee.web.routes.parameters import refusals
from matinee.web.sessions import close_session, forget_cookie, open_session
from matinee.web.strict_json import StrictJsonRoute

router = APIRouter(tags=["sessions"], route_class=StrictJsonRoute)


class TokenLogin(BaseModel):
    """The access token, to be exchanged for a session cookie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # No bounds: a refusal would quote the value, and the value may be nearly right.
    token: str


class LoginLink(BaseModel):
    """A single-use link into the page."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Append it to the address of the server.")
    expires_in_s: float


@router.get("/login", include_in_schema=False)
async def log_in_by_code(
    request: Request,
    dependencies: Dependencies,
    code: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Use a login code up, set the cookie, go to the page."""
    if not code or request.headers.get("sec-purpose", "").startswith("prefetch"):
        # A browser that merely looks ahead must not use the code up.
        return RedirectResponse("/", status.HTTP_303_SEE_OTHER)
    redemption = dependencies.login_codes.redeem(code)
    if redemption is not Redemption.ACCEPTED:
        return RedirectResponse(f"/?login={redemption}", status.HTTP_303_SEE_OTHER)
    response = RedirectResponse("/", status.HTTP_303_SEE_OTHER)
    await open_session(dependencies, request, response)
    return response


@router.post(
    "/login",
    operation_id="logIn",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(413, 415, 422, 429),
)
async def log_in_by_token(
    login: TokenLogin, request: Request, dependencies: Dependencies, response: Response
) -> None:
    """Exchange the access token for a session cookie."""
    peer = request.client.host if request.client else ""
    now = dependencies.clock()
    dependencies.login_limit.check(peer, now=now)
    if not dependencies.token.matches(login.token):
        dependencies.login_limit.count_failure(peer, now=now)
        raise AuthenticationError("this is not the access token; `matinee token` prints it")
    await open_session(dependencies, request, response)


@router.post(
    "/logout",
    operation_id="logOut",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(),
)
async def log_out(
    request: Request, dependencies: Dependencies, principal: CurrentPrincipal, response: Response
) -> None:
    """End the session: its cookie is worthless from now on."""
    await close_session(dependencies, principal)
    forget_cookie(request, response)


@router.post(
    "/api/v1/login-codes",
    operation_id="createLoginLink",
    status_code=status.HTTP_201_CREATED,
    responses=refusals(429),
)
async def create_login_link(dependencies: Dependencies) -> LoginLink:
    """Make a link that logs one browser in, once."""
    code = dependencies.login_codes.create()
    return LoginLink(path=f"/login?code={code}", expires_in_s=LOGIN_CODE_LIFETIME.total_seconds())
