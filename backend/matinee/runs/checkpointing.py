"""What people can do with the checkpoints of a run, whether it trains or has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from matinee.contracts.checkpoints import CheckpointList, CheckpointSettings
from matinee.contracts.commands import (
    Command,
    CommandState,
    PinCheckpoint,
    Rewind,
    SaveCheckpoint,
    Start,
)
from matinee.contracts.events import CheckpointPinned, CommandAccepted, CommandApplied
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import ENDED_STATES
from matinee.errors import CheckpointError, ConflictError
from matinee.journal.checkpoint_rows import read_checkpoints
from matinee.journal.reader import JournalReader
from matinee.journal.schema import CHECKPOINTS
from matinee.journal.writer import JournalWriter
from matinee.runs.checkpoint_reading import find_checkpoint, read_settings, read_whole
from matinee.runs.downloads import Download, archive, archive_digest, digest_of
from matinee.runs.exports import one_ahead
from matinee.runs.folders import RunFolders
from matinee.runs.forking import Forking
from matinee.runs.onnx_policy import exportable, writer_version
from matinee.runs.ports import PolicyFiles
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering, new_command
from matinee.runs.supervisor import Supervisor


class Checkpointing:
    """The use cases around checkpoints. Lives as long as the server; used on the event loop."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        supervisor: Supervisor,
        steering: Steering,
        forking: Forking,
        policies: PolicyFiles,
    ) -> None:
        self._folders = folders
        self._index = index
        self._supervisor = supervisor
        self._steering = steering
        self._forking = forking
        self._policies = policies

    async def list_checkpoints(self, run_id: str) -> CheckpointList:
        """Those that are on disk, newest first.

        Raises:
            NotFoundError: there is no such run.
        """
        run_dir = self._folders.path(run_id)
        return CheckpointList(items=await asyncio.to_thread(read_checkpoints, run_dir))

    async def settings(self, run_id: str, checkpoint_id: str) -> CheckpointSettings:
        """By which settings the run trained at one.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: it is not whole any more.
        """
        run = await self._index.get(run_id)
        run_dir = self._folders.path(run_id)
        return await asyncio.to_thread(read_settings, run_dir, checkpoint_id, run.spec)

    async def save(self, run_id: str, *, pinned: bool, actor: str, wait_s: float) -> Command:
        """Save one now.

        Raises:
            ConflictError: the run does not train.
        """
        return await self._steering.command(
            run_id, SaveCheckpoint(pinned=pinned), actor=actor, wait_s=wait_s
        )

    async def pin(
        self, run_id: str, checkpoint_id: str, *, pinned: bool, actor: str, wait_s: float
    ) -> Command:
        """Keep one whatever comes, or no longer.

        Raises:
            NotFoundError: there is none of this id.
        """
        await asyncio.to_thread(find_checkpoint, self._folders.path(run_id), checkpoint_id)
        action = PinCheckpoint(checkpoint_id=checkpoint_id, pinned=pinned)
        run = await self._index.get(run_id)
        if run.state not in ENDED_STATES:
            return await self._steering.command(run_id, action, actor=actor, wait_s=wait_s)
        await self._supervisor.gone(run_id)
        command = new_command(run_id, action, new_ulid(), actor=actor)
        done = await asyncio.to_thread(_pin_in_record, self._folders.path(run_id), command, action)
        await self._supervisor.look(run_id)
        return done

    async def rewind(
        self, run_id: str, checkpoint_id: str, *, actor: str, wait_s: float
    ) -> Command:
        """Go back to one, in place; a run that has ended starts from there.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: it is not whole any more, or the run's state does not allow it.
            InvalidInputError: an ended run has used up its budget.
        """
        await asyncio.to_thread(read_whole, self._folders.path(run_id), checkpoint_id)
        run = await self._index.get(run_id)
        if run.state in ENDED_STATES:
            start = Start(checkpoint_id=checkpoint_id)
            return await self._steering.command(run_id, start, actor=actor, wait_s=wait_s)
        action = Rewind(checkpoint_id=checkpoint_id)
        return await self._steering.command(run_id, action, actor=actor, wait_s=wait_s)

    async def download(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        """One as a file, with what plays its policy elsewhere.

        Args:
            run_id: Of the run.
            checkpoint_id: One of its checkpoints.
            known: Digests of the files that whoever asks has already.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: it is not whole any more.
        """
        run_dir = self._folders.path(run_id)
        await asyncio.to_thread(find_checkpoint, run_dir, checkpoint_id)
        folder = run_dir / CHECKPOINTS / checkpoint_id
        name = f"{run_id}-{checkpoint_id}.zip"
        try:
            digest = await asyncio.to_thread(archive_digest, folder)
            if digest in known:
                return Download(name, digest, None)
            pieces = await asyncio.to_thread(archive, folder)
        except CheckpointError as error:
            raise ConflictError(str(error), code="checkpoint_damaged") from error
        return Download(name, digest, one_ahead(pieces))

    async def policy_model(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        """The policy of one as an ONNX model; what can't be had is told before the first byte.

        Args:
            run_id: Of the run.
            checkpoint_id: One of its checkpoints.
            known: Digests of the files that whoever asks has already.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: it is not whole any more, or of a version without such a description.
            InvalidInputError: onnx is not installed.
        """
        run_dir = self._folders.path(run_id)
        await asyncio.to_thread(find_checkpoint, run_dir, checkpoint_id)
        folder = run_dir / CHECKPOINTS / checkpoint_id
        name = f"{run_id}-{checkpoint_id}.onnx"
        made_by = await asyncio.to_thread(writer_version)
        try:
            digest = await asyncio.to_thread(digest_of, folder, made_by)
        except CheckpointError as error:
            raise ConflictError(str(error), code="checkpoint_damaged") from error
        if digest in known:
            return Download(name, digest, None)
        whole = await asyncio.to_thread(read_whole, run_dir, checkpoint_id)
        try:
            exportable(whole.contents)
        except CheckpointError as error:
            raise ConflictError(str(error), code="policy_not_described") from error
        return Download(name, digest, self._policies.onnx(folder))

    async def fork(
        self,
        run_id: str,
        request: ForkRequest,
        *,
        actor: str,
        idempotency_key: str | None,
        wait_s: float,
    ) -> Run:
        """Make a run that begins at one; see `Forking.fork`."""
        return await self._forking.fork(
            run_id, request, actor=actor, idempotency_key=idempotency_key, wait_s=wait_s
        )


def _pin_in_record(run_dir: Path, command: Command, action: PinCheckpoint) -> Command:
    """The run's process is gone, so that the server may write.

    Raises:
        JournalOwnedError: somebody else writes.
    """
    with JournalWriter(run_dir) as writer:
        snapshot, _ = JournalReader(run_dir).snapshot()
        env_step, revision = snapshot.progress.env_steps, snapshot.hyperparameter_revision
        writer.append(
            CommandAccepted,
            env_step=env_step,
            command_id=command.id,
            actor=command.actor,
            action=action,
        )
        writer.append(
            CheckpointPinned,
            env_step=env_step,
            checkpoint_id=action.checkpoint_id,
            pinned=action.pinned,
            actor=command.actor,
            command_id=command.id,
        )
        writer.append(
            CommandApplied,
            env_step=env_step,
            command_id=command.id,
            actor=command.actor,
            name=action.name,
            revision=revision,
            checkpoint_id=action.checkpoint_id,
        )
        done = command.model_copy(
            update={
                "state": CommandState.APPLIED,
                "finished_at": datetime.now(UTC),
                "applied_at_env_step": env_step,
                "revision": revision,
                "checkpoint_id": action.checkpoint_id,
            }
        )
        writer.save_command(done)
    return done
