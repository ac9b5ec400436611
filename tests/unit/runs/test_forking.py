"""From a checkpoint of one run to a run of its own."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import pytest

from fakes.house import House
from fakes.records import NOW, SPEC
from matinee.contracts.checkpoints import (
    CHECKPOINT_FORMAT,
    CheckpointDocument,
    CheckpointManifest,
)
from matinee.contracts.commands import CommandState, Fork, SaveCheckpoint
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.progress import SolvedAt
from matinee.contracts.run import Run
from matinee.contracts.run_spec import parse_run_spec
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.journal.writer import JournalWriter
from matinee.runs.ports import RunQuery

pytestmark = pytest.mark.anyio

PLANNED = parse_run_spec(
    {
        "environment": {"id": "CartPole-v1"},
        "seed": 1,
        "budget": {"env_steps": 1000},
        "plan": [{"env_step": step, "hyperparameters": {"gamma": 0.9}} for step in (499, 500, 501)],
    }
)


def _save(house: House, run_id: str, **changes: Any) -> str:
    """A checkpoint at env step 500, as a run process would have written it."""
    settings = SPEC.initial_settings() | changes.pop("settings", {})
    document = CheckpointDocument(
        spec=SPEC,
        env_steps=500,
        updates=50,
        episodes=12,
        seconds=2.5,
        optimizer="rmsprop",
        hyperparameter_revision=3,
        hyperparameters=settings,
        hyperparameters_since_env_step=dict.fromkeys(settings, 100),
        generators=[],
        recent_returns=[1.0, 3.0],
        best_mean_return_100=None,
        solved_at=None,
    ).model_copy(update=changes)
    contents = {
        "state.json": document.model_dump_json(by_alias=True).encode(),
        "learner.safetensors": b"weights",
    }
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=500,
        episodes=12,
        seconds=2.5,
        mean_return_100=2.0,
        files=manifest_files(contents),
    )
    checkpoint_id = new_ulid()
    run_dir = house.folders.path(run_id)
    write_folder(run_dir / "checkpoints" / checkpoint_id, contents, manifest)
    with JournalWriter(run_dir) as writer:
        writer.append(
            CheckpointSaved, env_step=500, checkpoint_id=checkpoint_id, cause="end", size_bytes=2
        )
    return checkpoint_id


async def _parent(house: House, **spec: Any) -> str:
    """A run that nobody has started; who does not look at its state can't tell."""
    run_id = house.created(**spec)
    await house.index.refresh(run_id)
    return run_id


async def _fork(house: House, run_id: str, key: str | None = None, **fields: Any) -> Run:
    return await house.checkpointing.fork(
        run_id,
        ForkRequest.model_validate(fields),
        actor="browser",
        idempotency_key=key,
        wait_s=20,
    )


async def test_the_fork_begins_where_the_checkpoint_was(house: House) -> None:
    """Its counters, its settings, and since when each of them was in use."""
    run_id = await _parent(house)
    checkpoint_id = _save(house, run_id, settings={"learning_rate": 0.25})

    fork = await _fork(house, run_id, hyperparameters={"gamma": 0.5})

    assert fork.parent is not None
    assert fork.parent.model_dump() == {
        "run_id": run_id,
        "checkpoint_id": checkpoint_id,
        "env_step": 500,
        "episodes": 12,
    }
    progress = fork.progress
    assert (progress.env_steps, progress.updates, progress.episodes) == (500, 50, 12)
    assert (progress.seconds, progress.mean_return_100) == (2.5, 2.0)
    assert fork.spec.hyperparameters == {"learning_rate": 0.25, "gamma": 0.5}
    status = await house.service.hyperparameters(fork.id)
    assert status.revision == 4
    since = {item.name: (item.applied, item.applied_at_env_step) for item in status.items}
    assert (since["learning_rate"], since["gamma"]) == ((0.25, 100), (0.5, 500))
    assert (await house.in_state(fork.id, RunState.RUNNING)).id == fork.id
    (entry,) = (await house.checkpointing.list_checkpoints(fork.id)).items
    assert (entry.cause, entry.env_step, entry.episodes) == ("fork", 500, 12)
    folder = house.folders.path(fork.id) / "checkpoints" / entry.id
    assert (folder / "learner.safetensors").read_bytes() == b"weights"


async def test_settings_can_be_read_before_the_fork(house: House) -> None:
    """All of those that it goes on with, those that came later as the spec has them; verified."""
    run_id = await _parent(house)
    checkpoint_id = _save(house, run_id, settings={"learning_rate": 0.25})
    older = _save(house, run_id, hyperparameters={"gamma": 0.75})

    read = await house.checkpointing.settings(run_id, checkpoint_id)
    from_older = await house.checkpointing.settings(run_id, older)
    fork = await _fork(house, run_id, checkpoint_id=checkpoint_id)

    assert (read.checkpoint_id, read.env_step, read.revision) == (checkpoint_id, 500, 3)
    status = await house.service.hyperparameters(fork.id)
    # A mode's own hyperparameters are those that the list shows.
    assert {item.name: item.applied for item in status.items}.items() <= read.settings.items()
    assert read.settings["learning_rate"] == 0.25
    assert read.since_env_step["learning_rate"] == 100
    assert from_older.settings == {**SPEC.initial_settings(), "gamma": 0.75}
    folder = house.folders.path(run_id) / "checkpoints" / older
    (folder / "learner.safetensors").write_bytes(b"not looked at")
    assert await house.checkpointing.settings(run_id, older) == from_older
    (folder / "state.json").write_bytes(b"{}")
    with pytest.raises(ConflictError) as damaged:
        await house.checkpointing.settings(run_id, older)
    assert damaged.value.code == "checkpoint_damaged"
    with pytest.raises(NotFoundError):
        await house.checkpointing.settings(run_id, new_ulid())


async def test_the_ledger_tells_of_the_birth(house: House) -> None:
    """Who, from where, and what differs; and so does the first event."""
    run_id = await _parent(house)
    checkpoint_id = _save(house, run_id)

    fork = await _fork(house, run_id, hyperparameters={"gamma": 0.5})

    birth, _start = await house.service.commands(fork.id, after=None, limit=9)
    assert birth.action == Fork(run_id=run_id, checkpoint_id=checkpoint_id, settings={"gamma": 0.5})
    assert (birth.actor, birth.state, birth.applied_at_env_step) == (
        "browser",
        CommandState.APPLIED,
        500,
    )
    assert {name: (c.before, c.after) for name, c in birth.changes.items()} == {
        "gamma": (SPEC.initial_settings()["gamma"], 0.5)
    }
    ledger = await house.service.export_ledger(fork.id)
    assert [(each.action, each.env_step) for each in ledger.not_replayed][:1] == [("fork", 500)]


async def test_a_plan_loses_what_lies_behind(house: House) -> None:
    """What is due at the very env step of the checkpoint may not have been made: it stays."""
    run_id = await _parent(house, plan=PLANNED.plan)
    _save(house, run_id)

    fork = await _fork(house, run_id)

    assert [change.env_step for change in fork.spec.plan] == [500, 501]


async def test_the_parent_may_go(house: House) -> None:
    """The fork has all that it needs."""
    run_id = await _parent(house)
    _save(house, run_id)
    fork = await _fork(house, run_id)

    shutil.rmtree(house.folders.path(run_id))

    assert (await house.index.refresh(fork.id)).parent == fork.parent
    header = await asyncio.to_thread(house.folders.reader(fork.id).header)
    assert header.parent == fork.parent


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"hyperparameters": {"gamma": 7}}, ("hyperparameters", "gamma")),
        ({"hyperparameters": {"gama": 0.5}}, ("hyperparameters", "gama")),
        ({"hyperparameters": {"workers": 9}}, ("hyperparameters", "workers")),
        ({"hyperparameters": {"gravity": 900}}, ("hyperparameters", "gravity")),
        (
            {"hyperparameters": {"rollout_length": 1024, "envs_per_worker": 4096}},
            ("hyperparameters", "rollout_length"),
        ),
        ({"budget": {"env_steps": 500}}, ("budget", "env_steps")),
        ({"budget": {"seconds": 2.5}}, ("budget", "seconds")),
    ],
)
async def test_what_is_not_allowed_is_named(
    house: House, body: dict[str, Any], loc: tuple[str, ...]
) -> None:
    """With the field of the request, and nothing is made; the key is free for a better one."""
    run_id = await _parent(house)
    _save(house, run_id)

    with pytest.raises(InvalidInputError) as caught:
        await _fork(house, run_id, "key", **body)

    assert loc in [field.loc for field in caught.value.fields]
    assert [run.id for run in (await house.service.list_runs(RunQuery())).items] == [run_id]
    assert (await _fork(house, run_id, "key")).parent is not None


async def test_a_budget_that_is_used_up_needs_a_larger_one(house: House) -> None:
    """Also a target that was reached; the parent's budget is the one that it has now."""
    run_id = await _parent(house, budget=PLANNED.budget.model_copy(update={"env_steps": 400}))
    _save(house, run_id)
    solved = SPEC.budget.model_copy(update={"target_return": 2.0})
    other_id = await _parent(house, budget=solved)
    _save(house, other_id, solved_at=SolvedAt(env_steps=400, seconds=1.0), solved_for=2.0)

    with pytest.raises(InvalidInputError, match="used up") as steps:
        await _fork(house, run_id)
    with pytest.raises(InvalidInputError, match="used up") as target:
        await _fork(house, other_id)

    assert [each.loc for each in steps.value.fields] == [("budget", "env_steps")]
    assert [each.loc for each in target.value.fields] == [("budget", "target_return")]
    fork = await _fork(house, run_id, budget={"env_steps": 900})
    assert fork.spec.budget.env_steps == 900
    assert (await _fork(house, other_id, budget={"target_return": None})).parent is not None


async def test_a_key_makes_one_fork(house: House) -> None:
    """However often it is sent, and for nothing else."""
    run_id = await _parent(house)
    _save(house, run_id)

    first, second = await asyncio.gather(
        _fork(house, run_id, "key", name="x"), _fork(house, run_id, "key", name="x")
    )

    assert first.id == second.id
    for other in ({"name": "y"}, {}):
        with pytest.raises(InvalidInputError) as caught:
            await _fork(house, run_id, "key", **other)
        assert caught.value.code == "idempotency_key_reused"
    other_id = await _parent(house)
    with pytest.raises(InvalidInputError):
        await _fork(house, other_id, "key", name="x")


async def test_what_there_is_not_can_not_be_forked(house: House) -> None:
    """No such run, no such checkpoint, none at all, and one that has changed."""
    run_id = await _parent(house)

    with pytest.raises(NotFoundError):
        await _fork(house, new_ulid())
    with pytest.raises(NotFoundError) as missing:
        await _fork(house, run_id, checkpoint_id=new_ulid())
    with pytest.raises(ConflictError) as none:
        await _fork(house, run_id)
    checkpoint_id = _save(house, run_id)
    folder = house.folders.path(run_id) / "checkpoints" / checkpoint_id
    (folder / "learner.safetensors").write_bytes(b"oh no")
    with pytest.raises(ConflictError) as damaged:
        await _fork(house, run_id, checkpoint_id=checkpoint_id)

    codes = [each.value.code for each in (missing, none, damaged)]
    assert codes == ["checkpoint_not_found", "no_checkpoint", "checkpoint_damaged"]


async def test_a_live_run_is_not_asked_for_what_would_be_refused(house: House) -> None:
    """A checkpoint is saved only once everything else is known to be allowed."""
    run_id, process = await house.launched()

    with pytest.raises(InvalidInputError):
        await _fork(house, run_id, hyperparameters={"gamma": 7})
    assert process.commands == []

    # A scripted run says that it has saved one, and has none.
    with pytest.raises(ConflictError) as caught:
        await _fork(house, run_id)
    assert caught.value.code == "no_checkpoint"
    assert [frame.action for frame in process.commands] == [SaveCheckpoint(pinned=False)]


async def test_a_full_queue_is_full_for_forks_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is made, and nothing is asked of the parent."""
    run_id, process = await house.launched()
    monkeypatch.setattr(house.admission, "_max_queued_runs", 0)
    with pytest.raises(LimitExceededError, match="allows 0 to wait"):
        await _fork(house, run_id)

    assert process.commands == []
    assert list(house.folders.run_ids()) == [run_id]


async def test_names(house: House) -> None:
    """Left out, it tells of its parent; a long name has room for that."""
    run_id = await _parent(house)
    _save(house, run_id)
    details = house.folders.details(run_id).model_copy(update={"name": "n" * 120, "group": "g"})
    await house.index.edit(run_id, details)

    given, made = await _fork(house, run_id, name="twin"), await _fork(house, run_id)

    assert (given.name, given.group) == ("twin", "g")
    assert made.name.startswith("n" * 100)
    assert made.name.endswith(f" fork {made.id[-4:].lower()}")
    assert len(made.name) <= 120
