"""The use cases, put together around runs that are threads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.house import House, open_house


@pytest.fixture
async def house(data_dir: Path, runtime_dir: Path, environment_cache: Path) -> AsyncIterator[House]:
    """A server without the web; its runs are threads."""
    async with open_house(
        data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache
    ) as house:
        yield house
