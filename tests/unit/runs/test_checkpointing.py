"""Checkpoints of runs that train and of runs that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
import pytest

from fakes.house import House
from fakes.records import NOW
from fakes.saved_policies import saved_policy
from matinee.contracts.checkpoints import CHECKPOINT_FORMAT, CheckpointManifest
from matinee.contracts.commands import CommandState, Start
from matinee.contracts.events import CheckpointSaved
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run_parts import BudgetSpec
from matinee.contracts.run_state import RunState
from matinee.errors import ConflictError, InvalidInputError, NotFoundError
from matinee.journal.checkpoint_folders import manifest_files, write_folder
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.writer import JournalWriter
from matinee.runs.checkpointing import Checkpointing
from matinee.runs.downloads import Download

pytestmark = pytest.mark.anyio

SOME_BYTES = {"state.json": b"{}"}


@pytest.fixture
def checkpointing(house: House) -> Checkpointing:
    """Put together as the server does it."""
    return house.checkpointing


def save(run_dir: Path, contents: Mapping[str, bytes] = SOME_BYTES) -> str:
    """A checkpoint of some bytes, in the folder and in the record."""
    checkpoint_id = new_ulid()
    manifest = CheckpointManifest(
        format=CHECKPOINT_FORMAT,
        created_at=NOW,
        env_steps=5,
        mean_return_100=None,
        files=manifest_files(contents),
    )
    write_folder(run_dir / "checkpoints" / checkpoint_id, contents, manifest)
    with JournalWriter(run_dir) as writer:
        writer.append(
            CheckpointSaved,
            env_step=5,
            checkpoint_id=checkpoint_id,
            cause="end",
            size_bytes=2,
        )
    return checkpoint_id


async def finished(house: House) -> tuple[str, str]:
    """A run that has used up its budget, and its checkpoint."""
    run_id, process = await house.launched()
    process.finish()
    await house.in_state(run_id, RunState.FINISHED)
    await house.alone(run_id)
    return run_id, save(house.folders.path(run_id))


async def test_an_ended_runs_checkpoint_is_pinned_by_the_server(
    house: House, checkpointing: Checkpointing
) -> None:
    """It stands in the list and in the ledger, and nobody has to start the run for it."""
    run_id, checkpoint_id = await finished(house)

    command = await checkpointing.pin(run_id, checkpoint_id, pinned=True, actor="browser", wait_s=5)

    assert (command.state, command.checkpoint_id) == (CommandState.APPLIED, checkpoint_id)
    (entry,) = (await checkpointing.list_checkpoints(run_id)).items
    assert entry.pinned
    ledger = await house.service.commands(run_id, after=None, limit=9)
    assert ledger[-1] == command
    assert (await house.index.get(run_id)).state is RunState.FINISHED


async def test_an_ended_run_is_rewound_by_starting_it(
    house: House, checkpointing: Checkpointing
) -> None:
    """Its process is told from which checkpoint."""
    run_id, checkpoint_id = await finished(house)

    command = await checkpointing.rewind(run_id, checkpoint_id, actor="browser", wait_s=5)

    assert command.action == Start(checkpoint_id=checkpoint_id)
    assert (await house.in_state(run_id, RunState.RUNNING)).id == run_id


async def test_what_is_not_there_or_not_whole_is_refused(
    house: House, checkpointing: Checkpointing
) -> None:
    """Before anything is started for it."""
    run_id, checkpoint_id = await finished(house)
    (house.folders.path(run_id) / "checkpoints" / checkpoint_id / "state.json").write_bytes(b"?")

    with pytest.raises(ConflictError) as damaged:
        await checkpointing.rewind(run_id, checkpoint_id, actor="browser", wait_s=0)
    for call in (checkpointing.rewind(run_id, new_ulid(), actor="browser", wait_s=0),):
        with pytest.raises(NotFoundError) as missing:
            await call
    with pytest.raises(NotFoundError):
        await checkpointing.pin(run_id, new_ulid(), pinned=True, actor="browser", wait_s=0)
    with pytest.raises(ConflictError):
        await checkpointing.save(run_id, pinned=True, actor="browser", wait_s=0)

    assert (damaged.value.code, missing.value.code) == (
        "checkpoint_damaged",
        "checkpoint_not_found",
    )
    assert (await house.index.get(run_id)).state is RunState.FINISHED
    assert len(read_checkpoints(house.folders.path(run_id))) == 1


async def test_an_ended_run_goes_on_with_a_larger_budget(house: House) -> None:
    """It is kept beside the spec; without one a run that has used it up is refused."""
    run_id, process = await house.launched()
    process.advance(1_000_000)
    process.finish()
    await house.in_state(run_id, RunState.FINISHED)
    await house.alone(run_id)

    with pytest.raises(InvalidInputError) as caught:
        await house.service.command(run_id, Start(), actor="token", wait_s=0)
    larger = Start(budget=BudgetSpec(env_steps=2_000_000))
    await house.service.command(run_id, larger, actor="token", wait_s=5)

    assert caught.value.code == "budget_used_up"
    run = await house.in_state(run_id, RunState.RUNNING)
    assert run.budget is not None
    assert run.budget.env_steps == 2_000_000
    assert run.spec.budget.env_steps == 1_000_000


async def test_a_checkpoint_is_downloaded_once(house: House, checkpointing: Checkpointing) -> None:
    """All of it; who has it already is told so; what has changed is refused."""
    run_id, checkpoint_id = await finished(house)

    download = await checkpointing.download(run_id, checkpoint_id, known=())
    assert download.pieces is not None
    sent = b"".join([piece async for piece in download.pieces])
    again = await checkpointing.download(run_id, checkpoint_id, known=[download.digest])
    folder = house.folders.path(run_id) / "checkpoints" / checkpoint_id
    (folder / "state.json").write_bytes(b"?")
    with pytest.raises(ConflictError) as damaged:
        await checkpointing.download(run_id, checkpoint_id, known=())
    with pytest.raises(NotFoundError):
        await checkpointing.download(run_id, new_ulid(), known=())

    assert sent.startswith(b"PK")
    assert download.name == f"{run_id}-{checkpoint_id}.zip"
    assert (again.digest, again.pieces) == (download.digest, None)
    assert damaged.value.code == "checkpoint_damaged"


async def test_a_policy_is_had_as_an_onnx_model(house: House, checkpointing: Checkpointing) -> None:
    """A whole one from a child process, once; what has none is told before the first byte."""
    run_id, _ = await finished(house)
    run_dir = house.folders.path(run_id)
    with_policy = save(run_dir, saved_policy().contents)
    with_memory = save(run_dir, saved_policy(lstm_units=4).contents)
    older = save(run_dir)
    damaged = save(run_dir)
    (run_dir / "checkpoints" / damaged / "state.json").write_bytes(b"?")

    async def download(checkpoint_id: str, *known: str) -> Download:
        return await checkpointing.policy_model(run_id, checkpoint_id, known=known)

    outputs, digests = [], []
    for checkpoint_id in (with_policy, with_memory):
        sent = await download(checkpoint_id)
        assert sent.pieces is not None
        model = onnx.load_from_string(b"".join([piece async for piece in sent.pieces]))
        outputs.append([tensor.name for tensor in model.graph.output])
        digests.append(sent.digest)
        assert sent.name == f"{run_id}-{checkpoint_id}.onnx"
        again = await download(checkpoint_id, "another", sent.digest)
        assert (again.digest, again.pieces) == (sent.digest, None)
    with pytest.raises(NotFoundError):
        await download(new_ulid())
    codes = []
    for checkpoint_id in (older, damaged):
        with pytest.raises(ConflictError) as refused:
            await download(checkpoint_id)
        codes.append(refused.value.code)

    assert outputs == [["logits", "value"], ["logits", "value", "h_out", "c_out"]]
    assert digests[0] != digests[1]
    assert codes == ["policy_not_described", "checkpoint_damaged"]
