"""Commands are invoked in the tests' own process, which must stay as it is."""

from __future__ import annotations

import gc

import pytest

from matinee import spare_memory


@pytest.fixture(autouse=True)
def memory_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a command asks for the memory of its process, in order; it is not done."""
    asked: list[str] = []
    monkeypatch.setattr(spare_memory, "share_one_heap", lambda: asked.append("one heap"))
    monkeypatch.setattr(gc, "freeze", lambda: asked.append("imports set apart"))
    return asked
