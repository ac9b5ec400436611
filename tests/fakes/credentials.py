"""Under which name and with which token tests call their app."""

from __future__ import annotations

TOKEN = "the-token-of-this-test"  # noqa: S105 - opens nothing
BASE_URL = "http://127.0.0.1:8000"
ORIGIN = {"Origin": BASE_URL}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
