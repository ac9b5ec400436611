"""The audit trail: each call that changes something is an entry, also if it was refused.

Not in it: reading; who is stopped at the gate without a good token or session, because strangers
could fill it (the log has them, and so it has refused logins); what people do to a show that they
watch.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol

from fastapi.routing import APIRoute
from starlette.types import Scope

from matinee.contracts.audit import AuditEntry, AuditOutcome, AuditPage
from matinee.contracts.identifiers import ULID_PATTERN, new_ulid
from matinee.web.credentials import Principal

STRANGER: Final = "stranger"
LOGIN: Final = "/login"
_TARGET: Final = "matinee.audit_target"
_RUN_IN_LOCATION: Final = re.compile(r"/api/v1/runs/([0-9A-HJKMNP-TV-Z]{26})\Z")


class AuditTrail(Protocol):
    """Where entries are kept. Methods block: a line of a local file."""

    def record(self, entry: AuditEntry) -> None:
        """Add an entry; never raises."""

    def page(self, *, limit: int, cursor: str | None = None) -> AuditPage:
        """Newest first; raises `InvalidInputError` for a cursor that names nothing."""


class Auditor:
    """Makes entries of answered requests."""

    def __init__(self, trail: AuditTrail, clock: Callable[[], datetime]) -> None:
        self._trail = trail
        self._clock = clock

    async def observe(self, scope: Scope, *, status: int, location: str | None) -> None:
        """Look at a request whose answer is about to leave.

        Args:
            scope: Of the request, with what gate and router found out.
            status: Of the answer; 0: there is none.
            location: Its Location header.
        """
        action = _action_of(scope, status)
        if action is None:
            return
        principal = scope.get("matinee.principal")
        known = principal if isinstance(principal, Principal) else None
        await asyncio.to_thread(
            self._trail.record,
            AuditEntry(
                id=new_ulid(),
                at=self._clock(),
                actor=known.actor if known is not None else STRANGER,
                role=known.grant.role if known is not None else None,
                token_id=known.grant.token_id if known is not None else None,
                through="session" if known is not None and known.session else "token",
                peer=scope["client"][0] if scope.get("client") else None,
                request_id=scope["matinee.request_id"],
                action=action,
                target=_target_of(scope, location),
                outcome=_outcome(status),
                status=status or None,
            ),
        )


def note_target(scope: Scope, **ids: str) -> None:
    """Say what a call was about where neither its path nor its Location header does."""
    scope[_TARGET] = ids


def _action_of(scope: Scope, status: int) -> str | None:
    """What the call does, as the API names it; None: nothing, or it is no matter of the trail."""
    route = scope.get("route")
    if not isinstance(route, APIRoute):
        return None
    name = route.operation_id or route.name
    is_known = isinstance(scope.get("matinee.principal"), Principal)
    if route.path == LOGIN:
        # A failed one only of who brought a token: their number is limited.
        failed = scope["method"] == "POST" and status == HTTPStatus.UNAUTHORIZED
        return name if is_known or failed else None
    return name if is_known and scope["method"] not in {"GET", "HEAD"} else None


def _target_of(scope: Scope, location: str | None) -> dict[str, str]:
    places: Mapping[str, object] = scope.get("path_params") or {}
    target = {
        name: value
        for name, value in places.items()
        # What is no id of ours was refused, and may be anything, a secret too.
        if isinstance(value, str) and re.fullmatch(ULID_PATTERN, value)
    }
    made = _RUN_IN_LOCATION.search(location or "")
    if made is not None:
        target["made_run_id" if "run_id" in target else "run_id"] = made[1]
    return {**target, **scope.get(_TARGET, {})}


def _outcome(status: int) -> AuditOutcome:
    if 0 < status < HTTPStatus.BAD_REQUEST:
        return "done"
    return "refused" if 0 < status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
