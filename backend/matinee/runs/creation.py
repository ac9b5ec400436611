"""Makes runs: from a request to a folder and, if it is to start, a process; once per key."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import psutil
from pydantic import JsonValue

from matinee.contracts.commands import Command, Start
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_spec import RunRequest
from matinee.cores import usable_cores
from matinee.errors import InvalidInputError, LimitExceededError, NotFoundError
from matinee.runs.admission import Admission
from matinee.runs.folders import RunFolders
from matinee.runs.planning import plan_run
from matinee.runs.ports import Catalogue, EnvironmentRegistry, PresetShelf, ServerLimits
from matinee.runs.run_index import RunIndex
from matinee.runs.steering import Steering, new_command

Make = Callable[[str], Awaitable[Command | None]]
"""Makes the folder of the run with this id; gives the command to start it, if it is to be."""


class RunMaker:
    """Makes runs. Lives as long as the server; used on the event loop alone."""

    def __init__(
        self,
        *,
        folders: RunFolders,
        index: RunIndex,
        catalogue: Catalogue,
        admission: Admission,
        steering: Steering,
        registry: EnvironmentRegistry,
        presets: PresetShelf,
        limits: ServerLimits,
    ) -> None:
        self._folders = folders
        self._index = index
        self._catalogue = catalogue
        self._admission = admission
        self._steering = steering
        self._registry = registry
        self._presets = presets
        self._limits = limits
        # Guards one Idempotency-Key from the claim to the made run.
        self._key_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # Guards `_reserved` from the count of what is on record on.
        self._room_lock = asyncio.Lock()
        self._reserved = 0

    async def create(
        self, request: RunRequest, *, actor: str, idempotency_key: str | None, wait_s: float
    ) -> Run:
        """Create a run, and start it unless told otherwise; a repeated key returns the first.

        Raises:
            InvalidInputError: the spec is wrong, or the key was used with another body.
            LimitExceededError: too many runs wait or are on record already.
        """

        async def make(run_id: str) -> Command | None:
            return await self._make(request, run_id, actor=actor)

        body = request.model_dump(mode="json", exclude_unset=True, by_alias=True)
        return await self.make_once(
            body, make, actor=actor, idempotency_key=idempotency_key, wait_s=wait_s
        )

    async def make_once(
        self,
        body: Mapping[str, JsonValue],
        make: Make,
        *,
        actor: str,
        idempotency_key: str | None,
        wait_s: float,
    ) -> Run:
        """Make a run in whatever way, and begin it; a repeated key returns the first.

        Args:
            body: What was asked, all of it: the same key with another body is refused.
            make: Checks it and makes the folder.
            actor: Who asks.
            idempotency_key: Of the request; None: it had none.
            wait_s: How long to wait for the run's start.

        Raises:
            InvalidInputError: what was asked is wrong, or the key was used with another body.
            LimitExceededError: too many runs wait or are on record already.
        """
        if idempotency_key is None:
            run_id = new_ulid()
            command = await self._make_if_room(run_id, make)
            return await self._begin(run_id, command, actor=actor, wait_s=wait_s)
        lock = self._key_locks.setdefault(idempotency_key, asyncio.Lock())
        async with lock:
            run_id, command = await self._made_with_key(body, make, idempotency_key)
            return await self._begin(run_id, command, actor=actor, wait_s=wait_s)

    async def _made_with_key(
        self, body: Mapping[str, JsonValue], make: Make, key: str
    ) -> tuple[str, Command | None]:
        """The run of this key; made now, with the command to start it, if there was none yet."""
        fingerprint = _fingerprint(body)
        claim = await asyncio.to_thread(
            self._catalogue.claim_idempotency_key,
            key,
            fingerprint=fingerprint,
            run_id=new_ulid(),
            now=datetime.now(UTC),
        )
        if claim.fingerprint != fingerprint:
            raise InvalidInputError(
                "this Idempotency-Key was used with another body",
                code="idempotency_key_reused",
            )
        # A crash may have come between the claim and the run: then it is made now.
        if not claim.is_new and await self._find_made(claim.run_id) is not None:
            return claim.run_id, None
        try:
            return claim.run_id, await self._make_if_room(claim.run_id, make)
        except BaseException:
            await asyncio.to_thread(self._catalogue.release_idempotency_key, key)
            raise

    async def _make_if_room(self, run_id: str, make: Make) -> Command | None:
        """Make it unless the server has as many runs on record as it keeps.

        Raises:
            LimitExceededError: with the number.
        """
        async with self._room_lock:
            counts = await asyncio.to_thread(self._catalogue.count_runs)
            # One that is being made may be on record already. Then it counts twice for a moment,
            # and rather one too few is let in than one too many.
            if sum(counts.values()) + self._reserved >= self._limits.runs:
                raise LimitExceededError(
                    f"this server keeps {self._limits.runs} runs, ended ones among them; "
                    "delete some first",
                    code="too_many_runs",
                )
            self._reserved += 1
        try:
            return await make(run_id)
        finally:
            self._reserved -= 1

    async def _find_made(self, run_id: str) -> Run | None:
        try:
            return await self._index.get(run_id)
        except NotFoundError:
            pass
        try:
            return await self._index.refresh(run_id)
        except NotFoundError:
            return None

    async def _make(self, request: RunRequest, run_id: str, *, actor: str) -> Command | None:
        """Check the request and make the run's folder; returns the command to start it, if any."""
        spec, details = await plan_run(
            request,
            run_id=run_id,
            presets=self._presets,
            registry=self._registry,
            limits=self._limits,
            cores=usable_cores(),
            machine_bytes=psutil.virtual_memory().total,
        )
        command = new_command(run_id, Start(), new_ulid(), actor=actor) if request.start else None
        if command is not None:
            self._admission.check_room()
        await asyncio.to_thread(
            self._folders.create,
            run_id,
            spec=spec,
            details=details,
            created_at=datetime.now(UTC),
            start=command,
        )
        await self._index.refresh(run_id)
        return command

    async def _begin(
        self, run_id: str, command: Command | None, *, actor: str, wait_s: float
    ) -> Run:
        if command is not None:
            run = await self._index.get(run_id)
            await self._admission.enter(run_id, share=run.group, command_id=command.id, actor=actor)
            await self._steering.wait_for(run_id, command.id, timeout_s=wait_s)
        return await self._index.get(run_id)


def _fingerprint(body: Mapping[str, JsonValue]) -> str:
    """Of all that was asked. Integers have any length, which not every JSON writer can take."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
