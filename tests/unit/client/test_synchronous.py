"""The client for scripts: the same calls, without asyncio."""

from __future__ import annotations

import asyncio
import inspect

import httpx
import pytest

from fakes.credentials import TOKEN
from fakes.run_use_cases import FakeRuns, log_event, make_run
from matinee.client.asynchronous import AsyncMatineeClient
from matinee.client.synchronous import MatineeClient
from matinee.contracts.commands import CommandState
from matinee.contracts.run import RunPatch
from matinee.errors import NotFoundError, ServerUnreachableError

pytestmark = pytest.mark.anyio


def test_both_clients_have_the_same_calls() -> None:
    """Every method of one client is in the other, with the same parameters; only one follows."""

    def calls_of(client: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in inspect.getmembers(client, inspect.isfunction)
            if not name.startswith("_")
        }

    asynchronous = calls_of(AsyncMatineeClient)
    assert asynchronous.pop("follow") == ["self", "run_id", "after"]
    assert calls_of(MatineeClient) == asynchronous


async def test_a_script_does_the_main_job(address: str, runs: FakeRuns) -> None:
    """Create, steer, read, export and delete a run from a thread without an event loop."""

    def script() -> None:
        with MatineeClient(address, token=TOKEN) as client:
            run = client.create_run({"environment": {"id": "CartPole-v1"}}, wait_s=1)
            runs.recorded[run.id].extend(log_event(n) for n in range(1, 10))
            commands = [
                client.start(run.id),
                client.pause(run.id, wait_s=1),
                client.resume(run.id),
                client.step(run.id, env_steps=10),
                client.set_hyperparameters(run.id, {"gamma": 0.9}),
                client.stop(run.id),
                client.abort(run.id),
            ]
            assert {command.state for command in commands} == {CommandState.APPLIED}
            assert [c.id for c in client.commands(run.id)] == [c.id for c in commands]
            assert [event.seq for event in client.events(run.id, page_size=4)] == [*range(1, 10)]
            assert client.hyperparameters(run.id).env_step == 100
            assert client.series(run.id, ["entropy"]).run_id == run.id
            assert client.histograms(run.id, ["actions"]).run_id == run.id
            assert b"".join(client.export(run.id, "metrics")) == b"metric\nloss\n"
            assert client.edit_run(run.id, RunPatch(name="x"), revision=1).name == "x"
            assert [item.id for item in client.list_runs().items] == [run.id]
            assert client.get_run(run.id).revision == 2
            assert client.environments().items[0].id == "CartPole-v1"
            assert client.system().cores == 2
            assert client.algorithms().items == []
            assert client.alert_rules().items == []
            assert client.presets().items == []
            client.delete_run(run.id)
            with pytest.raises(NotFoundError):
                list(client.export(make_run().id, "episodes"))

    await asyncio.to_thread(script)


def test_no_server_is_an_error_of_its_own() -> None:
    """A refused connection is `ServerUnreachableError`, whatever httpx calls it."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    transport = httpx.MockTransport(refuse)
    with MatineeClient(token="t", transport=transport) as client:  # noqa: S106 - opens nothing
        with pytest.raises(ServerUnreachableError):
            client.system()
        with pytest.raises(ServerUnreachableError):
            list(client.export("x", "metrics"))
