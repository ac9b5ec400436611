"""`CheckpointUseCases` in memory: remembers what it was asked."""

# ruff: noqa: D102 - the port says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from fakes.run_use_cases import NOW, make_run
from matinee.contracts.checkpoints import Checkpoint, CheckpointList, CheckpointSettings
from matinee.contracts.commands import (
    Action,
    Command,
    CommandState,
    PinCheckpoint,
    Rewind,
    SaveCheckpoint,
)
from matinee.contracts.forks import ForkRequest
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.runs.downloads import Download


def make_checkpoint(checkpoint_id: str | None = None) -> Checkpoint:
    """One that was saved by time."""
    return Checkpoint(
        id=checkpoint_id or new_ulid(),
        created_at=NOW,
        seq=1,
        env_step=10,
        episodes=2,
        seconds=0.5,
        cause="schedule",
        size_bytes=99,
    )


class FakeCheckpoints:
    """Every command is taken; `refusal` makes every call raise."""

    def __init__(self) -> None:
        self.items: list[Checkpoint] = []
        self.listed: list[str] = []
        self.calls: list[tuple[Action, str, float]] = []
        self.forks: list[tuple[str, ForkRequest, str, str | None, float]] = []
        self.refusal: Exception | None = None

    async def list_checkpoints(self, run_id: str) -> CheckpointList:
        if self.refusal is not None:
            raise self.refusal
        self.listed.append(run_id)
        return CheckpointList(items=self.items)

    async def settings(self, run_id: str, checkpoint_id: str) -> CheckpointSettings:
        if self.refusal is not None:
            raise self.refusal
        self.listed.append(run_id)
        return CheckpointSettings(
            checkpoint_id=checkpoint_id,
            env_step=10,
            revision=3,
            settings={"learning_rate": 0.5},
            since_env_step={"learning_rate": 4},
        )

    async def save(self, run_id: str, *, pinned: bool, actor: str, wait_s: float) -> Command:
        return self._take(run_id, SaveCheckpoint(pinned=pinned), actor, wait_s)

    async def pin(
        self, run_id: str, checkpoint_id: str, *, pinned: bool, actor: str, wait_s: float
    ) -> Command:
        action = PinCheckpoint(checkpoint_id=checkpoint_id, pinned=pinned)
        return self._take(run_id, action, actor, wait_s)

    async def rewind(
        self, run_id: str, checkpoint_id: str, *, actor: str, wait_s: float
    ) -> Command:
        return self._take(run_id, Rewind(checkpoint_id=checkpoint_id), actor, wait_s)

    async def download(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        if self.refusal is not None:
            raise self.refusal
        if "digest" in known:
            return Download("x.zip", "digest", None)

        async def pieces() -> AsyncIterator[bytes]:
            yield run_id.encode()
            yield checkpoint_id.encode()

        return Download("x.zip", "digest", pieces())

    async def policy_model(
        self, run_id: str, checkpoint_id: str, *, known: Collection[str]
    ) -> Download:
        if self.refusal is not None:
            raise self.refusal
        if "onnx digest" in known:
            return Download("x.onnx", "onnx digest", None)

        async def pieces() -> AsyncIterator[bytes]:
            yield run_id.encode()
            yield b"-onnx-"
            yield checkpoint_id.encode()

        return Download("x.onnx", "onnx digest", pieces())

    async def fork(
        self,
        run_id: str,
        request: ForkRequest,
        *,
        actor: str,
        idempotency_key: str | None,
        wait_s: float,
    ) -> Run:
        if self.refusal is not None:
            raise self.refusal
        self.forks.append((run_id, request, actor, idempotency_key, wait_s))
        return make_run()

    def _take(self, run_id: str, action: Action, actor: str, wait_s: float) -> Command:
        if self.refusal is not None:
            raise self.refusal
        self.calls.append((action, actor, wait_s))
        return Command(
            id=new_ulid(),
            run_id=run_id,
            actor=actor,
            action=action,
            state=CommandState.APPLIED,
            created_at=NOW,
        )
