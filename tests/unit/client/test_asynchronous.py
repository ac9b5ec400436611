"""The asyncio client against the real app."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fakes.checkpoint_use_cases import FakeCheckpoints, make_checkpoint
from fakes.playing_use_cases import FakePlaying
from fakes.run_use_cases import FakeRuns, log_event, make_run
from matinee.client.asynchronous import AsyncMatineeClient
from matinee.contracts.algorithm_names import Algorithm
from matinee.contracts.commands import CommandState, PinCheckpoint, Rewind, SaveCheckpoint, Step
from matinee.contracts.episodes import EvaluationRequest
from matinee.contracts.forks import ForkRequest
from matinee.contracts.run import RunPatch
from matinee.contracts.run_spec import EnvironmentSpec, RunRequest
from matinee.contracts.run_state import RunState
from matinee.contracts.series import SeriesAxis
from matinee.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    ServerUnreachableError,
)
from matinee.runs.ports import RunQuery

pytestmark = pytest.mark.anyio


async def test_a_run_from_creation_to_removal(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """Create, get, list, edit and delete speak the same models as the server."""
    request = RunRequest(environment=EnvironmentSpec(id="CartPole-v1"), name="mine")
    run = await client.create_run(request, idempotency_key="k", wait_s=1)
    edited = await client.edit_run(run.id, RunPatch(notes="n"), revision=run.revision)
    page = await client.list_runs(
        states=[RunState.RUNNING],
        environment="CartPole-v1",
        algorithm=Algorithm.A3C,
        text="mine",
        limit=5,
    )

    assert runs.calls[0] == ("create_run", ("token", "k", 1.0))
    assert await client.get_run(run.id) == edited
    assert page.items == [edited]
    assert (
        "list_runs",
        RunQuery(
            states=(RunState.RUNNING,),
            environment="CartPole-v1",
            algorithm=Algorithm.A3C,
            text="mine",
            limit=5,
        ),
    ) in runs.calls
    await client.delete_run(run.id)
    with pytest.raises(NotFoundError) as refusal:
        await client.get_run(run.id)
    assert refusal.value.code == "run_not_found"


async def test_every_command_arrives(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """Each method asks for its action, and gives the command with its state."""
    run = runs.add(make_run())
    for command in (
        await client.start(run.id),
        await client.pause(run.id, wait_s=2),
        await client.resume(run.id),
        await client.step(run.id, updates=3),
        await client.stop(run.id),
        await client.abort(run.id),
        await client.set_hyperparameters(run.id, {"gamma": 0.9}, expected_revision=3, wait_s=1),
        await client.set_alert_thresholds(run.id, {"slow": None}, wait_s=1),
    ):
        assert command.state is CommandState.APPLIED

    ledger = [command async for command in client.commands(run.id)]
    assert [command.action.name for command in ledger] == [
        "start",
        "pause",
        "resume",
        "step",
        "stop",
        "abort",
        "set_hyperparameters",
        "set_alert_thresholds",
    ]
    assert ledger[3].action == Step(updates=3)
    assert (await client.hyperparameters(run.id)).revision == 3


async def test_the_ledger_is_read_to_its_end(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """However many pages the ledger has, each command comes once."""
    run = runs.add(make_run())
    for _ in range(401):
        await runs.command(run.id, Step(updates=1), actor="token", wait_s=0)

    ledger = [command.id async for command in client.commands(run.id)]

    assert ledger == [command.id for command in runs.ledger]


async def test_recorded_events_are_read_to_their_end(
    client: AsyncMatineeClient, runs: FakeRuns
) -> None:
    """However many pages the record has, each event after the cursor comes once, typed."""
    run = runs.add(make_run())
    runs.record(run.id, *(log_event(n) for n in range(1, 26)))

    seqs = [event.seq async for event in client.events(run.id, after=2, page_size=7)]

    assert seqs == list(range(3, 26))


async def test_events_of_a_type_are_found_behind_pages_of_others(
    client: AsyncMatineeClient, runs: FakeRuns
) -> None:
    """A page that has no event of the type is not taken for the end."""
    run = runs.add(make_run())
    others = ({**log_event(n), "type": "other"} for n in range(1, 20))
    runs.record(run.id, *others, log_event(20))

    found = [e.seq async for e in client.events(run.id, types=["log_written"], page_size=5)]

    assert found == [20]


async def test_descriptions_and_series(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """What the server offers, and a series, come as models."""
    run = runs.add(make_run())
    series = await client.series(run.id, ["entropy"], axis=SeriesAxis.SECONDS, smoothing=0.5)

    histograms = await client.histograms(run.id, ["actions"], axis=SeriesAxis.UPDATE, points=9)

    assert (histograms.run_id, histograms.x) == (run.id, SeriesAxis.UPDATE)
    assert runs.calls[-1] == ("histograms", (("actions",), SeriesAxis.UPDATE, 9, None, None))
    assert (series.run_id, series.x, series.smoothing) == (run.id, SeriesAxis.SECONDS, 0.5)
    assert (await client.system()).cores == 2
    assert (await client.environments()).items[0].id == "CartPole-v1"
    assert (await client.algorithms()).items == []
    assert (await client.alert_rules()).items == []
    assert (await client.presets()).items == []


async def test_an_export_is_streamed(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """An export comes in pieces; that of an unknown run raises."""
    run = runs.add(make_run())

    pieces = [piece async for piece in client.export(run.id, "episodes", "csv")]
    with pytest.raises(NotFoundError):
        [piece async for piece in client.export(make_run().id, "metrics")]

    assert b"".join(pieces) == b"episode\n1\n"


async def test_checkpoints_and_forks(
    client: AsyncMatineeClient, runs: FakeRuns, checkpoints: FakeCheckpoints
) -> None:
    """Listed, saved, pinned, gone back to, downloaded, forked; and the ledger as a file."""
    run = runs.add(make_run())
    entry = make_checkpoint()
    checkpoints.items = [entry]

    assert (await client.checkpoints(run.id)).items == [entry]
    settings = await client.checkpoint_settings(run.id, entry.id)
    assert (settings.checkpoint_id, settings.settings) == (entry.id, {"learning_rate": 0.5})
    await client.save_checkpoint(run.id, pinned=False, wait_s=1)
    await client.pin_checkpoint(run.id, entry.id)
    await client.rewind(run.id, entry.id)
    pieces = [piece async for piece in client.download_checkpoint(run.id, entry.id)]
    model = [piece async for piece in client.download_policy(run.id, entry.id)]
    fork = await client.fork_run(run.id, {"name": "twin"}, idempotency_key="k")
    await client.fork_run(run.id)

    assert [action for action, _, _ in checkpoints.calls] == [
        SaveCheckpoint(pinned=False),
        PinCheckpoint(checkpoint_id=entry.id, pinned=True),
        Rewind(checkpoint_id=entry.id),
    ]
    assert b"".join(pieces) == f"{run.id}{entry.id}".encode()
    assert b"".join(model) == f"{run.id}-onnx-{entry.id}".encode()
    assert fork.id != run.id
    assert [(request, key) for _, request, _, key, _ in checkpoints.forks] == [
        (ForkRequest(name="twin"), "k"),
        (ForkRequest(), None),
    ]
    assert (await client.ledger(run.id)).run_id == run.id
    with pytest.raises(InvalidInputError):
        await client.fork_run(run.id, {"wheels": 4})


async def test_episodes_on_request(
    client: AsyncMatineeClient, playing: FakePlaying, tmp_path: Path
) -> None:
    """Tested, told step by step, filmed; films are listed, taken away and deleted."""
    run_id = make_run().id
    playing.film = tmp_path / "film.gif"
    playing.film.write_bytes(b"film")

    tested = await client.evaluate(run_id, EvaluationRequest(episodes=3, deterministic=False))
    told = await client.play_episode(run_id)
    filmed = await client.record_episode(run_id)
    listed = await client.recordings(run_id)
    pieces = [piece async for piece in client.download_recording(run_id, filmed.id)]
    await client.delete_recording(run_id, filmed.id)

    assert tested.returns == [1.0] * 3
    assert playing.evaluations == [(run_id, EvaluationRequest(episodes=3, deterministic=False))]
    assert told.episode_return == 1.0
    assert len(listed.items) == 1
    assert b"".join(pieces) == b"film"
    assert playing.deleted == [filmed.id]


async def test_refusals_are_raised_as_what_they_are(
    client: AsyncMatineeClient, runs: FakeRuns, address: str
) -> None:
    """The error that the server raised is the error that the client raises."""
    run = runs.add(make_run())
    with pytest.raises(PreconditionFailedError):
        await client.edit_run(run.id, RunPatch(name="x"), revision=9)
    with pytest.raises(InvalidInputError) as invalid:
        await client.list_runs(limit=999)
    async with AsyncMatineeClient(address, token="wrong") as stranger:  # noqa: S106 - opens nothing
        with pytest.raises(AuthenticationError):
            await stranger.get_run(run.id)
    runs.refusal = ConflictError("busy", code="run_active")
    with pytest.raises(ConflictError, match="busy") as conflict:
        await client.delete_run(run.id)

    assert invalid.value.fields[0].loc == ("query", "limit")
    assert conflict.value.code == "run_active"


async def test_a_wrong_request_is_not_sent(client: AsyncMatineeClient, runs: FakeRuns) -> None:
    """What can't be right is refused here, with every wrong field, before anything travels."""
    with pytest.raises(InvalidInputError) as refusal:
        await client.create_run({"wrokers": 1, "workers": 0})

    assert {field.loc for field in refusal.value.fields} == {("wrokers",), ("workers",)}
    assert runs.calls == []


async def test_no_server_is_an_error_of_its_own() -> None:
    """A refused connection is `ServerUnreachableError`, whatever httpx calls it."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    transport = httpx.MockTransport(refuse)
    async with AsyncMatineeClient(token="t", transport=transport) as client:  # noqa: S106 - opens nothing
        with pytest.raises(ServerUnreachableError):
            await client.system()
        with pytest.raises(ServerUnreachableError):
            [piece async for piece in client.export("x", "metrics")]
