"""The runs as the server knows them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.house import eventually
from fakes.records import NOW, SPEC, progress
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import AppliedHyperparameter, Run, RunSnapshot
from matinee.contracts.run_state import RunState
from matinee.errors import CatalogueError, NotFoundError
from matinee.runs.folders import RunDetails, RunFolders
from matinee.runs.ports import RunQuery
from matinee.runs.run_index import RunIndex
from matinee.storage.catalogue import SqliteCatalogue

pytestmark = pytest.mark.anyio


@pytest.fixture
def folders(data_dir: Path) -> RunFolders:
    """Run folders."""
    return RunFolders(data_dir)


@pytest.fixture
def catalogue(data_dir: Path) -> Iterator[SqliteCatalogue]:
    """A real catalogue."""
    catalogue = SqliteCatalogue(data_dir / "catalogue.db")
    yield catalogue
    catalogue.close()


@pytest.fixture
def index(folders: RunFolders, catalogue: SqliteCatalogue) -> Iterator[RunIndex]:
    """An index over both."""
    index = RunIndex(folders, catalogue)
    yield index
    index.close()


@pytest.fixture
def run_id(folders: RunFolders) -> str:
    """A run on disk."""
    run_id = new_ulid()
    folders.create(run_id, spec=SPEC, details=RunDetails(name="x"), created_at=NOW, start=None)
    return run_id


def snapshot(state: RunState, env_steps: int = 0) -> RunSnapshot:
    """What a run says of itself."""
    return RunSnapshot(state=state, progress=progress(env_steps))


async def test_a_run_is_known_once_it_was_read(index: RunIndex, run_id: str) -> None:
    """A run is not found before its folder was read, and then as the folder has it."""
    with pytest.raises(NotFoundError):
        await index.get(run_id)
    await index.refresh(run_id)
    run = await index.get(run_id)
    assert (run.name, run.state) == ("x", RunState.CREATED)
    assert index.live == {}


async def test_a_live_run_is_shown_in_its_present_mode(index: RunIndex, run_id: str) -> None:
    """A change of the mode is seen with the next snapshot; the spec keeps the first."""
    await index.refresh(run_id)
    changed = AppliedHyperparameter(setting="ppo", value="ppo", since_env_step=10)
    told = snapshot(RunState.RUNNING).model_copy(update={"hyperparameters": {"algorithm": changed}})

    run = await index.update(run_id, told, last_seq=5)

    assert run.algorithm is Algorithm.PPO
    assert (await index.get(run_id)).algorithm is Algorithm.PPO
    assert run.spec.algorithm is SPEC.algorithm


async def test_lists_show_the_newest_progress(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str
) -> None:
    """A live run's progress is in lists at once, though it goes into the catalogue more seldom."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.RUNNING, 10), last_seq=5)
    await index.update(run_id, snapshot(RunState.RUNNING, 20), last_seq=6)

    (listed,) = (await index.page(RunQuery())).items
    assert listed.progress.env_steps == 20
    stored = catalogue.find_run(run_id)
    assert stored is not None
    assert stored.progress.env_steps == 10


async def test_state_changes_are_stored_at_once(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str
) -> None:
    """A new state is in the catalogue when the update is done; an ended run is live no more."""
    await index.refresh(run_id)
    for seq, state in enumerate((RunState.RUNNING, RunState.PAUSED, RunState.ABORTED), start=5):
        await index.update(run_id, snapshot(state, 10), last_seq=seq)
        stored = catalogue.find_run(run_id)
        assert stored is not None
        assert stored.state is state
    assert index.live == {}
    assert (await index.get(run_id)).last_seq == 7


async def test_states_reach_the_catalogue_in_order(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if whoever stored the older state was cancelled while the disk was slow."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.STARTING), last_seq=4)
    save_run, slow = catalogue.save_run, threading.Event()

    def hesitate(run: Run) -> None:
        if run.state is RunState.RUNNING:
            slow.wait(10)
        save_run(run)

    monkeypatch.setattr(catalogue, "save_run", hesitate)
    older = asyncio.create_task(index.update(run_id, snapshot(RunState.RUNNING), last_seq=5))
    await asyncio.sleep(0)
    newer = asyncio.create_task(index.update(run_id, snapshot(RunState.ABORTED), last_seq=6))
    await asyncio.sleep(0)
    older.cancel()
    slow.set()
    await newer

    stored = catalogue.find_run(run_id)
    assert stored is not None
    assert stored.state is RunState.ABORTED
    assert (await index.get(run_id)).state is RunState.ABORTED
    assert index.live == {}


async def test_a_cancelled_save_is_finished_all_the_same(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that was being stored when its follower was cancelled is stored, and not live."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.RUNNING), last_seq=5)
    save_run, slow = catalogue.save_run, threading.Event()

    def hesitate(run: Run) -> None:
        slow.wait(10)
        save_run(run)

    monkeypatch.setattr(catalogue, "save_run", hesitate)
    ending = asyncio.create_task(index.update(run_id, snapshot(RunState.FAILED), last_seq=6))
    await asyncio.sleep(0)
    ending.cancel()
    assert index.live == {}
    slow.set()

    async def stored() -> bool:
        run = await asyncio.to_thread(catalogue.find_run, run_id)
        return run is not None and run.state is RunState.FAILED and run_id not in index._live

    await eventually(stored)


async def test_what_could_not_be_stored_is_stored_later(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the catalogue fails the state is right in memory; the next look stores it."""
    await index.refresh(run_id)
    save_run = catalogue.save_run

    def refuse(_run: Run) -> None:
        raise CatalogueError("disk full")

    monkeypatch.setattr(catalogue, "save_run", refuse)
    with pytest.raises(CatalogueError):
        await index.update(run_id, snapshot(RunState.FAILED), last_seq=5)
    assert (await index.get(run_id)).state is RunState.FAILED
    monkeypatch.setattr(catalogue, "save_run", save_run)
    await index.update(run_id, snapshot(RunState.FAILED), last_seq=5)
    stored = catalogue.find_run(run_id)
    assert stored is not None
    assert stored.state is RunState.FAILED


async def test_an_older_reading_does_not_overwrite_a_newer(
    index: RunIndex, folders: RunFolders, run_id: str
) -> None:
    """A folder that was read before the newest news came changes nothing."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.RUNNING, 50), last_seq=9)
    await index.refresh(run_id)
    assert folders.assemble(run_id).last_seq == 1
    assert (await index.get(run_id)).progress.env_steps == 50


async def test_an_edit_keeps_what_the_run_says(
    index: RunIndex, folders: RunFolders, run_id: str
) -> None:
    """Editing changes the details on disk and in the index, and neither state nor progress."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.RUNNING, 50), last_seq=9)
    edited = await index.edit(run_id, RunDetails(name="new", revision=2))
    assert (edited.name, edited.revision, edited.progress.env_steps) == ("new", 2, 50)
    assert folders.details(run_id).name == "new"


async def test_a_removed_run_is_forgotten(
    index: RunIndex, catalogue: SqliteCatalogue, folders: RunFolders, run_id: str
) -> None:
    """Removing takes folder, row and memory away."""
    await index.refresh(run_id)
    await index.remove(run_id)
    with pytest.raises(NotFoundError):
        await index.get(run_id)
    assert catalogue.known_run_ids() == frozenset()
    assert list(folders.run_ids()) == []


async def test_closing_finishes_what_is_being_saved(
    index: RunIndex, catalogue: SqliteCatalogue, run_id: str
) -> None:
    """Closing, also twice, loses no state that was on its way."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.STARTING), last_seq=4)
    saving = asyncio.create_task(index.update(run_id, snapshot(RunState.RUNNING), last_seq=5))
    await asyncio.sleep(0)
    await asyncio.to_thread(index.close)
    index.close()
    stored = catalogue.find_run(run_id)
    assert stored is not None
    assert stored.state is RunState.RUNNING
    await saving


async def test_changed_thresholds_show_at_once(index: RunIndex, run_id: str) -> None:
    """A live run has the thresholds of its newest snapshot; none there: its spec's."""
    await index.refresh(run_id)
    changed = snapshot(RunState.RUNNING).model_copy(update={"alert_thresholds": {"slow": 0.3}})

    assert (
        await index.update(run_id, snapshot(RunState.RUNNING), last_seq=5)
    ).alert_thresholds == {}
    assert (await index.update(run_id, changed, last_seq=6)).alert_thresholds == {"slow": 0.3}


async def test_a_list_by_algorithm_follows_a_live_change_at_once(
    index: RunIndex, run_id: str
) -> None:
    """Right after the change the run is among those of its new mode, and not of the old one."""
    await index.refresh(run_id)
    await index.update(run_id, snapshot(RunState.RUNNING), last_seq=5)
    changed = AppliedHyperparameter(setting="ppo", value="ppo", since_env_step=10)
    told = snapshot(RunState.RUNNING).model_copy(update={"hyperparameters": {"algorithm": changed}})

    await index.update(run_id, told, last_seq=6)

    async def ids(algorithm: Algorithm) -> list[str]:
        page = await index.page(RunQuery(algorithm=algorithm))
        return [run.id for run in page.items]

    assert await ids(Algorithm.PPO) == [run_id]
    assert await ids(Algorithm.A3C) == []
