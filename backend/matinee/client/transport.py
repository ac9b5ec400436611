"""What both clients send with every request, and how long they wait."""

from __future__ import annotations

from typing import Any

import httpx

from matinee.client.calls import Call

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0


def base_url(url: str) -> str:
    """The address without a trailing slash."""
    return url.rstrip("/")


def stream_url(url: str) -> str:
    """Address of the live stream's WebSocket."""
    scheme, _, rest = base_url(url).partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/api/v1/stream"


def headers_of(token: str) -> dict[str, str]:
    """Who we are."""
    return {"Authorization": f"Bearer {token}"}


def timeout_of(call: Call[Any]) -> httpx.Timeout:
    """Every wait is bounded; a call that waits on purpose gets that much longer."""
    patience_s = ANSWER_TIMEOUT_S + call.wait_s + call.patience_s
    return httpx.Timeout(patience_s, connect=CONNECT_TIMEOUT_S)
