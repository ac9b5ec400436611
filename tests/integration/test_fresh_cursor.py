"""A cursor that is newer than what the server has published so far."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from matinee.contracts.events import LogWritten
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_spec import EnvironmentSpec, RunSpec
from matinee.errors import ConflictError
from matinee.journal.writer import JournalWriter
from matinee.runs.event_hub import EventHub
from matinee.runs.folders import RunDetails, RunFolders

pytestmark = pytest.mark.anyio


@pytest.fixture
def run_id() -> str:
    """A run."""
    return new_ulid()


@pytest.fixture
def folders(data_dir: Path, run_id: str) -> RunFolders:
    """Its folder, with one event in its record."""
    folders = RunFolders(data_dir)
    folders.create(
        run_id,
        spec=RunSpec(environment=EnvironmentSpec(id="CartPole-v1")),
        details=RunDetails(name="x"),
        created_at=datetime.now(UTC),
        start=None,
    )
    return folders


def write_log(writer: JournalWriter) -> int:
    """Record one more event; its number."""
    writer.append(LogWritten, env_step=0, level="info", message="hello")
    return writer.commit()


async def test_who_read_ahead_waits_for_what_follows(folders: RunFolders, run_id: str) -> None:
    """A watcher with a cursor fresh from the record waits for the next event; it is not refused."""
    hub = EventHub(folders)
    await hub.pull(run_id)
    with JournalWriter(folders.path(run_id)) as writer:
        fresh = write_log(writer)
        watching = asyncio.create_task(hub.next_frame(run_id, fresh))
        following = write_log(writer)
        await hub.pull(run_id)
        async with asyncio.timeout(10):
            frame, cursor = await watching

    assert cursor == following
    assert [event["seq"] for event in orjson.loads(frame)["events"]] == [following]


async def test_who_is_beyond_the_record_is_refused(folders: RunFolders, run_id: str) -> None:
    """A cursor that the record has not reached is a conflict: it belongs to another record."""
    with pytest.raises(ConflictError) as refusal:
        await EventHub(folders).next_frame(run_id, 99)

    assert refusal.value.code == "cursor_ahead"
