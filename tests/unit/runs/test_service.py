"""What people can do with runs, without HTTP."""

from __future__ import annotations

import asyncio
import csv
import importlib.util
import io
import sqlite3
from contextlib import closing
from typing import Any

import orjson
import pytest

from fakes.house import House
from fakes.worker_tables import thread
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import Pause, SetHyperparameters, Stop
from matinee.contracts.run import Run, RunPatch
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.contracts.schedules import LinearSchedule, RampFromHere
from matinee.contracts.series import SeriesAxis
from matinee.contracts.workers import WorkerTable
from matinee.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from matinee.journal.schema import WORKER_LOG, run_db
from matinee.journal.writer import JournalWriter

pytestmark = pytest.mark.anyio

BODY: dict[str, Any] = {"environment": {"id": "CartPole-v1"}, "seed": 5}


async def create(house: House, key: str | None = None, **fields: Any) -> Run:
    """Create a run, as a script does."""
    request = RunRequest.model_validate(BODY | fields)
    return await house.service.create_run(request, actor="token", idempotency_key=key, wait_s=20)


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


async def test_nobody_runs_in_a_run_that_has_ended(house: House) -> None:
    """The table of threads of a run without a process says so, whatever was told last."""
    run = await create(house, start=False)
    with JournalWriter(house.folders.path(run.id)) as writer:
        writer.set_workers(WorkerTable(env_step=5, threads=[thread("running")]))

    table = await house.service.workers(run.id)

    assert (table.env_step, table.threads[0].state) == (5, "lost")


async def test_threads_of_a_run_that_trains_are_told_as_they_are(house: House) -> None:
    """Nothing is corrected while there is a process."""
    run = await create(house)
    await house.in_state(run.id, RunState.RUNNING)
    document = WorkerTable(threads=[thread("running")]).model_dump_json()
    with closing(sqlite3.connect(run_db(house.folders.path(run.id)))) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('workers', ?)", (document,))

    assert (await house.service.workers(run.id)).threads[0].state == "running"


async def test_the_log_of_a_run(house: House) -> None:
    """Pages and the whole file; what has no end of line counts once the run has ended."""
    run = await create(house, start=False)
    (house.folders.path(run.id) / WORKER_LOG).write_text("one\ntwo\nthr")
    newest = await house.service.log(run.id, after=None, before=None, limit=100)
    earlier = await house.service.log(run.id, after=None, before=4, limit=100)
    whole = b"".join([piece async for piece in await house.service.whole_log(run.id)])
    await house.service.command(run.id, Stop(), actor="token", wait_s=20)
    after = await house.service.log(run.id, after=newest.end, before=None, limit=100)

    assert (newest.text, earlier.text, whole) == ("one\ntwo\n", "one\n", b"one\ntwo\nthr")
    assert after.text == "thr"


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


async def test_parameters_are_listed_as_the_environment_has_them(house: House) -> None:
    """Its own default and range; one of another environment is listed as not used."""
    run = await create(house, start=False, environment={"id": "CartPole-v1"})
    listed = {item.name: item for item in (await house.service.hyperparameters(run.id)).items}

    gravity, wind = listed["gravity"], listed["wind_power"]
    assert (gravity.applied, gravity.default, gravity.applies) == (9.8, 9.8, True)
    assert (gravity.minimum, gravity.maximum) == (0.5, 50.0)
    assert not wind.applies


@pytest.mark.parametrize(
    ("environment_id", "default"), [("Pendulum-v1", 1e-4), ("CartPole-v1", 0.01)]
)
async def test_defaults_are_those_of_the_kind_of_actions(
    house: House, environment_id: str, default: float
) -> None:
    """Where actions are numbers the entropy bonus has another default, in the list as in a spec."""
    run = await create(house, start=False, environment={"id": environment_id})
    await house.service.environments()
    listed = {item.name: item for item in (await house.service.hyperparameters(run.id)).items}

    entropy = listed["entropy_coefficient"]
    assert (entropy.default, entropy.applied) == (default, default)


async def test_a_ramp_begins_with_what_the_run_has(house: House) -> None:
    """A live change from the present value over the next env steps is recorded with numbers."""
    run, _ = await house.launched()
    ramp = RampFromHere.model_validate({"schedule": "from_here", "to": 0.5, "for_env_steps": 900})
    now = await house.service.hyperparameters(run)
    command = await house.service.change_hyperparameters(
        run, {"gamma": ramp}, expected_revision=None, actor="token", wait_s=0
    )
    assert isinstance(command.action, SetHyperparameters)
    gamma = command.action.settings["gamma"]
    assert isinstance(gamma, LinearSchedule)
    assert (gamma.from_value, gamma.to_value) == (0.99, 0.5)
    assert gamma.until_env_step >= now.env_step + 900


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
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(InvalidInputError, match="pyarrow"):
            await house.service.export_metrics(run_id, "parquet")
    else:
        file = [part async for part in await house.service.export_metrics(run_id, "parquet")]
        assert b"".join(file).startswith(b"PAR1")
    metrics = [part async for part in await house.service.export_metrics(run_id, "jsonl")]
    assert b"".join(metrics) == b""
    with pytest.raises(NotFoundError):
        await house.service.export_metrics("01ARZ3NDEKTSV4RRFFQ69G5FAV", "csv")


async def test_what_is_on_offer(house: House) -> None:
    """Environments, algorithms and presets are told."""
    assert any(each.id == "CartPole-v1" for each in (await house.service.environments()).items)
    assert [each.name for each in (await house.service.algorithms()).items] == list(Algorithm)
    assert (await house.service.presets()).items[0].name == "cartpole-lesson"


async def test_locks_do_not_pile_up(house: House) -> None:
    """Runs that nobody edits any more cost no memory."""
    for _ in range(5):
        run = await create(house, start=False)
        await house.service.patch_run(run.id, RunPatch(name="x"), expected_revision=1)
    assert len(house.service._edit_locks) == 0
