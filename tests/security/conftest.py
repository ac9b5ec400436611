"""One app with secrets of every kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fakes.doors import Doors, open_doors
from fakes.serving import serving


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """The app, and who may come in."""
    with open_doors(tmp_path) as opened:
        yield opened


@pytest.fixture
async def address(doors: Doors) -> AsyncIterator[str]:
    """The app behind a real socket."""
    async with serving(doors.app) as url:
        yield url
