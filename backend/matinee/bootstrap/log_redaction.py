"""Takes secrets out of log lines, whoever wrote them: the last step before a line leaves.

No part of the server logs a secret on purpose. But an exception may quote a header, a library a
request line, a person may paste a token where a name belongs. So every text of a line, traceback
and all, passes here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, MutableMapping
from typing import Any, Final

from matinee.contracts.access import TOKEN_PREFIX

REDACTED: Final = "[redacted]"
_DEEPEST: Final = 6
"""Lines of ours have two levels; what is deeper is shown as text."""

_SECRET_FIELDS: Final = frozenset(
    {"authorization", "cookie", "password", "secret", "set-cookie", "token"}
)
_VALUE: Final = r"[^\s&;,'\"\\<>)}\]]+"
_HEADER_VALUE: Final = r"(?:\\.|[^\r\n'\"\\])+"
_PATTERNS: Final = (
    # Our own, wherever they stand: they were given a beginning to be found by.
    (re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_\-]{{6,}}"), f"{TOKEN_PREFIX}{REDACTED}"),
    # Headers: in HTTP (`Cookie: …`), in a dictionary (`'cookie': '…'`), in ASGI's pairs of bytes
    # (`(b'cookie', b'…')`).
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)\b"
            rf"(['\"]?\s*[:=,]\s*b?['\"]?){_HEADER_VALUE}"
        ),
        rf"\1\2{REDACTED}",
    ),
    (re.compile(rf"(?i)\b(bearer|basic)\s+{_VALUE}"), rf"\1 {REDACTED}"),
    (re.compile(rf"(?i)\b(matinee_session_\w+)(=|%3d){_VALUE}"), rf"\1\2{REDACTED}"),
    # In addresses, forms and bodies; as words of their own: `token_id` is no secret.
    (
        re.compile(
            r"(?i)(?<![\w-])((?:access_|refresh_|api_)?token|password|secret)"
            rf"(=|%3d|['\"]\s*:\s*['\"]){_VALUE}"
        ),
        rf"\1\2{REDACTED}",
    ),
    # Of a login; elsewhere a code is what an error is called.
    (re.compile(rf"(?i)(login\?code)(=|%3d){_VALUE}"), rf"\1\2{REDACTED}"),
)

EventDict = MutableMapping[str, Any]


class Redaction:
    """A step of structlog that lets no secret through."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        """Know what to look for, besides what looks like a secret.

        Args:
            secrets: Known ones, which may look like anything: people choose their tokens.
        """
        exact = "|".join(re.escape(s) for s in sorted(secrets, key=len, reverse=True) if s)
        self._known = re.compile(exact) if exact else None

    def __call__(self, _logger: Any, _method: str, event_dict: EventDict) -> EventDict:
        """Redact every value of a line."""
        for name, value in event_dict.items():
            event_dict[name] = self._field(name, value, 0)
        return event_dict

    def text(self, text: str) -> str:
        """One text without secrets."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def _field(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if isinstance(name, str) and name.lower() in _SECRET_FIELDS and value:
            return REDACTED
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth < _DEEPEST and isinstance(value, dict):
            return {
                self._value(key, depth + 1): self._field(key, each, depth + 1)
                for key, each in value.items()
            }
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            pair = 2
            if len(value) == pair and isinstance(value, tuple):
                # A header, as ASGI has it.
                name, each = value
                return [self._value(name, depth + 1), self._field(name, each, depth + 1)]
            return [self._value(each, depth + 1) for each in value]
        return self.text(value.decode("latin-1") if isinstance(value, bytes) else str(value))
