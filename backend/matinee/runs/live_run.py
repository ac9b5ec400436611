"""What the supervisor holds of a run that has a process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from matinee.contracts.commands import Abort, Command
from matinee.contracts.control import AckFrame, CommandFrame, HostedBy, policy_file_of
from matinee.contracts.identifiers import new_ulid
from matinee.contracts.run import Run
from matinee.contracts.run_state import RunState
from matinee.contracts.system import RestartCause
from matinee.errors import RunUnreachableError
from matinee.runs.control_link import ControlLink, LinkLostError
from matinee.runs.deaths import Rebirth
from matinee.runs.ports import ProcessExit, RunProcess

COMMAND_LINK_TIMEOUT_S = 15.0
"""A command waits this long for a connection: for the first, or for one that is being remade."""
ABORT_LINK_TIMEOUT_S = 5.0
"""The same for an abort, which kills a process that does not answer: before it is given up."""


@dataclass(frozen=True)
class Sentence:
    """What to record of a run whose process we end.

    Attributes:
        state: How it ended.
        reason: Why, in words.
        command: Who asked for it, if anybody.
        is_hang: It did not answer: its log, with the stacks that it was made to dump, tells more.
    """

    state: RunState
    reason: str
    command: Command | None = None
    is_hang: bool = False

    def cause_of_restart(self, end: ProcessExit | None) -> RestartCause:
        """What a run that has a process anew died of, for the figures."""
        if self.is_hang:
            return "hang"
        return "exit" if end is not None and end.return_code is not None else "signal"


@dataclass
class LiveRun:
    """One run with a process. Lives as long as the supervisor's task for it."""

    run_id: str
    run_dir: Path
    socket_path: Path
    process: RunProcess
    news: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    has_answered: bool = False
    """Whether there has been a connection."""
    hosted_by: HostedBy = "server"
    began: str = field(default_factory=new_ulid)
    began_at_s: float = field(default_factory=time.monotonic)
    heard_at_s: float = field(default_factory=time.monotonic)
    trouble: str | None = None
    """Of its record, as its process tells: it can't stand in the record."""
    sentence: Sentence | None = None
    task: asyncio.Task[None] | None = None
    rebirth: tuple[Run, Rebirth] | None = None
    """What follows its death."""
    ending: asyncio.Task[None] | None = None
    """Ends its process step by step, once it has hung."""
    _link: ControlLink | None = None
    _link_known: asyncio.Event = field(default_factory=asyncio.Event)
    """There is a connection, or there will be none any more."""

    def hold(self, link: ControlLink) -> None:
        """Use this connection from now on."""
        self.has_answered = True
        self.hosted_by = link.hello.hosted_by
        self._link = link
        self._link_known.set()

    def let_go(self, link: ControlLink) -> None:
        """This connection has ended; another may follow."""
        if self._link is link:
            self._link = None
            self._link_known.clear()

    def give_up_links(self) -> None:
        """The process is gone: no connection will follow."""
        self._link = None
        self._link_known.set()

    def ask_for_policy(self) -> Path | None:
        """Where its present policy is, or soon will be; None: it shares none now."""
        if self._link is None or not self._link.ask_for_policy():
            return None
        return policy_file_of(self.socket_path)

    async def send(self, frame: CommandFrame) -> AckFrame:
        """Pass a command on; returns once the record holds it.

        If the connection breaks meanwhile, the same frame goes through the next one: a run process
        takes a command id once.

        Raises:
            RunUnreachableError: the process does not answer, or is gone.
        """
        is_abort = isinstance(frame.action, Abort)
        try:
            async with asyncio.timeout(
                ABORT_LINK_TIMEOUT_S if is_abort else COMMAND_LINK_TIMEOUT_S
            ):
                while True:
                    await self._link_known.wait()
                    if self._link is None:
                        raise RunUnreachableError("the run process is gone")
                    link = self._link
                    try:
                        return await link.send(frame)
                    except LinkLostError:
                        self.let_go(link)
        except TimeoutError as error:
            raise RunUnreachableError("the run process does not answer (yet)") from error
