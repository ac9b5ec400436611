"""From a request to a run: wholly or not at all, once per Idempotency-Key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fakes.house import House, open_house
from matinee.contracts.run import Run
from matinee.contracts.run_spec import RunRequest
from matinee.contracts.run_state import RunState
from matinee.errors import (
    CatalogueError,
    InvalidInputError,
    LimitExceededError,
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


async def test_more_than_there_are_places_for(house: House) -> None:
    """Beyond the limit a run is made all the same, and waits for its turn."""
    request = RunRequest.model_validate(BODY)
    runs = await asyncio.gather(
        *(
            house.service.create_run(request, actor="token", idempotency_key=None, wait_s=0)
            for _ in range(10)
        )
    )
    positions = [(await house.index.get(run.id)).queue_position for run in runs]
    assert len(house.launcher.launched) == 4
    assert sorted(each for each in positions if each is not None) == [1, 2, 3, 4, 5, 6]


async def test_a_server_keeps_so_many_runs(
    data_dir: Path, runtime_dir: Path, environment_cache: Path
) -> None:
    """However many are asked for at once, also not to start, none goes beyond the limit; a refused
    one leaves no folder and its key is free, a repeated key still gets its run, and one that is
    deleted makes room.
    """
    async with open_house(
        data_dir, runtime_dir=runtime_dir, environment_cache=environment_cache, max_runs=3
    ) as house:
        kept = [await create(house, f"key {i}", start=False) for i in range(2)]
        answers = await asyncio.gather(
            *(create(house, f"late {i}", start=False) for i in range(20)), return_exceptions=True
        )
        with pytest.raises(LimitExceededError, match=r"keeps 3 runs, .*delete some") as caught:
            await create(house, "late", start=False)

        kept += [each for each in answers if isinstance(each, Run)]
        assert all(isinstance(each, Run | LimitExceededError) for each in answers)
        assert len(list(house.folders.run_ids())) == 3
        assert caught.value.code == "too_many_runs"
        assert (await create(house, "key 0", start=False)).id == kept[0].id
        await house.service.delete_run(kept[0].id)
        assert (await create(house, "late", start=False)).id not in {run.id for run in kept}


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


async def test_a_key_goes_with_any_number(house: House) -> None:
    """A body with an integer of more than 64 bits has its key like any other."""
    reward = {"sutton_barto_reward": 2**70}
    run = await create(house, "key", environment={"id": "CartPole-v1", "kwargs": reward})
    assert run.environment.kwargs == reward
    again = await create(house, "key", environment={"id": "CartPole-v1", "kwargs": reward})
    assert again.id == run.id
    with pytest.raises(InvalidInputError, match="used with another body"):
        await create(
            house,
            "key",
            environment={"id": "CartPole-v1", "kwargs": {"sutton_barto_reward": 2**70 + 1}},
        )


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


async def test_keys_do_not_pile_up(house: House) -> None:
    """Keys that nobody uses any more cost no memory."""
    for number in range(5):
        await create(house, f"key-{number}", start=False)
    assert len(house.service._maker._key_locks) == 0
