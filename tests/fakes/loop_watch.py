"""Notes what blocks the event loop, and lets it: one look tells all that there is to mend."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blockbuster import BlockBuster

import matinee

_PACKAGE = f"{Path(matinee.__file__).parent}/"


@contextmanager
def blocking_calls() -> Iterator[Counter[str]]:
    """Counts calls that block the running loop, from code of ours, as long as this lasts.

    By what was called and which of our functions called it. What blockbuster itself lets pass is
    not counted: the loop's own sockets, imports, modules' `__file__`.
    """
    found: Counter[str] = Counter()
    buster = BlockBuster()
    for name, function in buster.functions.items():
        function.can_block_predicate = _noting(
            found, name, function.can_block_predicate, function.can_block_functions
        )
    buster.activate()
    try:
        yield found
    finally:
        buster.deactivate()


def _noting(
    found: Counter[str],
    name: str,
    allows: Callable[..., bool],
    allowed_in: list[tuple[str, Any]],
) -> Callable[..., bool]:
    def note(*args: Any, **kwargs: Any) -> bool:
        if not allows(*args, **kwargs):
            caller = _caller(allowed_in)
            if caller is not None:
                found[f"{name} in {caller}"] += 1
        return True

    return note


def _caller(allowed_in: list[tuple[str, Any]]) -> str | None:
    """Our innermost function on the stack; None if there is none, or one there may block."""
    frame = inspect.currentframe()
    caller = None
    while frame is not None:
        code = frame.f_code
        if any(code.co_filename.endswith(f) and code.co_name in names for f, names in allowed_in):
            return None
        if caller is None and code.co_filename.startswith(_PACKAGE):
            caller = f"{code.co_filename.removeprefix(_PACKAGE)}:{code.co_qualname}"
        frame = frame.f_back
    return caller
