"""What people can do with runs, without HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import orjson
import pytest

from fakes.house import House, eventually
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import Pause, SetHyperparameters
from matinee.contracts.run import Run, RunPatch
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.contracts.series import SeriesAxis
from matinee.contracts.system import ServerFigures
from matinee.errors import (
    CatalogueError,
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from matinee.runs.ports import RunQuery

pytestmark = pytest.mark.anyio

BODY: dict[str, Any] = {"environment": {"id": "CartPole-v1"}, "seed": 5}


async def create(house: House, key: str | None = None, **fields: Any) -> Run:
    """Create a run, as a script does."""
    request = RunRequest.model_validate(BODY | fields)
    return await house.service.create_run(request, actor="token", idempotency_key=key, wait_s=20)


async def test_creating_starts(house: House) -> None:
    """A created run has its own id, name, seed and folder, and is running when the wait is over."""
    run = await create(house, name="first try", group="lesson-3", tags=["demo"])

    assert (run.name, run.group, run.tags, run.seed) == ("first try", "lesson-3", ["demo"], 5)
    await house.in_state(run.id, RunState.RUNNING)
    assert house.folders.path(run.id).is_dir()
    assert (await house.service.list_runs(RunQuery())).items[0].id == run.id


async def test_creating_without_starting(house: House) -> None:
    """With start: false there is a run, and no process."""
    run = await create(house, start=False)
    assert run.state is RunState.CREATED
    assert house.launcher.launched == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"preset": "no such preset"}, "invalid_spec"),
        ({"environment": {"id": "CartPole-v99"}}, "unknown_environment"),
        ({"environment": {"id": "CartPole-v1", "kwargs": {"wheels": 4}}}, "invalid_environment"),
        ({"workers": 9}, "invalid_spec"),
    ],
)
async def test_a_refused_request_makes_nothing(
    house: House, fields: dict[str, Any], code: str
) -> None:
    """What is refused leaves no folder, no process, no row, and its Idempotency-Key is free."""
    with pytest.raises(InvalidInputError) as caught:
        await create(house, "key", **fields)
    assert caught.value.code == code
    assert caught.value.fields
    assert list(house.folders.root.glob("*")) == []
    assert house.launcher.launched == []
    assert (await house.service.list_runs(RunQuery())).items == []
    assert (await create(house, "key")).state is not None


async def test_too_many_runs_make_nothing(house: House) -> None:
    """Beyond the limit a run is refused, however many ask at once, and no folder is left."""
    outcomes = await asyncio.gather(*(create(house) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, Run) for each in outcomes) == 4
    assert sum(isinstance(each, LimitExceededError) for each in outcomes) == 6
    assert len(list(house.folders.run_ids())) == 4
    assert len(list(house.folders.root.iterdir())) == 4


async def test_one_key_is_one_run(house: House) -> None:
    """Twenty requests with the same key in the same moment make one run and all get it."""
    runs = await asyncio.gather(*(create(house, "the key") for _ in range(20)))
    assert len({run.id for run in runs}) == 1
    assert len(house.launcher.launched) == 1
    assert (await create(house, "the key")).id == runs[0].id
    assert (await create(house, "another key")).id != runs[0].id


async def test_a_key_belongs_to_its_body(house: House) -> None:
    """The same key with another body is refused; the order of fields makes no other body."""
    run = await create(house, "key", name="a", group="b")
    with pytest.raises(InvalidInputError, match="used with another body") as caught:
        await create(house, "key", name="a", group="c")
    assert caught.value.code == "idempotency_key_reused"
    assert (await create(house, "key", group="b", name="a")).id == run.id


async def test_a_crash_between_key_and_run(house: House) -> None:
    """A key that was claimed, but whose run was never made, makes it at the next try."""
    from datetime import UTC, datetime

    from matinee.contracts.identifiers import new_ulid

    run = await create(house, "probe")
    fingerprint = house.catalogue.claim_idempotency_key(
        "probe", fingerprint="?", run_id="?", now=datetime.now(UTC)
    ).fingerprint
    planned = new_ulid()
    house.catalogue.claim_idempotency_key(
        "key", fingerprint=fingerprint, run_id=planned, now=datetime.now(UTC)
    )
    made = await create(house, "key")
    assert made.id == planned
    assert made.id != run.id


async def test_a_run_that_the_catalogue_missed_is_not_made_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the folder was made and the catalogue then failed, a repeated key finds the folder."""
    save_run = house.catalogue.save_run
    released: list[str] = []

    def refuse(_run: Run) -> None:
        raise CatalogueError("disk full")

    monkeypatch.setattr(house.catalogue, "save_run", refuse)
    monkeypatch.setattr(house.catalogue, "release_idempotency_key", released.append)
    with pytest.raises(CatalogueError):
        await create(house, "key", start=False)
    monkeypatch.setattr(house.catalogue, "save_run", save_run)
    await create(house, "key", start=False)
    assert len(list(house.folders.run_ids())) == 1


async def test_editing_needs_the_newest_revision(house: House) -> None:
    """Of two edits based on the same revision one wins; without a revision there is none."""
    run = await create(house, start=False)
    with pytest.raises(PreconditionRequiredError, match="it is 1 now"):
        await house.service.patch_run(run.id, RunPatch(name="x"), expected_revision=None)
    outcomes = await asyncio.gather(
        *(
            house.service.patch_run(run.id, RunPatch(name=name), expected_revision=1)
            for name in ("one", "two", "three")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, PreconditionFailedError) for each in outcomes) == 2
    (winner,) = [each for each in outcomes if isinstance(each, Run)]
    assert winner.revision == 2
    assert (await house.service.get_run(run.id)).name == winner.name
    assert house.folders.details(run.id).name == winner.name


async def test_editing_changes_what_was_sent(house: House) -> None:
    """Fields that are left out stay; null clears; a name cannot be cleared."""
    run = await create(house, start=False, name="n", group="g", tags=["t"])
    patch = RunPatch.model_validate({"group": None, "tags": None, "notes": "seen", "name": None})
    edited = await house.service.patch_run(run.id, patch, expected_revision=1)
    assert (edited.name, edited.group, edited.tags, edited.notes) == ("n", None, [], "seen")


async def test_editing_a_running_run_keeps_its_progress(house: House) -> None:
    """An edit while a run trains changes its name and nothing else, also in the next news."""
    run = await create(house)
    await house.in_state(run.id, RunState.RUNNING)
    await house.service.patch_run(run.id, RunPatch(name="new"), expected_revision=1)
    await asyncio.to_thread(house.launcher.launched[0].advance, 70)
    await house.supervisor.look(run.id)
    now = await house.service.get_run(run.id)
    assert (now.name, now.state, now.progress.env_steps) == ("new", RunState.RUNNING, 70)


async def test_deleting(house: House) -> None:
    """An ended run can be deleted, with its folder; an active one cannot."""
    run = await create(house)
    await house.in_state(run.id, RunState.RUNNING)
    with pytest.raises(ConflictError, match="stop or abort it first"):
        await house.service.delete_run(run.id)
    await asyncio.to_thread(house.launcher.launched[0].finish)
    await house.in_state(run.id, RunState.FINISHED)
    await house.service.delete_run(run.id)

    assert list(house.folders.root.iterdir()) == []
    for call in (house.service.get_run(run.id), house.service.delete_run(run.id)):
        with pytest.raises(NotFoundError):
            await call
    with pytest.raises(NotFoundError):
        await house.service.events(run.id, after=0, limit=1, types=())


async def test_deleting_at_the_moment_of_the_end(house: House) -> None:
    """Deleted as soon as it says finished, a run leaves no trace and no task behind."""
    for _ in range(5):
        run = await create(house)
        process = house.launcher.launched[-1]
        await house.in_state(run.id, RunState.RUNNING)
        ending = asyncio.create_task(asyncio.to_thread(process.finish))
        await house.in_state(run.id, RunState.FINISHED)
        await house.service.delete_run(run.id)
        await ending
        assert not house.supervisor.attends(run.id)
    assert list(house.folders.root.iterdir()) == []
    assert house.catalogue.known_run_ids() == frozenset()


async def test_hyperparameters_before_and_during(house: House) -> None:
    """Every hyperparameter is listed: from the spec before the start, then as the run records."""
    run = await create(house, start=False, hyperparameters={"learning_rate": 0.5})
    listed = await house.service.hyperparameters(run.id)
    by_name = {item.name: item for item in listed.items}
    assert by_name["learning_rate"].applied == 0.5
    assert by_name["learning_rate"].applied_value == 0.5
    assert not by_name["learning_rate"].pending
    assert by_name["gamma"].applied == by_name["gamma"].default
    assert listed.revision == 0


async def test_a_change_on_its_way_is_pending(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked and is not yet in use shows beside what is."""
    run, process = await house.launched()
    record = process._record
    monkeypatch.setattr(record, "apply", lambda *_: None)
    await house.service.command(
        run, SetHyperparameters(settings={"gamma": 0.5}), actor="token", wait_s=0
    )
    listed = await house.service.hyperparameters(run)
    gamma = next(item for item in listed.items if item.name == "gamma")
    assert gamma.pending
    assert gamma.requested == 0.5
    assert gamma.applied != 0.5


async def test_reading_the_record(house: House) -> None:
    """Ledger, events, series and exports come from the record, also while the run goes on."""
    run_id, process = await house.launched()
    await house.service.command(run_id, Pause(), actor="token", wait_s=20)
    await asyncio.to_thread(process.advance, 70)
    names = [each.action.name for each in await house.service.commands(run_id, after=None, limit=9)]
    assert names == ["start", "pause"]
    page = orjson.loads(await house.service.events(run_id, after=0, limit=3, types=()))
    assert ([event["seq"] for event in page["events"]], page["next"]) == ([1, 2, 3], 3)
    assert page["epoch"] == run_id
    series = await house.service.series(
        run_id,
        metrics=("entropy",),
        axis=SeriesAxis.SECONDS,
        points=100,
        from_x=None,
        to_x=None,
        smoothing=0.0,
    )
    assert series.run_id == run_id
    histograms = await house.service.histograms(
        run_id,
        names=("actions",),
        axis=SeriesAxis.SECONDS,
        points=100,
        from_x=None,
        to_x=None,
    )
    assert (histograms.run_id, histograms.histograms["actions"].rows) == (run_id, 0)
    counted = [part async for part in await house.service.export_histograms(run_id, "jsonl")]
    assert b"".join(counted) == b""
    exported = b"".join([part async for part in await house.service.export_episodes(run_id, "csv")])
    assert next(csv.reader(io.StringIO(exported.decode())))[0] == "episode"
    metrics = [part async for part in await house.service.export_metrics(run_id, "jsonl")]
    assert b"".join(metrics) == b""
    with pytest.raises(NotFoundError):
        await house.service.export_metrics("01ARZ3NDEKTSV4RRFFQ69G5FAV", "csv")


async def test_what_the_server_says_of_itself(house: House) -> None:
    """Limits, environments, algorithms, presets and figures are told."""
    run_id, _ = await house.launched()
    system = await house.service.system()
    assert system.limits.active_runs == 4
    assert system.active_runs == 1
    assert any(each.id == "CartPole-v1" for each in (await house.service.environments()).items)
    assert [each.name for each in (await house.service.algorithms()).items] == list(Algorithm)
    assert (await house.service.presets()).items[0].name == "cartpole-lesson"

    async def counted_as_running() -> ServerFigures | None:
        # The catalogue hears of a new state a moment after memory does.
        figures = await house.service.figures()
        return figures if figures.runs == {RunState.RUNNING: 1} else None

    figures = await eventually(counted_as_running)
    assert figures.heartbeat_age_s is not None
    assert run_id in house.index.live


async def test_readiness_is_tried_for_real(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready means: the disk can be written and has room, and every run is looked after."""
    assert (await house.service.readiness()).ready
    monkeypatch.setattr("matinee.runs.service.MIN_FREE_DISK_BYTES", 10**18)
    full = await house.service.readiness()
    assert not full.ready
    assert [name for name, check in full.checks.items() if not check.ok] == ["disk"]
    house.catalogue.close()
    assert not (await house.service.readiness()).checks["data_dir"].ok
    await house.supervisor.close(keep_runs=True)
    assert not (await house.service.readiness()).checks["supervisor"].ok


async def test_locks_do_not_pile_up(house: House) -> None:
    """Keys and runs that nobody uses any more cost no memory."""
    for number in range(5):
        run = await create(house, f"key-{number}", start=False)
        await house.service.patch_run(run.id, RunPatch(name="x"), expected_revision=1)
    assert len(house.service._key_locks) == 0
    assert len(house.service._edit_locks) == 0
