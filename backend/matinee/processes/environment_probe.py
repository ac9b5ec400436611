"""Which environments exist here, found out by a child process, so that the server imports none.

The answer is cached in the data directory under a fingerprint of the installed versions.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
from pydantic import ValidationError

from matinee.contracts.environments import (
    EnvironmentDescription,
    EnvironmentSnapshot,
    RunInterpreter,
)
from matinee.environments.installation import fingerprint as installed_fingerprint
from matinee.errors import EnvironmentBuildError
from matinee.processes.child_environment import child_environment

PROBE_TIMEOUT_S = 120.0

log = structlog.get_logger(__name__)


class EnvironmentProbe:
    """The registry snapshot of this machine. Begins to look at the first question."""

    def __init__(self, *, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._task: asyncio.Task[EnvironmentSnapshot] | None = None
        self._by_id: dict[str, EnvironmentDescription] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def begin(self) -> None:
        """Start looking, without waiting; a failed look is repeated."""
        if self._task is None or (self._task.done() and self._task.exception() is not None):
            self._task = asyncio.create_task(asyncio.to_thread(self._load))
            self._task.add_done_callback(self._note_end)

    def close(self) -> None:
        """Give up a look that is under way; calling it again does nothing."""
        self._closed = True
        if self._child is not None:
            self._child.kill()

    def is_quick(self) -> bool:
        """Whether the answer is known without asking a child process, which takes seconds."""
        return self._cached().exists()

    async def environments(self) -> Sequence[EnvironmentDescription]:
        """All of them; waits for the first look to be done.

        Raises:
            EnvironmentBuildError: the child process failed.
        """
        return (await self._snapshot()).environments

    async def find(self, environment_id: str) -> EnvironmentDescription | None:
        """One of them, or None."""
        await self._snapshot()
        return self.known(environment_id)

    def known(self, environment_id: str) -> EnvironmentDescription | None:
        """One of them, at once; None before the first look is done, too."""
        snapshot = self._found
        if snapshot is None:
            return None
        if not self._by_id:
            self._by_id = {each.id: each for each in snapshot.environments}
        return self._by_id.get(environment_id)

    @property
    def interpreter(self) -> RunInterpreter | None:
        """The Python of run processes; None until the first look is done."""
        return None if self._found is None else self._found.interpreter

    @property
    def _found(self) -> EnvironmentSnapshot | None:
        task = self._task
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    async def _snapshot(self) -> EnvironmentSnapshot:
        self.begin()
        assert self._task is not None
        # A request that is given up must not end the look that others wait for.
        return await asyncio.shield(self._task)

    def _load(self) -> EnvironmentSnapshot:
        cached = self._cached()
        try:
            return EnvironmentSnapshot.model_validate_json(cached.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError):
            log.warning("environment_cache_unreadable", path=str(cached))
        document = self._ask_child()
        try:
            snapshot = EnvironmentSnapshot.model_validate_json(document)
        except ValidationError as error:
            raise EnvironmentBuildError(
                f"looking at the installed environments gave no sensible answer: {error}"
            ) from error
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = cached.with_suffix(f".{os.getpid()}.tmp")
            aside.write_bytes(document)
            aside.replace(cached)
        except OSError:
            log.exception("environment_cache_not_written", path=str(cached))
        return snapshot

    def _note_end(self, look: asyncio.Task[EnvironmentSnapshot]) -> None:
        if not self._closed and not look.cancelled() and look.exception() is not None:
            log.error("environments_not_known", error=str(look.exception()))

    def _cached(self) -> Path:
        return self._cache_dir / f"environments-{installed_fingerprint()}.json"

    def _ask_child(self) -> bytes:
        with subprocess.Popen(
            [sys.executable, "-m", "matinee.environments.snapshot"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(),
        ) as child:
            self._child = child
            if self._closed:
                child.kill()
            try:
                answer, complaint = child.communicate(timeout=PROBE_TIMEOUT_S)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise EnvironmentBuildError(
                    f"looking at the installed environments took more than {PROBE_TIMEOUT_S:g} s"
                ) from error
        if child.returncode != 0:
            raise EnvironmentBuildError(
                "looking at the installed environments failed (exit code "
                f"{child.returncode})\n{complaint.decode(errors='replace')[-2000:]}"
            )
        return answer
